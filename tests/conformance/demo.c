/* Demo, an imaginary platform: open an upload, send the bytes, publish. The upload's id is the handle: after a lost
 * answer the list of posts says whether that upload was published. */
#include "tests/conformance/demo.h"

#include <inttypes.h>

#define API "https://api.demo.example"

static const struct phase phases[5];

static struct step open_upload(const struct step_in *in, json_t *state)
{
    return step_request(state, POST_UPLOADING, (struct http_request){
        .method = "POST", .url = API "/uploads", .headers = {{"Content-Type", "application/json"}},
        .body = arena_json(in->arena, json_pack("{s:I}", "bytes", (json_int_t)in->post->rendition_bytes)),
        .repeat = REPEAT_SAFE, .sign = SIGN_BEARER, .what = "open an upload"});
}

static struct step opened(const struct step_in *in, json_t *state)
{
    const char *id = json_text_at(in->last->json, "id");

    if (!id_valid(id, 64))
        return step_failed(state, ERROR_TRANSIENT, "demo.answer", "Demo opened an upload without an id");
    json_object_set_new(state, "upload", json_string(id));
    return phase_go(phases, "sending", in, state);
}

static struct step send_bytes(const struct step_in *in, json_t *state)
{
    return step_request(
        state, POST_UPLOADING,
        (struct http_request){.method = "PUT",
                              .url = arena_printf(in->arena, API "/uploads/%s", state_text(state, "upload")),
                              .headers = {{"Content-Type", in->post->content_type}},
                              .file = in->post->rendition,
                              .length = in->post->rendition_bytes,
                              .repeat = REPEAT_SAFE,
                              .sign = SIGN_BEARER,
                              .what = "send the video"});
}

static struct step sent(const struct step_in *in, json_t *state)
{
    return phase_go(phases, "publishing", in, state);
}

static struct step publish(const struct step_in *in, json_t *state)
{
    json_t *body =
        json_pack("{s:s, s:s}", "upload", state_text(state, "upload"), "caption", post_text(in->post, "caption"));

    json_object_set_new(state, "armed_at_ms", json_integer(in->now_ms));
    return step_request(state, POST_PROCESSING, (struct http_request){
        .method = "POST", .url = API "/posts", .headers = {{"Content-Type", "application/json"}},
        .body = arena_json(in->arena, body), .repeat = REPEAT_NEVER, .sign = SIGN_BEARER, .what = "publish"});
}

static struct step show(const struct step_in *in, json_t *state, const char *id)
{
    public_set(state, "remote_id", id);
    public_set(state, "permalink", arena_printf(in->arena, "https://demo.example/%s", id));
    return step_done(state);
}

/* Without an id, even 200 says nothing: look. */
static struct step published(const struct step_in *in, json_t *state)
{
    const char *id = json_text_at(in->last->json, "id");

    return id_valid(id, 64) ? show(in, state, id) : phase_go(phases, "looking", in, state);
}

static struct step look(const struct step_in *in, json_t *state)
{
    return step_request(state, POST_PROCESSING, (struct http_request){
        .method = "GET", .url = arena_printf(in->arena, API "/posts?upload=%s", state_text(state, "upload")),
        .repeat = REPEAT_SAFE, .sign = SIGN_BEARER, .what = "look for the post"});
}

static struct step look_first(const struct step_in *in, json_t *state)
{
    return phase_go(phases, "looking", in, state);
}

/* The list shows a post late, so one look without it means nothing until the settle window is over. */
static struct step looked(const struct step_in *in, json_t *state)
{
    const char *id = json_text_at(in->last->json, "posts.0.id");
    int64_t left_ms;

    if (id_valid(id, 64))
        return show(in, state, id);
    if (!json_is_array(json_at(in->last->json, "posts")))
        return step_failed(state, ERROR_TRANSIENT, "demo.answer", "Demo does not say whether the post is public");
    left_ms = settle_left_ms(in, state);
    return left_ms ? step_wait(state, POST_PROCESSING, left_ms) : phase_go(phases, "publishing", in, state);
}

/* A refused look says nothing about the post. */
static struct step look_refused(const struct step_in *in, json_t *state)
{
    return step_failed(state, ERROR_TRANSIENT, "demo.look", "Demo does not show the account's posts (HTTP %d)",
                       in->last->status);
}

static const struct phase phases[5] = {
    /* name          request       2xx answer  lost answer  any other answer */
    {"opening",    open_upload, opened,     NULL,        NULL},
    {"sending",    send_bytes,  sent,       NULL,        NULL},
    {"publishing", publish,     published,  look_first,  NULL},
    {"looking",    look,        looked,     NULL,        look_refused},
    {0},
};

/* What not to do, in a row each. */
static const struct phase careless_phases[] = {
    {"opening", open_upload, opened, NULL, NULL},
    {"sending", send_bytes, sent, NULL, NULL},
    {"publishing", publish, published, publish, NULL},
    {"looking", look, looked, NULL, look_refused},
    {0},
};

static struct step looked_once(const struct step_in *in, json_t *state)
{
    const char *id = json_text_at(in->last->json, "posts.0.id");

    return id_valid(id, 64) ? show(in, state, id) : phase_go(phases, "publishing", in, state);
}

static const struct phase hasty_phases[] = {
    {"opening", open_upload, opened, NULL, NULL},
    {"sending", send_bytes, sent, NULL, NULL},
    {"publishing", publish, published, look_first, NULL},
    {"looking", look, looked_once, NULL, look_refused},
    {0},
};

static struct step careless_step(const struct step_in *in)
{
    return phase_step(careless_phases, in);
}

static struct step hasty_step(const struct step_in *in)
{
    return phase_step(hasty_phases, in);
}

static struct step demo_step(const struct step_in *in)
{
    return phase_step(phases, in);
}

static const struct text_rule texts[] = {
    {.field = "caption", .template = "{caption}", .limit = 500, .unit = TEXT_CODE_POINTS, .source = "demo.md"},
};

static const char *surface(int width_px, int height_px, int64_t duration_ms)
{
    (void)width_px, (void)height_px, (void)duration_ms;
    return "post";
}

static const struct spec spec = {
    .platform = "demo", .sheet = "demo.md", .date = "2026-11-24", .texts = texts, .nb_texts = 1, .surface = surface};

static const char *const hosts[] = {"api.demo.example", NULL};

const struct adapter adapter_demo = {
    .name = "demo", .title = "Demo", .auth = AUTH_OAUTH2, .hosts = hosts, .spec = &spec,
    .unlock = "Demo does not exist: nobody can link an account", .step = demo_step,
};
const struct adapter adapter_careless = {.name = "demo",
                                         .title = "Careless demo",
                                         .auth = AUTH_OAUTH2,
                                         .hosts = hosts,
                                         .spec = &spec,
                                         .step = careless_step};
const struct adapter adapter_hasty = {
    .name = "demo", .title = "Hasty demo", .auth = AUTH_OAUTH2, .hosts = hosts, .spec = &spec, .step = hasty_step};
