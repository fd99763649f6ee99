/* What the YouTube simulator takes, as tables: a unit test compares them with the published API description. */
#ifndef TESTS_SIM_YOUTUBE_H
#define TESTS_SIM_YOUTUBE_H

#include "tests/simulators/core.h"

extern const struct field youtube_video_fields[];      /* of videos.insert; "localizations" is checked by hand */
extern const struct field youtube_update_fields[];     /* of videos.update */
extern const char youtube_parts[];                     /* words for `part` */
extern const char youtube_insert_query[];
extern const char youtube_list_query[];
extern const char youtube_failures[], youtube_rejections[];

#endif
