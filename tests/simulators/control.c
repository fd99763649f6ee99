/* /_sim/: what a test or a person may ask of a running simulator. */
#include "tests/simulators/server.h"

#include "tests/simulators/core.h"

#include "base/auto.h"
#include <fcntl.h>
#include <string.h>

static json_t *public_posts(struct server *server)
{
    json_t *posts, *post;
    size_t i;

    sim_set_time(server->sim, server_now_ms(server));
    posts = server->simulator->public_posts(server->sim);
    json_array_foreach(posts, i, post)
        control_join(server, post);
    return posts;
}

static bool copy_part(int to, const char *file, int64_t bytes, struct sha256 *hash)
{
    AUTO_CLOSE int from = open(file, O_RDONLY | O_CLOEXEC);
    char buffer[65536];

    while (from >= 0 && bytes > 0) {
        ssize_t got = read(from, buffer, bytes < (int64_t)sizeof buffer ? (size_t)bytes : sizeof buffer);

        if (got <= 0 || write(to, buffer, (size_t)got) != got)
            return false;
        sha256_add(hash, buffer, (size_t)got);
        bytes -= got;
    }
    return !bytes;
}

static json_t *join_parts(const char *file, const json_t *parts)
{
    AUTO_CLOSE int to = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    struct sha256 *hash = sha256_create();
    char hex[SHA256_HEX_BYTES] = "";
    bool ok = to >= 0;

    for (size_t i = 0; ok && i < json_array_size(parts); i++) {
        const json_t *part = json_array_get(parts, i);

        ok = copy_part(to, text_of(part, "file"), int_of(part, "bytes"), hash);
    }
    sha256_hex(hash, hex);
    sha256_destroy(hash);
    return json_pack("{s:s, s:s}", "file", ok ? file : "", "sha256", ok ? hex : "");
}

void control_join(struct server *server, json_t *post)
{
    const json_t *parts = json_object_get(post, "parts");
    const char *id = text_of(post, "id");
    char file[4096];

    if (json_array_size(parts) < 2)
        return;
    if (!json_object_get(server->media, id)) {
        snprintf(file, sizeof file, "%s/%s-post-%s", server->dir, server->simulator->name, id);
        json_object_set_new(server->media, id, join_parts(file, parts));
    }
    json_object_update(post, json_object_get(server->media, id));
}

static void say(struct sim_response *out, int status, json_t *taken)
{
    out->status = status;
    out->body = json_dumps(taken, JSON_INDENT(1));
    out->headers = json_pack("{s:s}", "Content-Type", "application/json");
    json_decref(taken);
}

static void refuse(struct sim_response *out, const char *why)
{
    say(out, 400, json_pack("{s:s}", "error", why));
}

static void get_posts(struct server *server, const char *body, struct sim_response *out)
{
    (void)body;
    say(out, 200, public_posts(server));
}

static void get_refusals(struct server *server, const char *body, struct sim_response *out)
{
    (void)body;
    say(out, 200, server->simulator->refusals(server->sim));
}

static void get_requests(struct server *server, const char *body, struct sim_response *out)
{
    (void)body;
    say(out, 200, json_incref(server->requests));
}

static void post_faults(struct server *server, const char *body, struct sim_response *out)
{
    json_auto_t *orders = json_loads(body, 0, NULL);
    char why[WHY_BYTES] = "the body is not JSON";

    if (!orders || !faults_order(server->faults, orders, why))
        return refuse(out, why);
    say(out, 200, json_pack("{s:b}", "ordered", 1));
}

/* As new; a body of options replaces those it was started with. */
static void post_reset(struct server *server, const char *body, struct sim_response *out)
{
    json_t *options = *body ? json_loads(body, 0, NULL) : json_incref(server->options);

    if (*body && !json_is_object(options)) {
        json_decref(options);
        return refuse(out, "the body is not an object of options");
    }
    json_decref(server->options);
    server->options = options;
    server->simulator->destroy(server->sim);
    server->sim = server->simulator->create(server->base_url, options);
    sim_set_fetch(server->sim, fetch_url, server);
    faults_destroy(server->faults);
    server->faults = faults_create();
    json_array_clear(server->requests);
    json_object_clear(server->media);
    server->ahead_ms = 0;
    say(out, 200, json_pack("{s:b}", "reset", 1));
}

static void post_clock(struct server *server, const char *body, struct sim_response *out)
{
    static const struct field fields[] = {{"forward_ms", FIELD_INT, true, NULL, NULL}, {0}};
    json_auto_t *order = json_loads(body, 0, NULL);
    char why[WHY_BYTES] = "the body is not an object";

    if (!json_is_object(order) || !object_fits(order, fields, "", why) || int_of(order, "forward_ms") < 0)
        return refuse(out, why);
    server->ahead_ms += int_of(order, "forward_ms");
    say(out, 200, json_pack("{s:I}", "now_ms", (json_int_t)server_now_ms(server)));
}

static void get_page(struct server *server, const char *body, struct sim_response *out)
{
    json_auto_t *posts = public_posts(server);

    (void)body;
    out->status = 200;
    out->headers = json_pack("{s:s, s:s}", "Content-Type", "text/html; charset=UTF-8", "Content-Security-Policy",
                             "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'");
    out->body = page_write(server, posts);
}

static const struct {
    const char *method, *path;
    void (*serve)(struct server *, const char *, struct sim_response *);
} controls[] = {
    {"GET", "/_sim/posts", get_posts},
    {"GET", "/_sim/refusals", get_refusals},
    {"GET", "/_sim/requests", get_requests},
    {"POST", "/_sim/faults", post_faults},
    {"POST", "/_sim/reset", post_reset},
    {"POST", "/_sim/clock", post_clock},
    {"GET", "/_sim/", get_page},
};

static bool find_media(struct server *server, const char *id, char file[4096])
{
    json_auto_t *posts = public_posts(server);
    json_t *post;
    size_t i;

    json_array_foreach(posts, i, post)
        if (!strcmp(text_of(post, "id"), id))
            snprintf(file, 4096, "%s", text_of(post, "file"));
    return *file;
}

void control_handle(struct server *server, const char *method, const char *path, const char *body,
                    struct sim_response *out, char file[4096])
{
    static const char media[] = "/_sim/media/";

    if (!strncmp(path, media, sizeof media - 1) && word_in("GET HEAD", method) &&
        find_media(server, path + sizeof media - 1, file))
        return;
    for (size_t i = 0; i < sizeof controls / sizeof controls[0]; i++)
        if (!strcmp(controls[i].path, path) && !strcmp(controls[i].method, method))
            return controls[i].serve(server, body, out);
    say(out, 404, json_pack("{s:s}", "error", "no such control address"));
}
