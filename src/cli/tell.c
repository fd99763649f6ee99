#include "cli/tell.h"

#include "base/auto.h"
#include "base/clock.h"
#include "base/text.h"
#include "report/events.h"
#include "report/progress.h"
#include <string.h>
#include <unistd.h>

struct tell {
    struct progress *progress;
    struct events *events;
    json_t *bars;              /* post id -> bar of its upload */
    json_t *notes;             /* post id -> what was said last, so that it is said once */
    int render_bar;            /* -1: none */
    bool verbose;
};

struct tell *tell_open(const struct options *options, struct error *err)
{
    struct terminal terminal = terminal_of(STDERR_FILENO, (enum terminal_color)options->color);
    struct tell *tell = calloc(1, sizeof *tell);

    if (!tell || !events_open(options->events, &tell->events, err)) {
        free(tell);
        return NULL;
    }
    tell->progress = progress_create(stderr, &terminal, options->quiet || options->no_progress || options->json);
    tell->bars = json_object();
    tell->notes = json_object();
    tell->render_bar = -1;
    tell->verbose = options->verbose > 0;
    return tell;
}

bool tell_close(struct tell *tell, struct error *err)
{
    bool ok;

    if (!tell)
        return true;
    progress_destroy(tell->progress);
    ok = events_close(tell->events, err);
    json_decref(tell->bars);
    json_decref(tell->notes);
    free(tell);
    return ok;
}

static int bar_of(const struct tell *tell, const char *post)
{
    const json_t *bar = json_object_get(tell->bars, post);

    return bar ? (int)json_integer_value(bar) : -1;
}

static void upload(struct tell *tell, const struct engine_event *event)
{
    int bar = bar_of(tell, event->post->id);

    if (bar < 0) {
        bar = progress_start(tell->progress, event->post->destination, PROGRESS_BYTES, event->total_bytes, clock_monotonic_ms());
        json_object_set_new(tell->bars, event->post->id, json_integer(bar));
    }
    progress_set(tell->progress, bar, event->sent_bytes, event->total_bytes, clock_monotonic_ms());
}

/* A state that an upload has no bar for any more. */
static void state(struct tell *tell, const struct engine_event *event)
{
    int bar = bar_of(tell, event->post->id);

    events_post(tell->events, clock_now_ms(), event->post, event->state, event->error, event->permalink);
    if (bar >= 0 && event->state != POST_UPLOADING) {
        progress_end(tell->progress, bar, "uploaded", clock_monotonic_ms());
        json_object_del(tell->bars, event->post->id);
    }
}

/* "reels: waiting: processing", once for each thing that is waited for. */
static void note(struct tell *tell, const struct engine_event *event)
{
    AUTO_STR struct str line = {0};
    const char *before = json_string_value(json_object_get(tell->notes, event->post->id));

    if (before && !strcmp(before, event->what))
        return;
    json_object_set_new(tell->notes, event->post->id, json_string(event->what));
    str_printf(&line, "%s: %s%s", event->post->destination, event->kind == ENGINE_WAIT ? "waiting: " : "", event->what);
    if (event->kind == ENGINE_BUSY)
        str_printf(&line, " (process %lld works on it)", (long long)event->holder_pid);
    progress_note(tell->progress, str_text(&line));
}

void tell_engine(struct tell *tell, const struct engine_event *event)
{
    switch (event->kind) {
    case ENGINE_STATE:
        state(tell, event);
        break;
    case ENGINE_PROGRESS:
        upload(tell, event);
        break;
    case ENGINE_REQUEST:
        events_add(tell->events, clock_now_ms(), "request",
                   json_pack("{s:s, s:s, s:s}", "post", event->post->id, "destination", event->post->destination, "what", event->what));
        if (tell->verbose)
            note(tell, event);
        break;
    case ENGINE_WAIT:
        events_add(tell->events, clock_now_ms(), "wait",
                   json_pack("{s:s, s:s, s:s, s:I}", "post", event->post->id, "destination", event->post->destination, "what", event->what,
                             "until_ms", (json_int_t)event->until_ms));
        note(tell, event);
        break;
    case ENGINE_BUSY:
        note(tell, event);
        break;
    }
}

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

void tell_render(struct tell *tell, const char *master, const struct render_progress *progress)
{
    AUTO_ARENA struct arena *arena = arena_create();
    const char *name = utf8_printable(arena, master);

    if (tell->render_bar < 0) {
        tell->render_bar = progress_start(tell->progress, name_of(name), PROGRESS_MEDIA, progress->total_ms, clock_monotonic_ms());
        events_add(tell->events, clock_now_ms(), "render", json_pack("{s:s}", "master", name));
    }
    progress_set(tell->progress, tell->render_bar, progress->done_ms, progress->total_ms, clock_monotonic_ms());
}

void tell_render_end(struct tell *tell, const char *master, const char *outcome)
{
    AUTO_ARENA struct arena *arena = arena_create();

    events_add(tell->events, clock_now_ms(), "rendered", json_pack("{s:s, s:s}", "master", utf8_printable(arena, master), "outcome", outcome));
    progress_end(tell->progress, tell->render_bar, outcome, clock_monotonic_ms());
    tell->render_bar = -1;
}

void tell_tick(struct tell *tell)
{
    progress_tick(tell->progress, clock_monotonic_ms());
}
