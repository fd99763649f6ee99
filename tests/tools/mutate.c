/* mutate SEED IN OUT: damages a video file in a way that depends on the seed alone. Where the file is of boxes (MP4, MOV) it
 * strikes at their structure: sizes, types, counts, table entries, order; elsewhere at the head. The same seed and file give
 * the same bytes on every machine. mutate dref PATH IN OUT: makes each track claim that its media lies in the file PATH. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BOXES 4096
#define MAX_DEPTH 8
#define MAX_FILE ((long)32 << 20)
#define HEAD_BYTES ((size_t)4096)

struct bytes { unsigned char *data; size_t size; };
struct box { size_t at, header, size; int depth; };    /* size: all of it */
struct boxes { struct box all[MAX_BOXES]; size_t count; };

/* ---- random numbers: splitmix64 (Steele, Lea, Flood 2014) ---- */

static uint64_t next(uint64_t *seed)
{
    uint64_t z = (*seed += UINT64_C(0x9E3779B97F4A7C15));

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static size_t below(uint64_t *seed, size_t limit)
{
    return limit ? (size_t)(next(seed) % limit) : 0;
}

/* ---- boxes ---- */

static uint32_t read32(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void write32(unsigned char *p, uint32_t value)
{
    p[0] = (unsigned char)(value >> 24);
    p[1] = (unsigned char)(value >> 16);
    p[2] = (unsigned char)(value >> 8);
    p[3] = (unsigned char)value;
}

static bool is_one_of(const unsigned char *type, const char *list)
{
    for (; *list; list += 4)
        if (!memcmp(type, list, 4))
            return true;
    return false;
}

/* Bytes between a box's header and the boxes inside it; -1: none are inside. */
static int prefix_of(const unsigned char *type)
{
    if (is_one_of(type, "moovtrakmdiaminfstbledtsdinfudtamvexmooftraf"))
        return 0;
    if (is_one_of(type, "drefstsd"))
        return 8;
    return is_one_of(type, "avc1hvc1hev1av01vp09") ? 78 : -1;
}

static void find_boxes(const struct bytes *f, size_t at, size_t end, int depth, struct boxes *found)
{
    while (at + 8 <= end && found->count < MAX_BOXES) {
        size_t size = read32(f->data + at), header = 8;
        int prefix;

        if (size == 1 && at + 16 <= end) {
            size = (size_t)read32(f->data + at + 8) << 32 | read32(f->data + at + 12);
            header = 16;
        }
        size = size ? size : end - at;
        if (size < header || size > end - at)
            return;
        found->all[found->count++] = (struct box){at, header, size, depth};
        prefix = prefix_of(f->data + at + 4);
        if (prefix >= 0 && depth < MAX_DEPTH && header + (size_t)prefix < size)
            find_boxes(f, at + header + (size_t)prefix, at + size, depth + 1, found);
        at += size;
    }
}

/* Only media data is left alone; what is in a header is worth more. */
static const struct box *any_box(const struct bytes *f, const struct boxes *boxes, uint64_t *seed)
{
    for (int i = 0; i < 64; i++) {
        const struct box *b = &boxes->all[below(seed, boxes->count)];

        if (!is_one_of(f->data + b->at + 4, "mdatfree"))
            return b;
    }
    return &boxes->all[0];
}

/* Takes nb_out bytes out, puts nb_in in and mends the sizes of the boxes around. */
static void splice(struct bytes *f, const struct boxes *boxes, size_t at, const unsigned char *piece, size_t nb_out, size_t nb_in)
{
    unsigned char *data = malloc(f->size + nb_in);

    if (!data)
        abort();
    for (size_t i = 0; i < boxes->count; i++) {
        const struct box *b = &boxes->all[i];

        if (b->at < at && at < b->at + b->size && b->header == 8)
            write32(f->data + b->at, (uint32_t)(b->size + nb_in - nb_out));
    }
    memcpy(data, f->data, at);
    if (nb_in)
        memcpy(data + at, piece, nb_in);
    memcpy(data + at + nb_in, f->data + at + nb_out, f->size - at - nb_out);
    free(f->data);
    f->data = data;
    f->size += nb_in - nb_out;
}

/* ---- damages ---- */

static uint32_t odd_number(uint64_t *seed, uint32_t old)
{
    static const uint32_t odd[] = {0, 1, 2, 7, 8, 9, 15, 16, 0x7F, 0xFF, 0xFFFF, 0x10000, 0xFFFFFF, 0x7FFFFFFF, 0x80000000, 0x80000001,
                                   0xFFFFFFFE, 0xFFFFFFFF};

    switch (below(seed, 4)) {
    case 0:  return old + 1;
    case 1:  return old ^ (UINT32_C(1) << below(seed, 32));
    case 2:  return (uint32_t)next(seed);
    default: return odd[below(seed, sizeof odd / sizeof odd[0])];
    }
}

static void damage_size(struct bytes *f, const struct box *b, uint64_t *seed)
{
    write32(f->data + b->at, odd_number(seed, (uint32_t)b->size));
}

static void damage_type(struct bytes *f, const struct box *b, uint64_t *seed)
{
    static const char types[] = "moovtrakmdiaminfstblstsdsttsstszstscstcoco64cttselstdrefmetacmovmooftrafsidxfreestssmdat";

    memcpy(f->data + b->at + 4, types + 4 * below(seed, (sizeof types - 1) / 4), 4);
}

/* Version, flags, counts: the first words of a box. */
static void damage_word(struct bytes *f, const struct box *b, uint64_t *seed, size_t within)
{
    size_t room = b->size - b->header, words = room / 4, at;

    if (!words)
        return;
    at = b->at + b->header + 4 * below(seed, words < within ? words : within);
    write32(f->data + at, odd_number(seed, read32(f->data + at)));
}

static void truncate_file(struct bytes *f, const struct box *b, uint64_t *seed)
{
    f->size = b->at + below(seed, b->size);
    f->size = f->size ? f->size : 1;
}

static void repeat_box(struct bytes *f, const struct boxes *boxes, const struct box *b)
{
    unsigned char *copy = b->size <= 65536 ? malloc(b->size) : NULL;

    if (!copy)
        return;
    memcpy(copy, f->data + b->at, b->size);
    splice(f, boxes, b->at, copy, 0, b->size);
    free(copy);
}

static void zero_body(struct bytes *f, const struct box *b)
{
    memset(f->data + b->at + b->header, 0, b->size - b->header < 65536 ? b->size - b->header : 65536);
}

static void damage_box(struct bytes *f, uint64_t *seed)
{
    struct boxes *boxes = calloc(1, sizeof *boxes);
    const struct box *b;

    if (!boxes)
        abort();
    find_boxes(f, 0, f->size, 0, boxes);
    b = boxes->count ? any_box(f, boxes, seed) : NULL;
    switch (b ? below(seed, 10) : 10) {
    case 0: case 1: damage_size(f, b, seed); break;
    case 2: damage_type(f, b, seed); break;
    case 3: case 4: damage_word(f, b, seed, 3); break;
    case 5: case 6: damage_word(f, b, seed, 64); break;
    case 7: truncate_file(f, b, seed); break;
    case 8: repeat_box(f, boxes, b); break;
    case 9: if (below(seed, 2)) splice(f, boxes, b->at, NULL, b->size, 0); else zero_body(f, b); break;
    default: break;
    }
    free(boxes);
}

/* For files without boxes, and for the media itself. */
static void damage_bytes(struct bytes *f, uint64_t *seed)
{
    size_t reach = below(seed, 2) && f->size > HEAD_BYTES ? HEAD_BYTES : f->size;

    for (size_t i = 1 + below(seed, 12); i > 0; i--)
        f->data[below(seed, reach)] = (unsigned char)(below(seed, 3) ? next(seed) : 0xFF);
}

static void mutate(struct bytes *f, uint64_t seed)
{
    bool boxed = f->size > 12 && is_one_of(f->data + 4, "ftypmoovmdatfreewide");

    next(&seed);
    for (size_t i = 1 + below(&seed, 4); i > 0 && f->size > 12; i--) {
        if (boxed && below(&seed, 5))
            damage_box(f, &seed);
        else
            damage_bytes(f, &seed);
    }
    if (!boxed && !below(&seed, 8))
        f->size = 1 + below(&seed, f->size);
}

/* The entries of every 'dref' become one 'url ' that is not self-contained (ISO/IEC 14496-12:2022, 8.7.2). */
static void point_elsewhere(struct bytes *f, const char *path)
{
    unsigned char body[8 + 12 + 4096] = {0};
    size_t length = strlen(path) + 1, nb = 8 + 12 + length;
    struct boxes *boxes = calloc(1, sizeof *boxes);

    if (!boxes || length > 4096)
        abort();
    write32(body + 4, 1);
    write32(body + 8, (uint32_t)(12 + length));
    memcpy(body + 12, "url ", 4);
    memcpy(body + 20, path, length);
    find_boxes(f, 0, f->size, 0, boxes);
    for (size_t i = boxes->count; i-- > 0;) {
        struct box b = boxes->all[i];

        if (!is_one_of(f->data + b.at + 4, "dref"))
            continue;
        splice(f, boxes, b.at + b.header, body, b.size - b.header, nb);
        boxes->count = 0;
        find_boxes(f, 0, f->size, 0, boxes);
    }
    free(boxes);
}

/* ---- files ---- */

static bool load(const char *path, struct bytes *f)
{
    FILE *in = fopen(path, "rb");
    long size = -1;

    if (in && !fseek(in, 0, SEEK_END))
        size = ftell(in);
    f->data = size > 0 && size <= MAX_FILE ? malloc((size_t)size) : NULL;
    f->size = (size_t)(size > 0 ? size : 0);
    if (f->data && (fseek(in, 0, SEEK_SET) || fread(f->data, 1, f->size, in) != f->size)) {
        free(f->data);
        f->data = NULL;
    }
    if (in)
        fclose(in);
    return f->data != NULL;
}

static bool save(const char *path, const struct bytes *f)
{
    FILE *out = fopen(path, "wb");
    bool ok = out && fwrite(f->data, 1, f->size, out) == f->size;

    return out && !fclose(out) && ok;
}

int main(int argc, char **argv)
{
    bool dref = argc == 5 && !strcmp(argv[1], "dref");
    struct bytes f = {0};

    if (!dref && argc != 4) {
        fputs("usage: mutate SEED IN OUT | mutate dref PATH IN OUT\n", stderr);
        return 2;
    }
    if (!load(argv[argc - 2], &f)) {
        fprintf(stderr, "mutate: cannot read '%s' (1 byte to %ld MiB)\n", argv[argc - 2], MAX_FILE >> 20);
        return 1;
    }
    if (dref)
        point_elsewhere(&f, argv[2]);
    else
        mutate(&f, strtoull(argv[1], NULL, 10));
    if (!save(argv[argc - 1], &f)) {
        perror(argv[argc - 1]);
        return 1;
    }
    free(f.data);
    return 0;
}
