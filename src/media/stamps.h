/* Timestamps that go on where the container's clock jumps (MPEG-TS parts glued together). */
#ifndef MEDIA_STAMPS_H
#define MEDIA_STAMPS_H

#include <libavformat/avformat.h>
#include <stdbool.h>
#include <stdint.h>

struct stamps {
    int64_t shift;        /* time_base units, added to every stamp */
    int64_t next;         /* decoding time expected next */
    bool started;
};

/* Moves the packet's stamps. Containers whose clock cannot jump are left alone. */
void stamps_mend(struct stamps *stamps, const AVFormatContext *format, AVPacket *packet);

#endif
