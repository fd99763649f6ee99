/* Reads the box structure of an MP4 or MOV file by itself, without libavformat: what is there and in which order. */
#ifndef TOOLS_BOXES_H
#define TOOLS_BOXES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct boxes {
    bool is_mp4; /* there is a moov box at the top */
    char brand[5];
    bool moov_first; /* moov before the first mdat */
    bool fragmented;
    int nb_edit_lists;
};

#define BOXES_MOOV_MAX ((uint64_t)64 << 20)

static uint32_t read_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool box_contains_boxes(const uint8_t *type)
{
    static const char *const names[] = {"trak", "mdia", "edts", "mvex"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (!memcmp(type, names[i], 4))
            return true;
    return false;
}

static void walk_moov(const uint8_t *p, size_t bytes, int depth, struct boxes *boxes)
{
    while (bytes >= 8 && depth < 8) {
        size_t size = read_be32(p);

        if (size < 8 || size > bytes)
            return;
        if (!memcmp(p + 4, "elst", 4))
            boxes->nb_edit_lists++;
        if (!memcmp(p + 4, "mvex", 4))
            boxes->fragmented = true;
        if (box_contains_boxes(p + 4))
            walk_moov(p + 8, size - 8, depth + 1, boxes);
        p += size;
        bytes -= size;
    }
}

static void read_moov(FILE *in, uint64_t bytes, struct boxes *boxes)
{
    uint8_t *moov = bytes <= BOXES_MOOV_MAX ? malloc(bytes) : NULL;

    if (moov && fread(moov, 1, bytes, in) == bytes)
        walk_moov(moov, bytes, 0, boxes);
    free(moov);
}

/* Size of the header and of the whole box at the current place; false at the end or when it is no box. */
static bool read_box_header(FILE *in, uint8_t header[16], uint64_t *header_bytes, uint64_t *box_bytes)
{
    if (fread(header, 1, 8, in) != 8)
        return false;
    *header_bytes = 8;
    *box_bytes = read_be32(header);
    if (*box_bytes == 1) {
        if (fread(header + 8, 1, 8, in) != 8)
            return false;
        *header_bytes = 16;
        *box_bytes = (uint64_t)read_be32(header + 8) << 32 | read_be32(header + 12);
    }
    if (*box_bytes == 0)
        *box_bytes = INT64_MAX; /* to the end of the file */
    return *box_bytes >= *header_bytes && *box_bytes <= INT64_MAX;
}

static struct boxes boxes_read(const char *path)
{
    struct boxes boxes = {0};
    bool mdat_seen = false;
    FILE *in = fopen(path, "rb");
    uint8_t header[16];
    uint64_t at = 0, header_bytes, box_bytes;

    while (in && read_box_header(in, header, &header_bytes, &box_bytes)) {
        if (!memcmp(header + 4, "ftyp", 4) && fread(boxes.brand, 1, 4, in) != 4)
            break;
        if (!memcmp(header + 4, "moov", 4)) {
            boxes.is_mp4 = true;
            boxes.moov_first = !mdat_seen;
            read_moov(in, box_bytes - header_bytes, &boxes);
        }
        mdat_seen = mdat_seen || !memcmp(header + 4, "mdat", 4);
        boxes.fragmented = boxes.fragmented || !memcmp(header + 4, "moof", 4);
        if (box_bytes > INT64_MAX - at || fseeko(in, (off_t)(at += box_bytes), SEEK_SET))
            break;
    }
    if (in)
        fclose(in);
    return boxes;
}

#endif
