/* What the two files of the TikTok simulator share. */
#ifndef TESTS_TIKTOK_H
#define TESTS_TIKTOK_H

#include "tests/simulators/core.h"

/* The envelope of every answer; takes `data`, NULL: {}. */
void tiktok_answer(struct call *call, int status, const char *code, const char *message, json_t *data);
/* 400 invalid_param, and the call was wrong. */
void tiktok_bad(struct call *call, const char *why);

const char *tiktok_username(const struct sim *sim);
void tiktok_video_list(struct call *call);
void tiktok_video_query(struct call *call);
void tiktok_user_info(struct call *call);

#endif
