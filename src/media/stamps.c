#include "media/stamps.h"

/* A jump of the clock, not a gap: what FFmpeg's command line takes for one (-dts_delta_threshold 10). */
#define JUMP_US (10 * AV_TIME_BASE)

void stamps_mend(struct stamps *stamps, const AVFormatContext *format, AVPacket *packet)
{
    AVRational time_base = format->streams[packet->stream_index]->time_base;
    int64_t dts = packet->dts != AV_NOPTS_VALUE ? packet->dts : packet->pts, off_us;

    if (!(format->iformat->flags & AVFMT_TS_DISCONT) || dts == AV_NOPTS_VALUE)
        return;
    off_us = stamps->started ? av_rescale_q(dts + stamps->shift - stamps->next, time_base, AV_TIME_BASE_Q) : 0;
    if (off_us > JUMP_US || off_us < -JUMP_US)
        stamps->shift = stamps->next - dts;
    stamps->started = true;
    stamps->next = dts + stamps->shift + packet->duration;
    if (packet->pts != AV_NOPTS_VALUE)
        packet->pts += stamps->shift;
    if (packet->dts != AV_NOPTS_VALUE)
        packet->dts += stamps->shift;
}
