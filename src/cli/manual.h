/* The manual page crosscut(1), from the same tables as --help. */
#ifndef CLI_MANUAL_H
#define CLI_MANUAL_H

#include <stdio.h>

void manual_print(FILE *out);

#endif
