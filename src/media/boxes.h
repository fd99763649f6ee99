/* The MP4 family's boxes, walked within bounds over a descriptor: what FFmpeg does not tell.
 * Also the ends that other containers declare, to find files that were cut off. */
#ifndef MEDIA_BOXES_H
#define MEDIA_BOXES_H

#include <stdbool.h>
#include <stdint.h>

struct boxes {
    char container[16];        /* mp4, mov, 3gp, webm, matroska, ...; "" when it is none of those */
    bool is_mp4;               /* ISO base media: the fields below count */
    bool moov_first;
    bool fragmented;
    bool edit_list;
    bool edit_list_trims;
    int64_t declared_bytes;    /* where the file says that it ends; 0: it does not say */
};

/* Never fails: what cannot be read is as if it were not there. */
void boxes_read(int fd, int64_t size_bytes, struct boxes *boxes);

#endif
