#include "publish/engine.h"

#include "base/auto.h"
#include "base/clock.h"
#include "publish/run.h"
#include <string.h>
#include <sys/random.h>

static int64_t machine_now_ms(void *context)
{
    (void)context;
    return clock_now_ms();
}

static int64_t machine_monotonic_ms(void *context)
{
    (void)context;
    return clock_monotonic_ms();
}

static void progress(void *context, void *tag, int64_t sent_bytes, int64_t total_bytes)
{
    struct engine *engine = context;
    struct run *run = tag;

    if (!engine->options.event || !run->request.file)
        return;
    engine->options.event(
        engine->options.context,
        &(struct engine_event){.kind = ENGINE_PROGRESS,
                               .post = &run->post,
                               .state = run->shows,
                               .what = run->request.what ? run->request.what : "",
                               .sent_bytes = run->request.offset + sent_bytes,
                               .total_bytes = run->post.rendition_bytes ? run->post.rendition_bytes : total_bytes});
}

struct engine *engine_create(const struct engine_options *options, struct error *err)
{
    static const struct engine_clock machine = {machine_now_ms, machine_monotonic_ms, NULL};
    struct engine *engine = calloc(1, sizeof *engine);

    if (!engine) {
        fail(err, ERROR_INTERNAL, "out of memory");
        return NULL;
    }
    *engine = (struct engine){
        .options = *options, .clock = options->clock ? *options->clock : machine, .random = options->seed};
    if (!options->seed && getrandom(&engine->random, sizeof engine->random, 0) != sizeof engine->random)
        engine->random = (uint64_t)clock_now_ms();    /* only jitter hangs on it */
    options->transport->progress = progress;
    options->transport->progress_context = engine;
    return engine;
}

void engine_destroy(struct engine *engine)
{
    if (!engine)
        return;
    transport_cancel(engine->options.transport);
    while (engine->runs) {
        struct run *run = engine->runs;

        engine->runs = run->next;
        run_destroy(run);
    }
    free(engine);
}

static bool check_post(const struct post *post, struct error *err)
{
    if (!post->adapter)
        return fail(err, ERROR_INTERNAL, "post %s: there is no adapter '%s'", post->id, post->platform);
    if (!post->rendition)
        return fail(err, ERROR_INTERNAL, "post %s has no rendition yet", post->id);
    return true;
}

static struct run *make_run(struct engine *engine, const struct post *post, struct error *err)
{
    struct run *run = calloc(1, sizeof *run);

    if (!run) {
        fail(err, ERROR_INTERNAL, "out of memory");
        return NULL;
    }
    *run = (struct run){.engine = engine,
                        .activity = RUN_QUEUED,
                        .state = json_object(),
                        .document = post_to_json(post),
                        .step_arena = arena_create(),
                        .lost_offset = -1};
    if (!post_from_json(run->document, &run->post, err)) {
        run_destroy(run);
        return NULL;
    }
    run->post.adapter = post->adapter;
    return run;
}

bool engine_add(struct engine *engine, const struct post *post, struct error *err)
{
    struct run **end = &engine->runs, *run;
    bool added;

    if (!check_post(post, err))
        return false;
    for (; *end; end = &(*end)->next)
        if (!strcmp((*end)->post.id, post->id) && (*end)->activity != RUN_ENDED)
            return true;    /* it is on its way already */
    if (!journal_add(engine->options.journal, post, engine->clock.now_ms(engine->clock.context), &added, err)) {
        engine->broken = true;
        return false;
    }
    run = make_run(engine, post, err);
    if (!run)
        return false;
    *end = run;
    return true;
}

/* Posts of one destination go one after another. */
static bool has_turn(const struct engine *engine, const struct run *run)
{
    for (const struct run *r = engine->runs; r != run; r = r->next)
        if (r->activity != RUN_ENDED && !strcmp(r->post.destination, run->post.destination))
            return false;
    return true;
}

static bool interrupted(const struct engine *engine)
{
    return engine->options.interrupted && *engine->options.interrupted;
}

/* Everything that can go on now; *moved says whether anything did. */
static bool move(struct engine *engine, bool *moved, struct error *err)
{
    *moved = false;
    for (struct run *run = engine->runs; run; run = run->next) {
        bool begins = run->activity == RUN_QUEUED && has_turn(engine, run);
        bool wakes = run->activity == RUN_WAITING && run->wake_ms <= engine->clock.monotonic_ms(engine->clock.context);

        if (interrupted(engine))
            return true;
        if (!begins && !wakes)
            continue;
        *moved = true;
        if (begins ? !run_begin(run, err) : !run_wake(run, err))
            return false;
    }
    return true;
}

static bool collect(struct engine *engine, bool *moved, struct error *err)
{
    struct transport_answer answer;
    bool ok = true;

    while (ok && transport_next(engine->options.transport, &answer)) {
        struct run *run = answer.tag;

        *moved = true;
        ok = run_answered(run, &answer, err);
        transport_answer_finish(&answer);
    }
    return ok;
}

static int wait_at_most(const struct engine *engine, int timeout_ms)
{
    int64_t now_ms = engine->clock.monotonic_ms(engine->clock.context);

    for (const struct run *run = engine->runs; run; run = run->next) {
        int64_t left_ms = run->activity == RUN_WAITING ? run->wake_ms - now_ms : timeout_ms;

        if (left_ms < timeout_ms)
            timeout_ms = left_ms > 0 ? (int)left_ms : 0;
    }
    return timeout_ms;
}

static bool turn(struct engine *engine, int timeout_ms, struct pollfd *extra, size_t nb_extra, struct error *err)
{
    bool moved;

    if (!move(engine, &moved, err))
        return false;
    if (interrupted(engine))
        return fail(err, ERROR_INTERRUPTED, "interrupted; the state is kept, crosscut resume goes on");
    if (!transport_wait(engine->options.transport, moved ? 0 : wait_at_most(engine, timeout_ms), extra, nb_extra, err))
        return false;
    return collect(engine, &moved, err);
}

bool engine_turn(struct engine *engine, int timeout_ms, struct pollfd *extra, size_t nb_extra, struct error *err)
{
    struct error why = {0};

    if (engine->broken)
        return fail(err, ERROR_INTERNAL, "the journal failed before; nothing more is sent");
    if (turn(engine, timeout_ms, extra, nb_extra, &why))
        return true;
    engine->broken = why.kind != ERROR_INTERRUPTED;
    if (err)
        *err = why;
    return false;
}

size_t engine_running(const struct engine *engine)
{
    size_t n = 0;

    for (const struct run *run = engine->runs; run; run = run->next)
        n += run->activity != RUN_ENDED;
    return n;
}

bool engine_run(struct engine *engine, struct error *err)
{
    while (engine_running(engine))
        if (!engine_turn(engine, 1000, NULL, 0, err))
            return false;
    return true;
}
