/* Time: Unix milliseconds for what is stored and shown, monotonic milliseconds for durations. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

int64_t clock_now_ms(void);          /* Unix time */
int64_t clock_monotonic_ms(void);

#endif
