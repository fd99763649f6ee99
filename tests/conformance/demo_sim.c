/* Demo, seen from the other side: keeps uploads and posts in memory, and shows a post some time after it was made. */
#include "tests/conformance/demo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { UPLOADS_MAX = 64, POSTS_MAX = 64, LATE_MS = 20000 };

struct sim {
    int64_t bytes[UPLOADS_MAX], wanted[UPLOADS_MAX];
    int nb_uploads, nb_posts;
    int upload_of[POSTS_MAX];
    int64_t visible_ms[POSTS_MAX], now_ms;
    json_t *refusals;
};

static struct sim *create(const char *base_url, const json_t *options)
{
    struct sim *sim = calloc(1, sizeof *sim);

    (void)base_url;
    (void)options;
    if (sim)
        sim->refusals = json_array();
    return sim;
}

static void destroy(struct sim *sim)
{
    json_decref(sim->refusals);
    free(sim);
}

static void answer(struct sim_response *out, int status, json_t *body)
{
    out->status = status;
    out->body = json_dumps(body, JSON_COMPACT);
    json_decref(body);
}

static void refuse(struct sim *sim, struct sim_response *out, int status, const char *why)
{
    json_array_append_new(sim->refusals, json_pack("{s:s}", "why", why));
    answer(out, status, json_pack("{s:{s:s}}", "error", "message", why));
}

static int upload_index(const struct sim *sim, const char *id)
{
    int n = id && id[0] == 'u' ? atoi(id + 1) : 0;

    return n >= 1 && n <= sim->nb_uploads ? n - 1 : -1;
}

static void open_upload(struct sim *sim, const json_t *body, struct sim_response *out)
{
    char id[16];

    if (sim->nb_uploads == UPLOADS_MAX || !json_is_integer(json_object_get(body, "bytes"))) {
        refuse(sim, out, 400, "no size, or too many uploads");
        return;
    }
    sim->wanted[sim->nb_uploads++] = json_integer_value(json_object_get(body, "bytes"));
    snprintf(id, sizeof id, "u%d", sim->nb_uploads);
    answer(out, 200, json_pack("{s:s}", "id", id));
}

static void keep_bytes(struct sim *sim, const struct sim_request *in, struct sim_response *out)
{
    int at = upload_index(sim, in->path + strlen("/uploads/"));

    if (at < 0) {
        refuse(sim, out, 404, "no such upload");
        return;
    }
    sim->bytes[at] = in->body_complete ? in->body_bytes : 0;
    answer(out, 200, json_object());
}

/* Publishing twice makes two posts: pessimistic, like the platforms that give no promise. */
static void publish(struct sim *sim, const struct sim_request *in, const json_t *body, struct sim_response *out)
{
    int at = upload_index(sim, json_string_value(json_object_get(body, "upload")));
    char id[16];

    if (at < 0 || sim->bytes[at] != sim->wanted[at] || sim->nb_posts == POSTS_MAX) {
        refuse(sim, out, 400, "the upload is not complete");
        return;
    }
    sim->upload_of[sim->nb_posts] = at;
    sim->visible_ms[sim->nb_posts++] = in->now_ms + LATE_MS;
    snprintf(id, sizeof id, "p%d", sim->nb_posts);
    answer(out, 200, json_pack("{s:s}", "id", id));
}

static void list(struct sim *sim, const struct sim_request *in, struct sim_response *out)
{
    int at = upload_index(sim, json_string_value(json_object_get(in->query, "upload")));
    json_t *posts = json_array();
    char id[16];

    for (int i = 0; i < sim->nb_posts; i++) {
        snprintf(id, sizeof id, "p%d", i + 1);
        if (sim->upload_of[i] == at && sim->visible_ms[i] <= in->now_ms)
            json_array_append_new(posts, json_pack("{s:s}", "id", id));
    }
    answer(out, 200, json_pack("{s:o}", "posts", posts));
}

static void handle(struct sim *sim, const struct sim_request *in, struct sim_response *out)
{
    const char *authorization = json_string_value(json_object_get(in->headers, "authorization"));
    json_t *body = in->body ? json_loads(in->body, 0, NULL) : NULL;
    bool posts = !strcmp(in->method, "POST");

    sim->now_ms = in->now_ms;
    if (!authorization || strncmp(authorization, "Bearer ", 7))
        refuse(sim, out, 401, "no token");
    else if (posts && !strcmp(in->path, "/uploads"))
        open_upload(sim, body, out);
    else if (!strcmp(in->method, "PUT") && !strncmp(in->path, "/uploads/", 9))
        keep_bytes(sim, in, out);
    else if (posts && !strcmp(in->path, "/posts"))
        publish(sim, in, body, out);
    else if (!posts && !strcmp(in->path, "/posts"))
        list(sim, in, out);
    else
        refuse(sim, out, 404, "no such address");
    json_decref(body);
}

static json_t *public_posts(const struct sim *sim)
{
    json_t *posts = json_array();

    for (int i = 0; i < sim->nb_posts; i++)
        json_array_append_new(posts, json_pack("{s:i, s:i}", "id", i + 1, "upload", sim->upload_of[i]));
    return posts;
}

static json_t *refusals(const struct sim *sim)
{
    return json_deep_copy(sim->refusals);
}

const struct simulator sim_demo = {"demo", create, destroy, handle, public_posts, refusals};
