/* What the journal gives back after a crash or a bad disk: a post's document and an adapter's state, as two lines of
 * JSON. Whatever they hold, the adapter's next step is one that the engine can act on. */
#include "fuzz.h"

#include "base/auto.h"
#include <crosscut/adapter.h>
#include <crosscut/facts.h>
#include <crosscut/recipe.h>

static void step_with(const struct post *post, const json_t *state, int status)
{
    AUTO_ARENA struct arena *arena = arena_create();
    struct http_response last = {.status = status, .body = ""};
    struct step_in in = {.post = post, .state = state, .last = status < 0 ? NULL : &last, .now_ms = 1795532400000, .arena = arena};
    struct step s = post->adapter->step(&in);

    MUST(s.state);
    MUST(s.kind != STEP_REQUEST || (s.request.method && s.request.url));
    MUST(s.kind == STEP_REQUEST || s.kind == STEP_WAIT || s.kind == STEP_DONE || s.error.text[0]);
    json_decref(s.state);
}

static void check_documents(const json_t *json)
{
    struct facts facts;
    struct recipe recipe;

    if (facts_from_json(json, &facts, NULL)) {
        json_auto_t *again = facts_to_json(&facts);
        struct facts same;

        MUST(facts_from_json(again, &same, NULL));
    }
    if (recipe_from_json(json, &recipe, NULL)) {
        json_auto_t *again = recipe_to_json(&recipe);
        struct recipe same;

        MUST(recipe_from_json(again, &same, NULL));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_FREE char *text = fuzz_text(data, size);
    char *second = memchr(text, '\n', size);
    size_t first_bytes = second ? (size_t)(second - text) : size;
    json_auto_t *document = json_loadb(text, first_bytes, 0, NULL);
    json_auto_t *state = second ? json_loadb(second, size - first_bytes, 0, NULL) : NULL;
    struct error err = {0};
    struct post post;

    check_documents(document);
    if (!post_from_json(document, &post, &err)) {
        MUST(err.text[0]);
        return 0;
    }
    json_auto_t *again = post_to_json(&post);

    MUST(again);
    post.adapter = adapter_find(post.platform);
    if (!post.adapter || !json_is_object(state))
        return 0;
    step_with(&post, state, -1);
    step_with(&post, state, 0);
    step_with(&post, state, 200);
    step_with(&post, state, 404);
    return 0;
}
