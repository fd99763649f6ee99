/* Decoded sound through an FFmpeg audio filter: frames in, filtered frames to a callback. */
#ifndef TOOLS_LISTEN_H
#define TOOLS_LISTEN_H

#include <libavcodec/avcodec.h>
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <stdbool.h>

struct listener {
    const char *filter; /* as after -af */
    void (*heard)(void *context, const AVFrame *frame, AVRational time_base);
    void *context;
    AVFilterGraph *graph; /* made with the first frame, when the format is certain */
    AVFilterContext *source, *sink;
};

static bool listener_open(struct listener *l, const AVFrame *frame, AVRational time_base)
{
    char layout[64], args[256];
    AVFilterInOut *outputs = avfilter_inout_alloc(), *inputs = avfilter_inout_alloc();
    bool made = false;

    l->graph = avfilter_graph_alloc();
    av_channel_layout_describe(&frame->ch_layout, layout, sizeof layout);
    snprintf(args, sizeof args, "time_base=%d/%d:sample_rate=%d:sample_fmt=%s:channel_layout=%s", time_base.num,
             time_base.den, frame->sample_rate, av_get_sample_fmt_name((enum AVSampleFormat)frame->format), layout);
    if (l->graph && outputs && inputs &&
        avfilter_graph_create_filter(&l->source, avfilter_get_by_name("abuffer"), "in", args, NULL, l->graph) >= 0 &&
        avfilter_graph_create_filter(&l->sink, avfilter_get_by_name("abuffersink"), "out", NULL, NULL, l->graph) >= 0) {
        outputs->name = av_strdup("in");
        outputs->filter_ctx = l->source;
        inputs->name = av_strdup("out");
        inputs->filter_ctx = l->sink;
        made = avfilter_graph_parse_ptr(l->graph, l->filter, &inputs, &outputs, NULL) >= 0 &&
               avfilter_graph_config(l->graph, NULL) >= 0;
    }
    avfilter_inout_free(&inputs);
    avfilter_inout_free(&outputs);
    return made;
}

/* A NULL frame ends it. False when the filter cannot be made or refuses the frame. */
static bool listener_take(struct listener *l, AVFrame *frame, AVRational time_base)
{
    AVFrame *out;
    bool taken;

    /* WAV files often do not say which two channels they have; the loudness filter of FFmpeg 5.1 does not survive that.
     */
    if (frame && frame->ch_layout.order == AV_CHANNEL_ORDER_UNSPEC)
        av_channel_layout_default(&frame->ch_layout, frame->ch_layout.nb_channels);
    if (!l->graph && (!frame || !listener_open(l, frame, time_base)))
        return !frame;
    taken = av_buffersrc_add_frame_flags(l->source, frame, AV_BUFFERSRC_FLAG_KEEP_REF) >= 0;
    out = av_frame_alloc();
    while (out && av_buffersink_get_frame(l->sink, out) >= 0) {
        l->heard(l->context, out, av_buffersink_get_time_base(l->sink));
        av_frame_unref(out);
    }
    av_frame_free(&out);
    return taken;
}

#endif
