#include "render/render.h"

#include "base/auto.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"
#include "ingest/worker.h"
#include "render/verify.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#define GIB ((double)(1 << 30))

/* One rendition under way: two files that get their names at the end. */
struct output {
    char *id;
    struct recipe recipe;
    int64_t cover_ms;
    char *video, *cover;           /* names without ".part-PID" */
    char *video_part, *cover_part;
    int video_fd, cover_fd;
};

struct render {
    struct worker *worker;
    char *folder;
    struct output *outputs;
    size_t nb_outputs;
    int64_t started_ms;            /* monotonic */
    json_t *result;                /* what the worker said of its outputs when all was written; NULL: not yet */
};

static char *printed(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static char *printed(const char *fmt, ...)
{
    AUTO_ARENA struct arena *arena = arena_create();
    va_list args;
    char *text;

    va_start(args, fmt);
    text = strdup(arena_vprintf(arena, fmt, args));
    va_end(args);
    return text;
}

static bool open_part(const char *path, char **part, int *fd, struct error *err)
{
    *part = printed("%s.part-%ld", path, (long)getpid());
    if (!*part)
        return fail(err, ERROR_INTERNAL, "create '%s': out of memory", path);
    *fd = open(*part, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    return *fd >= 0 ? true : fail(err, ERROR_INTERNAL, "create '%s': %s", *part, strerror(errno));
}

static bool open_output(struct render *r, const struct render_order *order, struct output *out, struct error *err)
{
    *out = (struct output){.id = strdup(order->id), .recipe = *order->recipe, .cover_ms = order->cover_ms,
                           .video_fd = -1, .cover_fd = -1};
    out->video = printed("%s/%s.mp4", r->folder, order->id);
    out->cover = printed("%s/%s.jpg", r->folder, order->id);
    return open_part(out->video, &out->video_part, &out->video_fd, err) &&
           open_part(out->cover, &out->cover_part, &out->cover_fd, err);
}

static json_int_t between(double low, double value, double high)
{
    return (json_int_t)(value < low ? low : value < high ? value : high);
}

/* What the worker's sandbox allows this job: several times what an honest master needs, so that only a hostile one meets it.
 * Measured 2026-11 on two slow cores: 4K HDR to two renditions takes 3 s of processor and 1.4 GiB of addresses a second. */
static json_t *limits_of(const struct render_batch *batch, const struct render *r)
{
    const struct video_facts *v = &batch->facts->video;
    double decoded_s = 0, encoded_s = 0, file = 0, pixels = (double)v->coded_width_px * v->coded_height_px;

    for (size_t i = 0; i < r->nb_outputs; i++) {
        const struct recipe *recipe = &r->outputs[i].recipe;
        double span_s = (double)(recipe->out_ms - recipe->in_ms) / 1000;
        double bytes = recipe->work == WORK_ENCODE && recipe->maxrate_bps > 0
                           ? span_s * (double)(recipe->maxrate_bps + recipe->audio_bitrate_bps) / 8
                           : (double)batch->facts->size_bytes;

        decoded_s = (double)recipe->out_ms / 1000 > decoded_s ? (double)recipe->out_ms / 1000 : decoded_s;
        encoded_s += span_s;
        file = bytes * 3 > file ? bytes * 3 : file;
    }
    return json_pack("{s:I, s:I, s:I}", "cpu_s", between(60, 60 + 20 * (decoded_s + encoded_s), 7 * 86400.0), "memory_bytes",
                     between(2.0 * GIB, 2.0 * GIB + pixels * 256 + 0.25 * GIB * (double)r->nb_outputs, 6.0 * GIB),
                     "file_bytes", between(GIB / 16.0, file, 1024.0 * GIB));
}

/* Descriptors 3, 4, 5, ...: the master, then video and cover of each rendition. */
static json_t *job_document(const struct render_batch *batch, const struct render *r)
{
    AUTO_ARENA struct arena *arena = arena_create();
    json_t *outputs = json_array();

    for (size_t i = 0; i < r->nb_outputs; i++)
        json_array_append_new(outputs, json_pack("{s:s, s:i, s:i, s:I, s:o}", "id", r->outputs[i].id, "video", (int)(4 + 2 * i),
                                                 "cover", (int)(5 + 2 * i), "cover_ms", (json_int_t)r->outputs[i].cover_ms,
                                                 "recipe", recipe_to_json(&r->outputs[i].recipe)));
    return json_pack("{s:s, s:i, s:s, s:o, s:b, s:o, s:o}", "job", "render", "input", 3, "name", utf8_printable(arena, batch->master), "facts",
                     facts_to_json(batch->facts), "allow_damaged", batch->allow_damaged, "outputs", outputs,
                     "limits", limits_of(batch, r));
}

static bool start(struct render *r, const struct render_batch *batch, struct error *err)
{
    AUTO_CLOSE int master = open(batch->master, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    AUTO_FREE int *fds = calloc(1 + 2 * batch->nb_orders, sizeof *fds);
    json_auto_t *job = NULL;

    if (master < 0 || !fds)
        return fail(err, ERROR_REFUSED, "'%s': %s", batch->master, strerror(errno));
    fds[0] = master;
    for (size_t i = 0; i < batch->nb_orders; i++) {
        r->nb_outputs++;
        if (!open_output(r, &batch->orders[i], &r->outputs[i], err))
            return false;
        fds[1 + 2 * i] = r->outputs[i].video_fd;
        fds[2 + 2 * i] = r->outputs[i].cover_fd;
    }
    job = job_document(batch, r);
    r->started_ms = clock_monotonic_ms();
    r->worker = worker_start(job, fds, 1 + 2 * batch->nb_orders, err);
    return r->worker != NULL;
}

struct render *render_start(const struct render_batch *batch, struct error *err)
{
    struct render *r = calloc(1, sizeof *r);

    if (r)
        r->outputs = calloc(batch->nb_orders, sizeof *r->outputs);
    if (!r || !r->outputs) {
        free(r);
        fail(err, ERROR_INTERNAL, "out of memory");
        return NULL;
    }
    r->folder = strdup(batch->folder);
    if (start(r, batch, err))
        return r;
    render_destroy(r);
    return NULL;
}

int render_fd(const struct render *r)
{
    return worker_fd(r->worker);
}

static void take_event(struct render *r, const json_t *event, struct render_progress *progress)
{
    const char *kind = json_string_value(json_object_get(event, "event"));
    int64_t spent = clock_monotonic_ms() - r->started_ms;

    if (kind && !strcmp(kind, "result") && !r->result)
        r->result = json_incref(json_object_get(event, "outputs"));
    if (!kind || strcmp(kind, "progress"))
        return;
    progress->done_ms = json_integer_value(json_object_get(event, "done_ms"));
    progress->total_ms = json_integer_value(json_object_get(event, "total_ms"));
    progress->speed = spent > 200 ? (double)progress->done_ms / (double)spent : 0;
    progress->eta_ms = progress->speed > 0 && progress->total_ms >= progress->done_ms
                           ? (int64_t)((double)(progress->total_ms - progress->done_ms) / progress->speed)
                           : -1;
}

/* What only the worker knows: frames that were damaged, loudness after encoding. */
static void add_measured(const struct render *r, const struct output *out, struct facts *facts)
{
    const json_t *said, *loudness;
    size_t i;

    json_array_foreach(r->result, i, said) {
        const char *id = json_string_value(json_object_get(said, "id"));

        if (!id || strcmp(id, out->id) != 0)
            continue;
        loudness = json_object_get(said, "loudness");
        facts->damaged_frames = json_integer_value(json_object_get(said, "damaged"));
        facts->loudness_known = json_is_object(loudness);
        facts->silent = json_is_true(json_object_get(loudness, "silent"));
        facts->loudness_lufs = json_number_value(json_object_get(loudness, "lufs"));
        facts->loudness_range_lu = json_number_value(json_object_get(loudness, "range_lu"));
        facts->true_peak_dbtp = json_number_value(json_object_get(loudness, "true_peak_dbtp"));
    }
}

/* Probes what was made, compares it with what was ordered, gives it its name. The cover first: the video's name says "finished". */
static bool finish_output(const struct render *r, const struct output *out, struct error *err)
{
    bool has_cover = lseek(out->cover_fd, 0, SEEK_END) > 0;
    char sha256[SHA256_HEX_BYTES];
    struct facts facts;

    if (out->recipe.work == WORK_ORIGINAL)    /* the master goes out itself: only its cover is made */
        return !has_cover || file_commit(out->cover_fd, out->cover_part, out->cover, err);
    if (!media_probe(out->video_part, &facts, err) || !verify_rendition(&out->recipe, &facts, err))
        return fail_in(err, "rendition %s does not pass its own check", out->id);
    add_measured(r, out, &facts);
    if (!sha256_fd(out->video_fd, sha256, err) || (has_cover && !file_commit(out->cover_fd, out->cover_part, out->cover, err)) ||
        !file_commit(out->video_fd, out->video_part, out->video, err))
        return false;
    return cache_note(r->folder, out->id, &out->recipe, &facts, sha256, has_cover, err);
}

bool render_step(struct render *r, struct render_progress *progress, bool *finished, struct error *err)
{
    json_t *event;

    *finished = false;
    while ((event = worker_event(r->worker))) {
        take_event(r, event, progress);
        json_decref(event);
    }
    *err = (struct error){0};
    if (!worker_ended(r->worker, err))
        return true;
    if (err->text[0])
        return false;
    if (!r->result)
        return fail(err, ERROR_REFUSED, "the media worker ended without a result");
    for (size_t i = 0; i < r->nb_outputs; i++)
        if (!finish_output(r, &r->outputs[i], err))
            return false;
    *finished = true;
    return true;
}

static void finish_part(char *part, int fd)
{
    if (part)
        unlink(part);    /* renamed already when it was finished */
    if (fd >= 0)
        close(fd);
    free(part);
}

void render_destroy(struct render *r)
{
    if (!r)
        return;
    worker_destroy(r->worker);
    json_decref(r->result);
    for (size_t i = 0; i < r->nb_outputs; i++) {
        finish_part(r->outputs[i].video_part, r->outputs[i].video_fd);
        finish_part(r->outputs[i].cover_part, r->outputs[i].cover_fd);
        free(r->outputs[i].id);
        free(r->outputs[i].video);
        free(r->outputs[i].cover);
    }
    free(r->outputs);
    free(r->folder);
    free(r);
}
