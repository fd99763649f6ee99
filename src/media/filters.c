#include "media/filters.h"

#include "base/auto.h"
#include "media/compat.h"
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/pixdesc.h>
#include <string.h>

/* SDR white in an HDR picture, BT.2408-7 (2023): 203 cd/m2 */
#define SDR_WHITE_NITS 203
/* a master graded to 1000 cd/m2 is the common case, and the reference display of HLG (BT.2100) */
#define HDR_PEAK_NITS 1000

struct filters {
    struct recipe recipe;
    struct facts facts;
    AVRational time_base;
    struct picture picture;       /* what the chain was made for */
    struct crop place;
    AVFilterGraph *graph;         /* NULL before the first frame */
    AVFilterContext *source, *sink, *back;
    AVFrame *early[64];           /* came out of a chain that had to make way for another picture size */
    size_t nb_early;
};

struct picture picture_of(const AVFrame *frame)
{
    const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get((enum AVPixelFormat)frame->format);
    struct picture p = {
        .format = frame->format, .width_px = frame->width, .height_px = frame->height,
        .matrix = (int)frame->colorspace, .range = (int)frame->color_range,
    };
    bool rgb = desc && (desc->flags & AV_PIX_FMT_FLAG_RGB);

    if (rgb)
        p.matrix = AVCOL_SPC_RGB;
    else if (p.matrix == AVCOL_SPC_UNSPECIFIED || p.matrix == AVCOL_SPC_RESERVED || p.matrix == AVCOL_SPC_RGB)
        p.matrix = frame->height < 720 ? AVCOL_SPC_SMPTE170M : AVCOL_SPC_BT709;
    if (rgb || (desc && !strncmp(desc->name, "yuvj", 4)))
        p.range = AVCOL_RANGE_JPEG;
    else if (p.range == AVCOL_RANGE_UNSPECIFIED)
        p.range = AVCOL_RANGE_MPEG;
    return p;
}

static int even(double px)
{
    int n = (int)(px / 2 + 0.5) * 2;

    return n < 2 ? 2 : n;
}

/* The part of the upright picture that is used. */
static struct crop used(const struct recipe *r, const struct facts *f)
{
    struct crop all = {0, 0, f->video.width_px, f->video.height_px}, c = r->crop;

    if (c.width_px <= 0 || c.height_px <= 0)
        return all;
    if (c.x_px < 0 || c.y_px < 0 || c.x_px >= all.width_px || c.y_px >= all.height_px)
        return all;
    if (c.width_px > all.width_px - c.x_px)
        c.width_px = all.width_px - c.x_px;
    if (c.height_px > all.height_px - c.y_px)
        c.height_px = all.height_px - c.y_px;
    return c;
}

struct crop filters_place(const struct recipe *recipe, const struct facts *facts)
{
    struct crop u = used(recipe, facts), place = {0, 0, recipe->width_px, recipe->height_px};
    double wide = (double)recipe->width_px / u.width_px, tall = (double)recipe->height_px / u.height_px;

    if (recipe->reframe != REFRAME_BLUR && recipe->reframe != REFRAME_PAD)
        return place;
    if (wide < tall)
        place.height_px = even(u.height_px * wide);
    else
        place.width_px = even(u.width_px * tall);
    if (place.width_px > recipe->width_px)
        place.width_px = recipe->width_px;
    if (place.height_px > recipe->height_px)
        place.height_px = recipe->height_px;
    place.x_px = (recipe->width_px - place.width_px) / 4 * 2;
    place.y_px = (recipe->height_px - place.height_px) / 4 * 2;
    return place;
}

/* A rectangle in shares of the picture, 0..1. */
struct area { double left, top, right, bottom; };

/* Where a part of the upright picture lies in the picture as stored: the turn and the mirror undone. */
static struct area as_stored(struct area a, const struct video_facts *v)
{
    if (v->mirrored)
        a = (struct area){1 - a.right, a.top, 1 - a.left, a.bottom};
    switch (v->rotation_deg) {
    case 90: return (struct area){a.top, 1 - a.right, a.bottom, 1 - a.left};
    case 180: return (struct area){1 - a.right, 1 - a.bottom, 1 - a.left, 1 - a.top};
    case 270: return (struct area){1 - a.bottom, a.left, 1 - a.top, a.right};
    default: return a;
    }
}

/* Even offsets and sizes, so that the subsampled chroma planes are cut at whole samples. */
static struct crop in_pixels(struct area a, int width_px, int height_px)
{
    struct crop c = {
        .width_px = (int)((a.right - a.left) * width_px + 0.5) / 2 * 2,
        .height_px = (int)((a.bottom - a.top) * height_px + 0.5) / 2 * 2,
    };

    c.width_px = c.width_px < 2 ? 2 : c.width_px;
    c.height_px = c.height_px < 2 ? 2 : c.height_px;
    c.x_px = (int)(a.left * width_px / 2 + 0.5) * 2;
    c.y_px = (int)(a.top * height_px / 2 + 0.5) * 2;
    if (c.x_px > width_px - c.width_px)
        c.x_px = (width_px - c.width_px) / 2 * 2;
    if (c.y_px > height_px - c.height_px)
        c.y_px = (height_px - c.height_px) / 2 * 2;
    return c;
}

/* Cuts before everything else, so that nothing is computed that is not seen. Returns the size after the cut. */
static struct crop add_crop(const struct recipe *r, const struct facts *f, const struct picture *p, struct str *text)
{
    struct crop u = used(r, f);
    double w = f->video.width_px, h = f->video.height_px;
    struct area a = {u.x_px / w, u.y_px / h, (u.x_px + u.width_px) / w, (u.y_px + u.height_px) / h};
    struct crop c = in_pixels(as_stored(a, &f->video), p->width_px, p->height_px);

    if (c.width_px != p->width_px || c.height_px != p->height_px)
        str_printf(text, "crop=%d:%d:%d:%d,", c.width_px, c.height_px, c.x_px, c.y_px);
    return c;
}

static void add_upright(const struct video_facts *v, struct crop *size, struct str *text)
{
    if (v->rotation_deg == 90 || v->rotation_deg == 270) {
        str_add(text, v->rotation_deg == 90 ? "transpose=clock," : "transpose=cclock,");
        *size = (struct crop){.width_px = size->height_px, .height_px = size->width_px};
    } else if (v->rotation_deg == 180) {
        str_add(text, "hflip,vflip,");
    }
    if (v->mirrored)
        str_add(text, "hflip,");
}

static void add_deinterlace(const struct video_facts *v, struct str *text)
{
    str_printf(text, "bwdif=mode=send_frame:parity=%s:deint=all,",
               v->scan == SCAN_BOTTOM_FIRST ? "bff" : v->scan == SCAN_TOP_FIRST ? "tff" : "auto");
}

/* Formats that zimg does not take, alpha (flattened on black) and pictures too small for its planes. */
static struct picture add_preparation(struct picture p, struct str *text)
{
    const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get((enum AVPixelFormat)p.format);

    if (p.width_px < 2 || p.height_px < 2) {
        p.width_px = p.width_px < 2 ? 2 : p.width_px;
        p.height_px = p.height_px < 2 ? 2 : p.height_px;
        str_printf(text, "scale=%d:%d:flags=neighbor,", p.width_px, p.height_px);
    }
    if (desc && (desc->flags & AV_PIX_FMT_FLAG_ALPHA)) {
        str_add(text, "format=gbrap,premultiply=inplace=1,format=gbrp,");
        p.matrix = AVCOL_SPC_RGB;
        p.range = AVCOL_RANGE_JPEG;
    } else if (desc && desc->nb_components < 3) {
        str_add(text, p.range == AVCOL_RANGE_JPEG ? "format=yuvj420p," : "format=yuv420p,");
    }
    return p;
}

/* Scales; the first time also converts to BT.709 limited. Only the matrix and the range change: primaries of SDR
 * video (BT.601, BT.709) differ too little to be worth a trip through linear light. */
static void add_scale(int width_px, int height_px, const char *filter, const struct picture *p, struct str *text)
{
    const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get((enum AVPixelFormat)p->format);

    str_printf(text,
               "zscale=w=%d:h=%d:filter=%s:dither=%s:matrixin=%d:rangein=%s:primariesin=709:transferin=709:"
               "matrix=709:range=limited:primaries=709:transfer=709,format=yuv420p",
               width_px, height_px, filter, desc && desc->comp[0].depth > 8 ? "ordered" : "none", p->matrix,
               p->range == AVCOL_RANGE_JPEG ? "full" : "limited");
}

/* HDR to SDR in linear light: SDR white to white, what is brighter rolled off. */
static void add_tone_map(const struct recipe *r, const struct facts *f, const struct crop *size, struct picture *p,
                         struct str *text)
{
    struct crop place = filters_place(r, f);
    bool smaller = (int64_t)place.width_px * place.height_px < (int64_t)size->width_px * size->height_px;

    if (p->matrix != AVCOL_SPC_RGB)
        p->matrix = AVCOL_SPC_BT2020_NCL;
    str_printf(text, "zscale=w=%d:h=%d:filter=lanczos:matrixin=%d:rangein=%s:primariesin=2020:transferin=%s:"
               "primaries=2020:transfer=linear:npl=%d,format=gbrpf32le,zscale=primaries=709,"
               "tonemap=tonemap=mobius:param=0.7:desat=0:peak=%.3f,"
               "zscale=matrix=709:range=limited:primaries=709:transfer=709:dither=ordered,format=yuv420p,",
               smaller ? place.width_px : size->width_px / 2 * 2, smaller ? place.height_px : size->height_px / 2 * 2,
               p->matrix, p->range == AVCOL_RANGE_JPEG ? "full" : "limited",
               f->video.hdr == HDR_HLG ? "arib-std-b67" : "smpte2084", SDR_WHITE_NITS,
               (double)HDR_PEAK_NITS / SDR_WHITE_NITS);
    p->matrix = AVCOL_SPC_BT709;
    p->range = AVCOL_RANGE_MPEG;
    p->format = AV_PIX_FMT_YUV420P;
}

/* Background of REFRAME_BLUR: cut to the rendition's aspect, blurred at an eighth of the size (which looks the same
 * as at full size and costs a fifth), darkened by 30 %. On one thread: in FFmpeg 5.1 a few columns of a small plane came
 * out black now and then on several. */
static void add_background(const struct recipe *r, const struct facts *f, const struct picture *p, struct str *text)
{
    struct crop u = used(r, f);
    double aspect = (double)u.width_px / u.height_px, wanted = (double)r->width_px / r->height_px;
    struct picture small = {AV_PIX_FMT_YUV420P, r->width_px / 8, r->height_px / 8, AVCOL_SPC_BT709, AVCOL_RANGE_MPEG};

    str_printf(text, "crop=w=iw*%.6f:h=ih*%.6f,", aspect > wanted ? wanted / aspect : 1.0,
               aspect > wanted ? 1.0 : aspect / wanted);
    add_scale(even(r->width_px / 8.0), even(r->height_px / 8.0), "bilinear", p, text);
    str_add(text, ",gblur=sigma=3:steps=2:threads=1,lutyuv=y=16+(val-16)*0.7:u=128+(val-128)*0.7:v=128+(val-128)*0.7,");
    add_scale(r->width_px, r->height_px, "bilinear", &small, text);
    str_add(text, "[back];");
}

void filters_describe(const struct recipe *recipe, const struct facts *facts, const struct picture *picture,
                      struct str *text)
{
    struct crop place = filters_place(recipe, facts), size;
    struct picture p = *picture;

    str_add(text, "[in]");
    if (recipe->deinterlace)
        add_deinterlace(&facts->video, text);
    p = add_preparation(p, text);
    size = add_crop(recipe, facts, &p, text);
    add_upright(&facts->video, &size, text);
    if (recipe->tone_map && facts->video.hdr != HDR_NONE)
        add_tone_map(recipe, facts, &size, &p, text);
    if (recipe->reframe == REFRAME_BLUR) {
        str_add(text, "split[a][b];[b]");
        add_background(recipe, facts, &p, text);
        str_add(text, "[a]");
    }
    add_scale(place.width_px, place.height_px, "lanczos", &p, text);
    if (recipe->reframe == REFRAME_PAD)
        str_printf(text, ",pad=%d:%d:%d:%d:black", recipe->width_px, recipe->height_px, place.x_px, place.y_px);
    str_add(text, "[out]");
}

struct filters *filters_create(const struct recipe *recipe, const struct facts *facts, AVRational time_base)
{
    struct filters *f = calloc(1, sizeof *f);

    if (!f) {
        fputs("crosscut-media: out of memory\n", stderr);
        exit(1);
    }
    f->recipe = *recipe;
    f->facts = *facts;
    f->time_base = time_base;
    f->place = filters_place(recipe, facts);
    return f;
}

void filters_destroy(struct filters *filters)
{
    if (!filters)
        return;
    for (size_t i = 0; i < filters->nb_early; i++)
        av_frame_free(&filters->early[i]);
    avfilter_graph_free(&filters->graph);
    free(filters);
}

static bool add_end(AVFilterGraph *graph, AVFilterContext **context, const char *filter, const char *name,
                    const char *args, AVFilterInOut **list)
{
    AVFilterInOut *end;

    if (avfilter_graph_create_filter(context, avfilter_get_by_name(filter), name, args, NULL, graph) < 0)
        return false;
    end = avfilter_inout_alloc();
    if (!end)
        return false;
    *end = (AVFilterInOut){.name = av_strdup(name), .filter_ctx = *context, .next = *list};
    *list = end;
    return end->name != NULL;
}

static bool make_graph(struct filters *f, const AVFrame *frame, struct error *err)
{
    AUTO(avfilter_inout_free) AVFilterInOut *inputs = NULL, *outputs = NULL;
    AUTO_STR struct str text = {0};
    char args[256];
    int rc = 0;

    f->picture = picture_of(frame);
    f->graph = avfilter_graph_alloc();
    if (!f->graph)
        return fail(err, ERROR_INTERNAL, "filters: out of memory");
    f->graph->nb_threads = 1;    /* the graph of nodes keeps the processors busy */
    filters_describe(&f->recipe, &f->facts, &f->picture, &text);
    snprintf(args, sizeof args, "video_size=%dx%d:pix_fmt=%d:time_base=%d/%d:pixel_aspect=1/1" BUFFER_COLOR_FORMAT,
             frame->width, frame->height, frame->format, f->time_base.num,
             f->time_base.den BUFFER_COLOR_ARGS(frame));
    f->back = NULL;
    if (!add_end(f->graph, &f->source, "buffer", "in", args, &outputs) ||
        !add_end(f->graph, &f->sink, "buffersink", "out", NULL, &inputs) ||
        (f->recipe.reframe == REFRAME_BLUR && !add_end(f->graph, &f->back, "buffersink", "back", NULL, &inputs)))
        return fail(err, ERROR_INTERNAL, "filters: the ends of the picture chain cannot be made");
    rc = avfilter_graph_parse_ptr(f->graph, str_text(&text), &inputs, &outputs, NULL);
    if (rc >= 0)
        rc = avfilter_graph_config(f->graph, NULL);
    if (rc < 0)
        return fail(err, ERROR_INTERNAL, "filters: '%s': %s", str_text(&text), av_err2str(rc));
    return true;
}

static void paste(AVFrame *back, const AVFrame *front, const struct crop *place)
{
    for (int plane = 0; plane < 3; plane++) {
        int shift = plane ? 1 : 0;
        uint8_t *to = back->data[plane] + (ptrdiff_t)(place->y_px >> shift) * back->linesize[plane] +
                      (place->x_px >> shift);

        for (int y = 0; y < place->height_px >> shift; y++)
            memcpy(to + (ptrdiff_t)y * back->linesize[plane], front->data[plane] + (ptrdiff_t)y * front->linesize[plane],
                   (size_t)(place->width_px >> shift));
    }
}

/* From the chain that is there; NULL when it has none yet. */
static bool pull(struct filters *f, AVFrame **frame, struct error *err)
{
    AUTO(av_frame_free) AVFrame *front = av_frame_alloc(), *back = f->back ? av_frame_alloc() : NULL;
    int rc;

    if (!front || (f->back && !back))
        return fail(err, ERROR_INTERNAL, "filters: out of memory");
    *frame = NULL;
    rc = av_buffersink_get_frame(f->sink, front);
    if (rc == AVERROR(EAGAIN) || rc == AVERROR_EOF)
        return true;
    if (rc >= 0 && back) {
        rc = av_buffersink_get_frame(f->back, back);
        if (rc >= 0)
            rc = av_frame_make_writable(back);
        if (rc >= 0)
            paste(back, front, &f->place);
    }
    if (rc < 0)
        return fail(err, ERROR_INTERNAL, "filters: %s", av_err2str(rc));
    *frame = back ? TAKE(back) : TAKE(front);
    return true;
}

/* Ends the chain and keeps what it still holds. */
static bool flush(struct filters *f, struct error *err)
{
    AVFrame *frame = NULL;

    if (av_buffersrc_add_frame(f->source, NULL) < 0)
        return fail(err, ERROR_INTERNAL, "filters: the picture chain does not end");
    while (f->nb_early < sizeof f->early / sizeof f->early[0]) {
        if (!pull(f, &frame, err))
            return false;
        if (!frame)
            break;
        f->early[f->nb_early++] = frame;
    }
    return true;
}

static bool fits(const struct filters *f, const AVFrame *frame)
{
    struct picture p = picture_of(frame);

    return f->graph && p.format == f->picture.format && p.width_px == f->picture.width_px &&
           p.height_px == f->picture.height_px && p.matrix == f->picture.matrix && p.range == f->picture.range;
}

bool filters_send(struct filters *filters, const AVFrame *frame, struct error *err)
{
    AUTO(av_frame_free) AVFrame *tagged = NULL;
    int rc;

    if (!frame)
        return !filters->graph || flush(filters, err);
    tagged = av_frame_clone(frame);
    if (!tagged)
        return fail(err, ERROR_INTERNAL, "filters: out of memory");
    tagged->sample_aspect_ratio = (AVRational){1, 1};
    if (!fits(filters, frame)) {
        if (filters->graph && !flush(filters, err))
            return false;
        avfilter_graph_free(&filters->graph);
        if (!make_graph(filters, frame, err))
            return false;
    }
    tagged->colorspace = (enum AVColorSpace)filters->picture.matrix;
    tagged->color_range = (enum AVColorRange)filters->picture.range;
    rc = av_buffersrc_add_frame(filters->source, tagged);
    return rc >= 0 || fail(err, ERROR_INTERNAL, "filters: %s", av_err2str(rc));
}

bool filters_receive(struct filters *filters, AVFrame **frame, struct error *err)
{
    *frame = NULL;
    if (filters->nb_early) {
        *frame = filters->early[0];
        memmove(filters->early, filters->early + 1, --filters->nb_early * sizeof filters->early[0]);
        return true;
    }
    return !filters->graph || pull(filters, frame, err);
}
