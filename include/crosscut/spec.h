/* Delivery specs: what a platform accepts (hard limits) and what it likes (ideals), as data.
 * A row per property; `limits` prints rows, `check` walks rows, the planner reads rows. */
#ifndef CROSSCUT_SPEC_H
#define CROSSCUT_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum spec_property {       /* unit */
    SPEC_CONTAINER,        /* names of facts.container */
    SPEC_VIDEO_CODEC,      /* names of video_facts.codec */
    SPEC_AUDIO_CODEC,      /* names of audio_facts.codec */
    SPEC_CHROMA,           /* names of video_facts.chroma */
    SPEC_BIT_DEPTH,        /* bits */
    SPEC_HDR,              /* names: sdr pq hlg */
    SPEC_SCAN,             /* names: progressive interlaced */
    SPEC_WIDTH,            /* px, upright */
    SPEC_HEIGHT,           /* px, upright */
    SPEC_SIDE,             /* px, both sides */
    SPEC_ASPECT,           /* width / height, in thousandths: 9:16 is 563 */
    SPEC_FPS,              /* thousandths of a frame per second: 29.97 is 29970 */
    SPEC_DURATION,         /* ms */
    SPEC_SIZE,             /* bytes */
    SPEC_VIDEO_BITRATE,    /* bit/s */
    SPEC_AUDIO_BITRATE,    /* bit/s */
    SPEC_SAMPLE_RATE,      /* Hz */
    SPEC_CHANNELS,
    SPEC_EDIT_LIST,        /* 0: none allowed */
    SPEC_MOOV_FIRST,       /* 1: must come first */
    SPEC_CLOSED_GOP,       /* 1: must be closed */
    SPEC_AUDIO_TRACK,      /* min 1: a track must be there, silent or not */
    SPEC_LOUDNESS,         /* LUFS, negative */
    SPEC_TRUE_PEAK,        /* dBTP, negative */
    SPEC_PROPERTIES
};

enum spec_force { SPEC_HARD, SPEC_IDEAL };

struct spec_row {
    enum spec_property property;
    enum spec_force force;
    bool has_min, has_max;
    int64_t min, max;       /* inclusive */
    const char *any_of;     /* names separated by blanks, for the properties with names; else NULL */
    const char *source;     /* "platforms/tiktok.md: media constraints, official" */
    const char *setting;    /* destination setting that moves this limit ("max_duration"), or NULL */
};
/* Shorthand for rows. */
#define AT_LEAST(n) .has_min = true, .min = (n)
#define AT_MOST(n)  .has_max = true, .max = (n)
#define BETWEEN(a, b) AT_LEAST(a), AT_MOST(b)
#define EXACTLY(n) BETWEEN(n, n)

enum text_unit { TEXT_UTF16, TEXT_UTF8_BYTES, TEXT_GRAPHEMES, TEXT_CODE_POINTS };

/* One text field of a post, in the order the adapter sends them. */
struct text_rule {
    const char *field;          /* key of post->text: "caption", "title", "description" */
    const char *template;       /* default: "{caption} {hashtags}"; a destination setting of the field's name replaces it */
    int limit;                  /* 0: none */
    enum text_unit unit;
    int max_hashtags;           /* 0: none allowed, -1: no limit */
    const char *forbidden;      /* single characters the platform refuses ("<>"), or NULL */
    bool required;              /* empty is refused */
    bool one_line;              /* line breaks become blanks */
    const char *source;
};

/* Margins of a 1080x1920 picture that the platform's interface covers, px; zero: not known. */
struct safe_area { int top, bottom, left, right; const char *source; };

struct spec {
    const char *platform;       /* "tiktok" */
    const char *sheet, *date;   /* "platforms/tiktok.md", "2026-11-22" */
    const struct spec_row *rows;      size_t nb_rows;
    const struct text_rule *texts;    size_t nb_texts;
    struct safe_area safe_area;
    bool links_work;            /* a link in the caption can be tapped */
    bool cover_image;           /* takes an image; otherwise only a time in the video */
    bool is_own_channel;        /* belongs to the creator: site, newsletter ... */
    const char *(*surface)(int width_px, int height_px, int64_t duration_ms);   /* "Short", "Reel"; never NULL */
};

const char *spec_property_name(enum spec_property property);   /* "duration" */
const char *text_unit_name(enum text_unit unit);               /* "utf16" */
/* First row for that property and force, NULL when the platform says nothing. */
const struct spec_row *spec_find(const struct spec *spec, enum spec_property property, enum spec_force force);

#endif
