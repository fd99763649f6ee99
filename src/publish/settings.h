/* Settings that every destination has, whatever its platform. */
#ifndef PUBLISH_SETTINGS_H
#define PUBLISH_SETTINGS_H

#include <crosscut/setting.h>

extern const struct setting common_settings[];    /* ends with a NULL name */

#endif
