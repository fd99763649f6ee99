#include "tests/simulators/faults.h"

#include "tests/simulators/core.h"

#include <string.h>

static const char *const kind_names[] = {
    [FAULT_DROP_BEFORE] = "drop_before", [FAULT_DROP_AFTER] = "drop_after", [FAULT_RESET_MID_BODY] = "reset_mid_body",
    [FAULT_500_BEFORE] = "500_before",   [FAULT_500_AFTER] = "500_after",   [FAULT_429] = "429",
    [FAULT_STALL] = "stall",             [FAULT_TRUNCATE] = "truncate",     [FAULT_GARBAGE] = "garbage",
    [FAULT_STATUS] = "status",           [FAULT_KILL] = "kill",
};
static const char kind_words[] =
    "drop_before drop_after reset_mid_body 500_before 500_after 429 stall truncate garbage status kill";

static const struct field match_fields[] = {
    {"method", FIELD_TEXT, false, NULL, NULL}, {"path_contains", FIELD_TEXT, false, NULL, NULL}, {0}};
static const struct field order_fields[] = {
    {"fault", FIELD_TEXT, true, kind_words, NULL},
    {"nth", FIELD_INT, false, NULL, NULL},   /* of the requests that match, from 1 */
    {"times", FIELD_INT, false, NULL, NULL}, /* so many in a row; -1: for ever */
    {"match", FIELD_OBJECT, false, NULL, match_fields},
    {"act", FIELD_BOOL, false, NULL,
     NULL}, /* 429, garbage, status: true, do it; stall, kill: false, do not */
    {"bytes", FIELD_INT, false, NULL, NULL},
    {"ms", FIELD_INT, false, NULL, NULL},
    {"retry_after", FIELD_TEXT, false, NULL, NULL},
    {"status", FIELD_INT, false, NULL, NULL},
    {"body", FIELD_TEXT, false, NULL, NULL},
    {"headers", FIELD_ANY_OBJECT, false, NULL, NULL},
    {"pid", FIELD_INT, false, NULL, NULL},
    {0},
};

struct faults {
    json_t *orders;     /* as ordered, with "seen" */
};

struct faults *faults_create(void)
{
    struct faults *faults = must_calloc(sizeof *faults);

    faults->orders = json_array();
    return faults;
}

void faults_destroy(struct faults *faults)
{
    if (faults)
        json_decref(faults->orders);
    free(faults);
}

static bool order_fits(json_t *order, char why[WHY_BYTES])
{
    const json_t *after = json_object_get(order, "retry_after");

    if (json_is_integer(after))
        json_object_set_new(order, "retry_after", json_sprintf("%" JSON_INTEGER_FORMAT, json_integer_value(after)));
    if (!json_is_object(order))
        return snprintf(why, WHY_BYTES, "an order is an object"), false;
    if (!object_fits(order, order_fields, "", why))
        return false;
    if (json_object_get(order, "pid") && int_of(order, "pid") <= 1)
        return snprintf(why, WHY_BYTES, "pid is not that of a client"), false;
    if (!strcmp(text_of(order, "fault"), "status") && (int_of(order, "status") < 200 || int_of(order, "status") > 599))
        return snprintf(why, WHY_BYTES, "status is 200 to 599"), false;
    return true;
}

bool faults_order(struct faults *faults, const json_t *orders, char why[WHY_BYTES])
{
    json_auto_t *added = json_is_array(orders) ? json_deep_copy(orders) : json_pack("[o]", json_deep_copy(orders));

    for (size_t i = 0; i < json_array_size(added); i++)
        if (!order_fits(json_array_get(added, i), why))
            return false;
    json_array_extend(faults->orders, added);
    return true;
}

static bool order_matches(const json_t *order, const char *method, const char *path)
{
    const json_t *match = json_object_get(order, "match");
    const char *wanted = text_of(match, "method");

    return (!*wanted || !strcmp(wanted, method)) && strstr(path, text_of(match, "path_contains"));
}

static bool order_due(json_t *order, const char *method, const char *path)
{
    int64_t seen = int_of(order, "seen") + 1, nth = json_object_get(order, "nth") ? int_of(order, "nth") : 1;
    int64_t times = json_object_get(order, "times") ? int_of(order, "times") : 1;

    if (!order_matches(order, method, path))
        return false;
    json_object_set_new(order, "seen", json_integer(seen));
    return seen >= nth && (times < 0 || seen < nth + times);
}

struct fault faults_next(struct faults *faults, const char *method, const char *path)
{
    struct fault fault = {0};

    for (size_t i = 0; i < json_array_size(faults->orders); i++) {
        json_t *order = json_array_get(faults->orders, i);

        if (!order_due(order, method, path) || fault.kind)
            continue;
        fault.order = json_incref(order);
        for (size_t k = 1; k < sizeof kind_names / sizeof kind_names[0]; k++)
            if (!strcmp(kind_names[k], text_of(order, "fault")))
                fault.kind = (enum fault_kind)k;
    }
    return fault;
}

void fault_finish(struct fault *fault)
{
    json_decref(fault->order);
    *fault = (struct fault){0};
}

int64_t fault_break_bytes(const struct fault *fault)
{
    const json_t *bytes = json_object_get(fault->order, "bytes");

    if (fault->kind == FAULT_RESET_MID_BODY || (fault->kind == FAULT_KILL && bytes))
        return json_integer_value(bytes);
    return -1;
}

static void replace(struct sim_response *out, int status, const char *type, const char *body)
{
    json_decref(out->headers);
    free(out->body);
    *out = (struct sim_response){status, json_pack("{s:s}", "Content-Type", type), strdup(body)};
}

static void replace_as_ordered(const json_t *order, struct sim_response *out)
{
    const char *body = text_of(order, "body");

    replace(out, (int)int_of(order, "status"), *body == '{' || *body == '[' ? "application/json" : "text/plain", body);
    if (json_object_get(order, "headers"))
        json_object_update(out->headers, json_object_get(order, "headers"));
}

static bool acts(const struct fault *fault)
{
    const json_t *said = json_object_get(fault->order, "act");

    switch (fault->kind) {
    case FAULT_DROP_BEFORE:
    case FAULT_500_BEFORE: return false;
    case FAULT_429:
    case FAULT_GARBAGE:
    case FAULT_STATUS: return json_is_true(said);
    case FAULT_STALL:
    case FAULT_KILL: return !json_is_false(said);
    default: return true;
    }
}

/* The request as it looks when the connection breaks after "bytes" of its body. */
static struct sim_request broken(const struct sim_request *in, int64_t bytes)
{
    struct sim_request cut = *in;

    cut.body_complete = false;
    if (bytes < cut.body_bytes) {
        cut.body_bytes = bytes;
        cut.body_sha256 = NULL;
    }
    return cut;
}

struct fault_effect fault_handle(const struct fault *fault, const struct simulator *simulator, struct sim *sim,
                                 const struct sim_request *request, struct sim_response *out)
{
    int64_t bytes = fault_break_bytes(fault);
    struct sim_request in = bytes >= 0 ? broken(request, bytes) : *request;
    struct fault_effect effect = {0};

    *out = (struct sim_response){0};
    if (acts(fault))
        simulator->handle(sim, &in, out);
    else
        sim_set_time(sim, request->now_ms);
    switch (fault->kind) {
    case FAULT_NONE: break;
    case FAULT_DROP_BEFORE:
    case FAULT_DROP_AFTER:
    case FAULT_RESET_MID_BODY: effect.lost = true; break;
    case FAULT_500_BEFORE:
    case FAULT_500_AFTER: replace(out, 500, "text/plain", "Internal Server Error"); break;
    case FAULT_429:
        replace(out, 429, "text/plain", "Too Many Requests");
        if (*text_of(fault->order, "retry_after"))
            json_object_set_new(out->headers, "Retry-After", json_string(text_of(fault->order, "retry_after")));
        break;
    case FAULT_STALL:
        effect.stall_ms = int_of(fault->order, "ms");
        effect.lost = !acts(fault);
        break;
    case FAULT_TRUNCATE: effect.cut_bytes = out->body ? strlen(out->body) / 2 : 0; break;
    case FAULT_GARBAGE:
        replace(out, 200, "text/html", "<!DOCTYPE html><html><body><h1>We will be right back</h1></body></html>");
        break;
    case FAULT_STATUS: replace_as_ordered(fault->order, out); break;
    case FAULT_KILL:
        effect.kills = true;
        effect.kill_pid = (int)int_of(fault->order, "pid");
        effect.lost = true;
        break;
    }
    return effect;
}
