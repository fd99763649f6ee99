#include "media/mux.h"

#include "base/auto.h"
#include "media/compat.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER_BYTES (256 << 10)

/* A second look at the file that is being written: the index moves to the front at the end. */
struct reader {
    int fd;
    int64_t at;
};

static int write_some(void *context, io_write_byte *bytes, int nb_bytes)
{
    struct mux *m = context;
    int done = 0;

    while (done < nb_bytes) {
        ssize_t put = pwrite(m->fd, bytes + done, (size_t)(nb_bytes - done), m->at);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0) {
            m->error = m->error ? m->error : put < 0 ? errno : ENOSPC;
            return AVERROR(m->error);
        }
        done += (int)put;
        m->at += put;
        m->bytes = m->at > m->bytes ? m->at : m->bytes;
    }
    return nb_bytes;
}

static int64_t seek_writer(void *context, int64_t offset, int whence)
{
    struct mux *m = context;

    if (whence == AVSEEK_SIZE)
        return m->bytes;
    if (whence != SEEK_SET || offset < 0)
        return AVERROR(EINVAL);
    return m->at = offset;
}

static int read_some(void *context, uint8_t *bytes, int nb_bytes)
{
    struct reader *r = context;
    ssize_t got;

    do
        got = pread(r->fd, bytes, (size_t)nb_bytes, r->at);
    while (got < 0 && errno == EINTR);
    if (got <= 0)
        return got < 0 ? AVERROR(errno) : AVERROR_EOF;
    r->at += got;
    return (int)got;
}

static int64_t seek_reader(void *context, int64_t offset, int whence)
{
    struct reader *r = context;

    if (whence != SEEK_SET || offset < 0)
        return AVERROR(EINVAL);
    return r->at = offset;
}

static AVIOContext *make_io(void *context, bool writes, int (*read)(void *, uint8_t *, int),
                            int64_t (*seek)(void *, int64_t, int))
{
    unsigned char *buffer = av_malloc(BUFFER_BYTES);
    AVIOContext *io = buffer ? avio_alloc_context(buffer, BUFFER_BYTES, writes, context, read,
                                                  writes ? write_some : NULL, seek)
                             : NULL;

    if (!io)
        av_free(buffer);
    return io;
}

static void free_io(AVIOContext **io)
{
    if (*io)
        av_freep(&(*io)->buffer);
    avio_context_free(io);
}

/* The muxer may read its own file again and open nothing else. */
static int open_again(AVFormatContext *format, AVIOContext **io, const char *url, int flags, AVDictionary **options)
{
    const struct mux *m = format->opaque;
    struct reader *r;

    (void)url;
    (void)options;
    if (flags & AVIO_FLAG_WRITE)
        return AVERROR(EACCES);
    r = av_mallocz(sizeof *r);
    if (!r)
        return AVERROR(ENOMEM);
    r->fd = m->fd;
    *io = make_io(r, false, read_some, seek_reader);
    if (*io)
        return 0;
    av_free(r);
    return AVERROR(ENOMEM);
}

static int close_again(AVFormatContext *format, AVIOContext *io)
{
    (void)format;
    av_freep(&io->opaque);
    free_io(&io);
    return 0;
}

bool mux_open(struct mux *mux, int fd, struct error *err)
{
    *mux = (struct mux){.fd = fd, .index = {-1, -1}};
    if (avformat_alloc_output_context2(&mux->format, NULL, "mp4", NULL) < 0)
        return fail(err, ERROR_INTERNAL, "mux: out of memory");
    mux->io = make_io(mux, true, NULL, seek_writer);
    if (!mux->io)
        return fail(err, ERROR_INTERNAL, "mux: out of memory");
    mux->format->pb = mux->io;
    mux->format->opaque = mux;
    mux->format->io_open = open_again;
    mux->format->io_close2 = close_again;
    mux->format->flags |= AVFMT_FLAG_BITEXACT | AVFMT_FLAG_CUSTOM_IO;
    mux->format->max_interleave_delta = 0;    /* order depends on the stamps alone, never on which thread was first */
    return true;
}

void mux_close(struct mux *mux)
{
    avformat_free_context(mux->format);
    free_io(&mux->io);
    mux->format = NULL;
}

bool mux_add(struct mux *mux, int kind, const AVCodecParameters *parameters, AVRational hint, AVRational rate,
             struct error *err)
{
    AVStream *stream = avformat_new_stream(mux->format, NULL);

    if (!stream || avcodec_parameters_copy(stream->codecpar, parameters) < 0)
        return fail(err, ERROR_INTERNAL, "mux: out of memory");
    stream->codecpar->codec_tag = parameters->codec_id == AV_CODEC_ID_HEVC ? MKTAG('h', 'v', 'c', '1') : 0;
    stream->time_base = hint;
    if (kind == MUX_VIDEO) {
        stream->avg_frame_rate = rate;
        stream->sample_aspect_ratio = parameters->sample_aspect_ratio;
    }
    mux->index[kind] = stream->index;
    return true;
}

/* A write that failed says what the file system said; everything else what FFmpeg said. */
static bool fail_mux(const struct mux *m, const char *what, int rc, struct error *err)
{
    if (m->error)
        return fail(err, ERROR_INTERNAL, "write the rendition: %s", strerror(m->error));
    if (m->copied && rc != AVERROR(ENOMEM))
        return fail_rule(err, ERROR_REFUSED, "media.damaged",
                         "damaged: its pictures cannot be copied into an MP4 (%s); export the master again", av_err2str(rc));
    return fail(err, ERROR_INTERNAL, "mux: %s: %s", what, av_err2str(rc));
}

static bool write_header(struct mux *m, struct error *err)
{
    AUTO(av_dict_free) AVDictionary *options = NULL;
    int rc;

    /* without an edit list B-frames would start late; composition offsets below zero put both streams at 0 */
    av_dict_set(&options, "movflags", "+faststart+negative_cts_offsets+write_colr", 0);
    av_dict_set(&options, "use_editlist", "0", 0);
    rc = avformat_write_header(m->format, &options);
    return rc >= 0 || fail_mux(m, "header", rc, err);
}

bool mux_run(struct node *node, void *mux, struct error *err)
{
    struct mux *m = mux;
    int rc;

    if (!write_header(m, err))
        return false;
    for (;;) {
        AUTO(av_packet_free) AVPacket *packet = node_receive(node);

        if (!packet)
            break;
        m->nb_packets += packet->stream_index == MUX_VIDEO;
        packet->stream_index = m->index[packet->stream_index];
        av_packet_rescale_ts(packet, packet->time_base, m->format->streams[packet->stream_index]->time_base);
        packet->pos = -1;
        rc = av_interleaved_write_frame(m->format, packet);
        if (rc < 0)
            return fail_mux(m, "packet", rc, err);
    }
    rc = av_write_trailer(m->format);
    avio_flush(m->io);
    if (rc < 0 || m->error || m->io->error < 0)
        return fail_mux(m, "index", rc < 0 ? rc : m->io->error, err);
    return true;
}

void packet_release(void *packet)
{
    AVPacket *p = packet;

    av_packet_free(&p);
}
