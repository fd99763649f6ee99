#include "media/boxes.h"

#include <string.h>
#include <unistd.h>

#define MAX_BOXES 20000          /* looked at in one file; a long recording has a moof and an mdat per second */
#define MAX_EDITS 1000
#define MAX_RUNS 200000          /* of equal sample durations; each is a small read */
#define LONGEST (INT64_MAX / 4)  /* time stamps beyond are nonsense: sums of a few of them must not overflow */
#define PRIMING_MS 150           /* the longest encoder delay an audio edit undoes: AAC-LD to HE-AAC, Opus 80 ms */
#define TYPE(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

struct track {
    uint32_t handler;            /* vide, soun */
    int64_t timescale;
    int64_t duration;            /* of the media: samples added up, where the header may lie */
    int64_t first_offset;        /* composition offset of the first sample: the B-frame delay */
    int64_t sample_delta;        /* of the first run */
    int nb_edits;                /* not empty ones */
    int64_t edit_start, edit_duration;    /* of the first, in media and movie time */
    bool odd_edit;               /* a rate other than 1 */
};

struct walk {
    int fd;
    int64_t size;
    int nb_boxes;
    int64_t movie_timescale;
    struct boxes *boxes;
    struct track track;          /* the one being read */
};

struct box { uint32_t type; int64_t body, end; };

static bool read_at(const struct walk *w, int64_t at, void *bytes, size_t nb_bytes)
{
    return at >= 0 && at + (int64_t)nb_bytes <= w->size && pread(w->fd, bytes, nb_bytes, at) == (ssize_t)nb_bytes;
}

static uint64_t big_endian(const unsigned char *bytes, int nb_bytes)
{
    uint64_t n = 0;

    for (int i = 0; i < nb_bytes; i++)
        n = n << 8 | bytes[i];
    return n;
}

/* Number of nb_bytes at a place; 0 when the file ends before. */
static uint64_t number_at(const struct walk *w, int64_t at, int nb_bytes)
{
    unsigned char bytes[8];

    return read_at(w, at, bytes, (size_t)nb_bytes) ? big_endian(bytes, nb_bytes) : 0;
}

/* The box at `at`. Its end may lie beyond `limit` when the file was cut. */
static bool read_box(struct walk *w, int64_t at, int64_t limit, struct box *box)
{
    unsigned char head[16];
    uint64_t length;
    int header = 8;

    if (at + 8 > limit || ++w->nb_boxes > MAX_BOXES || !read_at(w, at, head, 8))
        return false;
    length = big_endian(head, 4);
    box->type = (uint32_t)big_endian(head + 4, 4);
    if (length == 1) {
        if (!read_at(w, at, head, 16))
            return false;
        length = big_endian(head + 8, 8);
        header = 16;
    }
    if (length == 0)
        length = (uint64_t)(limit - at);
    if (length < (uint64_t)header || length > (uint64_t)INT64_MAX - (uint64_t)at)
        return false;
    box->body = at + header;
    box->end = at + (int64_t)length;
    return true;
}

static void read_elst(struct walk *w, const struct box *box)
{
    struct track *t = &w->track;
    int version = (int)number_at(w, box->body, 1), wide = version == 1 ? 8 : 4;
    int64_t count = (int64_t)number_at(w, box->body + 4, 4), at = box->body + 8;

    w->boxes->edit_list = true;
    for (int64_t i = 0; i < count && i < MAX_EDITS && at + 2 * wide + 4 <= box->end; i++, at += 2 * wide + 4) {
        int64_t duration = (int64_t)number_at(w, at, wide);
        int64_t start = wide == 8 ? (int64_t)number_at(w, at + wide, 8) : (int32_t)number_at(w, at + wide, 4);

        if (start < 0)
            continue;    /* empty: a pause before the media, nothing is hidden */
        if (!t->nb_edits++) {
            t->edit_start = start;
            t->edit_duration = duration;
        }
        t->odd_edit |= number_at(w, at + 2 * wide, 4) != 0x10000 || start > LONGEST || duration < 0 || duration > LONGEST;
    }
}

static void read_stts(struct walk *w, const struct box *box)
{
    struct track *t = &w->track;
    int64_t count = (int64_t)number_at(w, box->body + 4, 4), at = box->body + 8;
    bool known = count <= MAX_RUNS;

    for (int64_t i = 0; i < count && i < MAX_RUNS && at + 8 <= box->end; i++, at += 8) {
        uint64_t run = number_at(w, at, 8);
        int64_t delta = (int32_t)run, lasts = (int64_t)(run >> 32) * (delta > 0 ? delta : 0);

        known &= lasts <= LONGEST - t->duration;
        t->duration += known ? lasts : 0;
        if (i == 0)
            t->sample_delta = delta;
    }
    if (!known)
        t->duration = 0;
}

static void read_leaf(struct walk *w, const struct box *box)
{
    struct track *t = &w->track;
    int version = (int)number_at(w, box->body, 1);

    switch (box->type) {
    case TYPE('m', 'v', 'h', 'd'):
        w->movie_timescale = (int64_t)number_at(w, box->body + (version == 1 ? 20 : 12), 4);
        break;
    case TYPE('m', 'd', 'h', 'd'):
        t->timescale = (int64_t)number_at(w, box->body + (version == 1 ? 20 : 12), 4);
        break;
    case TYPE('h', 'd', 'l', 'r'):
        /* QuickTime has a second one, for data, inside minf */
        if (!t->handler)
            t->handler = (uint32_t)number_at(w, box->body + 8, 4);
        break;
    case TYPE('c', 't', 't', 's'):
        t->first_offset = (int32_t)number_at(w, box->body + 12, 4);
        break;
    case TYPE('s', 't', 't', 's'):
        read_stts(w, box);
        break;
    case TYPE('e', 'l', 's', 't'):
        read_elst(w, box);
        break;
    case TYPE('m', 'v', 'e', 'x'):
        w->boxes->fragmented = true;
        break;
    }
}

/* Does the edit list hide media that the encoder meant to be seen or heard? */
static bool trims(const struct walk *w)
{
    const struct track *t = &w->track;
    int64_t slack, edit_end, media_end = t->duration;

    if (!t->nb_edits || t->timescale <= 0)
        return false;
    if (t->nb_edits > 1 || t->odd_edit)
        return true;
    slack = t->handler == TYPE('v', 'i', 'd', 'e') ? t->sample_delta / 2 : t->timescale * PRIMING_MS / 1000;
    if (t->edit_start > t->first_offset + slack)
        return true;
    if (!t->edit_duration || !media_end || w->movie_timescale <= 0 || t->edit_duration > LONGEST / t->timescale)
        return false;    /* the whole of it, or fragments that are not counted yet */
    edit_end = t->edit_start + t->edit_duration * t->timescale / w->movie_timescale;
    return edit_end + slack + t->sample_delta + t->timescale / w->movie_timescale < media_end + t->first_offset;
}

static bool is_folder(uint32_t type)
{
    return type == TYPE('m', 'o', 'o', 'v') || type == TYPE('t', 'r', 'a', 'k') || type == TYPE('e', 'd', 't', 's') ||
           type == TYPE('m', 'd', 'i', 'a') || type == TYPE('m', 'i', 'n', 'f') || type == TYPE('s', 't', 'b', 'l');
}

/* The deepest useful path is moov/trak/mdia/minf/stbl: five levels. */
static void walk_inside(struct walk *w, int64_t at, int64_t limit, int depth)
{
    struct box box;

    while (read_box(w, at, limit, &box) && box.end <= limit) {
        if (box.type == TYPE('t', 'r', 'a', 'k'))
            w->track = (struct track){0};
        if (is_folder(box.type) && depth < 5)
            walk_inside(w, box.body, box.end, depth + 1);
        else
            read_leaf(w, &box);
        if (box.type == TYPE('t', 'r', 'a', 'k')) {
            uint32_t handler = w->track.handler;

            if ((handler == TYPE('v', 'i', 'd', 'e') || handler == TYPE('s', 'o', 'u', 'n')) && trims(w))
                w->boxes->edit_list_trims = true;
        }
        at = box.end;
    }
}

static void name_brand(struct walk *w, const struct box *ftyp)
{
    unsigned char brand[4] = {0};
    const char *name = "mp4";

    read_at(w, ftyp->body, brand, sizeof brand);
    if (!memcmp(brand, "qt  ", 4))
        name = "mov";
    else if (!memcmp(brand, "3gp", 3) || !memcmp(brand, "3g2", 3) || !memcmp(brand, "3gg", 3))
        name = "3gp";
    strncpy(w->boxes->container, name, sizeof w->boxes->container - 1);
}

static bool is_top(uint32_t type)
{
    return type == TYPE('f', 't', 'y', 'p') || type == TYPE('m', 'o', 'o', 'v') || type == TYPE('m', 'd', 'a', 't') ||
           type == TYPE('w', 'i', 'd', 'e') || type == TYPE('f', 'r', 'e', 'e') || type == TYPE('s', 'k', 'i', 'p') ||
           type == TYPE('m', 'o', 'o', 'f') || type == TYPE('s', 't', 'y', 'p') || type == TYPE('s', 'i', 'd', 'x') ||
           type == TYPE('p', 'n', 'o', 't') || type == TYPE('m', 'f', 'r', 'a') || type == TYPE('u', 'u', 'i', 'd') ||
           type == TYPE('e', 'm', 's', 'g') || type == TYPE('m', 'e', 't', 'a') || type == TYPE('u', 'd', 't', 'a');
}

/* Vendors put boxes of their own between the known ones; garbage after the last box is not one. */
static bool is_printable(uint32_t type)
{
    for (int shift = 24; shift >= 0; shift -= 8) {
        uint32_t c = type >> shift & 0xFF;

        if (c < ' ' || c > '~')
            return false;
    }
    return true;
}

static void walk_mp4(struct walk *w)
{
    bool moov = false, mdat = false;
    int64_t at = 0;
    struct box box;

    strncpy(w->boxes->container, "mov", sizeof w->boxes->container - 1);    /* before ftyp was invented */
    w->boxes->is_mp4 = true;
    while (read_box(w, at, w->size, &box) && is_printable(box.type)) {
        if (box.type == TYPE('f', 't', 'y', 'p'))
            name_brand(w, &box);
        if (box.type == TYPE('m', 'd', 'a', 't') && !moov)
            mdat = true;
        if (box.type == TYPE('m', 'o', 'o', 'v')) {
            moov = true;
            walk_inside(w, box.body, box.end < w->size ? box.end : w->size, 1);
        }
        if (is_top(box.type))
            w->boxes->declared_bytes = box.end;
        at = box.end;
    }
    w->boxes->moov_first = moov && !mdat;
}

/* EBML number with its length marker removed; *length 0 when unreadable. All ones mean "unknown". */
static uint64_t ebml_number(const struct walk *w, int64_t at, int *length, bool *unknown)
{
    unsigned first = (unsigned)number_at(w, at, 1);
    int n = 1;
    uint64_t value, ones;

    while (n <= 8 && !(first & (0x80u >> (n - 1))))
        n++;
    *length = n <= 8 ? n : 0;
    if (n > 8)
        return 0;
    ones = (UINT64_C(1) << (7 * n)) - 1;
    value = number_at(w, at, n) & ones;
    *unknown = value == ones;
    return value;
}

static void read_matroska(struct walk *w)
{
    static const char webm[] = {0x42, (char)0x82, (char)0x84, 'w', 'e', 'b', 'm', 0};    /* DocType, 4 bytes */
    char head[96] = {0};
    bool unknown = false;
    int length;
    int64_t at = 4, size;

    for (size_t i = sizeof head; i > 0 && !read_at(w, 0, head, i); i /= 2)
        ;
    strncpy(w->boxes->container, memmem(head, sizeof head, webm, sizeof webm - 1) ? "webm" : "matroska",
            sizeof w->boxes->container - 1);
    size = (int64_t)ebml_number(w, at, &length, &unknown);
    at += length + size;
    if (!length || unknown || size > w->size || number_at(w, at, 4) != 0x18538067)    /* Segment */
        return;
    size = (int64_t)ebml_number(w, at + 4, &length, &unknown);
    if (length && !unknown && size < INT64_MAX - at - 16)
        w->boxes->declared_bytes = at + 4 + length + size;
}

static void read_riff(struct walk *w)
{
    unsigned char length[4] = {0};

    read_at(w, 4, length, sizeof length);
    w->boxes->declared_bytes = 8 + (length[0] | length[1] << 8 | length[2] << 16 | (int64_t)length[3] << 24);
    if (w->boxes->declared_bytes == 8 || length[3] == 0xFF)
        w->boxes->declared_bytes = 0;    /* never finished, or longer than 4 GiB */
}

void boxes_read(int fd, int64_t size_bytes, struct boxes *boxes)
{
    struct walk w = {.fd = fd, .size = size_bytes, .boxes = boxes};
    unsigned char head[8] = {0};

    *boxes = (struct boxes){.moov_first = true};
    if (!read_at(&w, 0, head, sizeof head))
        return;
    if (big_endian(head, 4) == 0x1A45DFA3)
        read_matroska(&w);
    else if (!memcmp(head, "RIFF", 4))
        read_riff(&w);
    else if (is_top((uint32_t)big_endian(head + 4, 4)))
        walk_mp4(&w);
}
