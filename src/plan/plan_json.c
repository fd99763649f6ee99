/* A plan as JSON, in the shape of the document that every command prints. */
#include <crosscut/plan.h>

#include "base/auto.h"
#include "base/text.h"

/* A path may hold any bytes, and with it every sentence that names it; JSON holds UTF-8. */
static json_t *string_of(const char *text)
{
    AUTO_STR struct str clean = {0};
    size_t n;

    if (!text)
        return json_null();
    for (int32_t code = utf8_code_point(text, &n); n; text += n, code = utf8_code_point(text, &n)) {
        if (code == 0xFFFD)
            str_add(&clean, "\xEF\xBF\xBD");
        else
            str_add_bytes(&clean, text, n);
    }
    return json_string(str_text(&clean));
}

static json_t *list_of(const char *const *lines)
{
    json_t *list = json_array();

    for (; lines && *lines; lines++)
        json_array_append_new(list, string_of(*lines));
    return list;
}

/* Who takes it, and how it will come about; "cached" is known only when it is looked for. */
static json_t *rendition_json(const struct plan_input *input, const struct plan *plan, size_t at)
{
    const struct plan_rendition *r = &plan->renditions[at];
    const char *made = r->recipe.work == WORK_AUDIO ? "encoded" : recipe_work_name(r->recipe.work);
    json_t *names = json_array();

    for (size_t i = 0; i < plan->nb_posts; i++)
        if (!plan->posts[i].error.text[0] && plan->posts[i].rendition == at)
            json_array_append_new(names, json_string(plan->posts[i].post.destination));
    return json_pack("{s:s, s:o, s:n, s:o, s:o, s:s, s:I, s:o, s:o}", "id", r->id, "master",
                     string_of(input->masters[r->master].path), "path", "recipe", recipe_to_json(&r->recipe), "for",
                     names, "made", made, "cover_ms", (json_int_t)r->cover_ms, "cover", string_of(r->cover_path),
                     "reasons", list_of(r->reasons));
}

/* The field that carries the caption: the roomiest. */
static const struct fitted_text *main_text(const struct plan_post *post)
{
    const struct fitted_text *best = post->texts;

    for (size_t i = 1; i < post->nb_texts; i++)
        if (best->limit && (!post->texts[i].limit || post->texts[i].limit > best->limit))
            best = &post->texts[i];
    return best;
}

static json_t *fitting_json(const struct fitted_text *text)
{
    return json_pack("{s:I, s:i, s:s, s:s?, s:o}", "count", (json_int_t)text->count, "limit", text->limit, "unit",
                     text_unit_name(text->unit), "cut", text->cut, "dropped_hashtags", list_of(text->dropped_hashtags));
}

/* The fields with the count of the main one, and how each was fitted. */
static json_t *text_json(const struct plan_post *post)
{
    json_t *text = json_object(), *fields = json_object();

    for (size_t i = 0; i < post->nb_texts; i++) {
        json_object_set_new(text, post->texts[i].field, json_string(post->texts[i].text));
        json_object_set_new(fields, post->texts[i].field, fitting_json(&post->texts[i]));
    }
    if (post->nb_texts) {
        json_t *main = fitting_json(main_text(post));

        json_object_update(text, main);
        json_decref(main);
    }
    json_object_set_new(text, "fields", fields);
    return text;
}

static json_t *error_json(const struct error *error)
{
    if (!error->text[0])
        return json_null();
    return json_pack("{s:s, s:s, s:o, s:o}", "kind", error_kind_name(error->kind), "rule", error->rule, "text",
                     string_of(error->text), "retry_at",
                     error->retry_at_ms ? json_integer(error->retry_at_ms) : json_null());
}

static enum post_state state_of(const struct plan_input *input, const struct plan_post *planned)
{
    if (planned->error.text[0])
        return planned->error.kind == ERROR_CREDENTIALS ? POST_HELD : POST_FAILED;
    return planned->post.schedule_ms > input->now_ms ? POST_SCHEDULED : POST_PLANNED;
}

static json_t *post_json(const struct plan_input *input, const struct plan_post *planned)
{
    const struct post *post = &planned->post;

    return json_pack("{s:s, s:o, s:s, s:s, s:i, s:i, s:s, s:s?, s:o, s:n, s:n, s:s, s:o, s:o, s:o}", "id", post->id,
                     "master", string_of(post->master_path), "destination", post->destination, "platform",
                     post->platform, "part", post->part, "parts", post->parts, "state",
                     post_state_name(state_of(input, planned)), "rendition", post->rendition_id, "text",
                     text_json(planned), "remote_id", "permalink", "surface", planned->surface, "reasons",
                     list_of(planned->reasons), "warnings", list_of(planned->warnings), "error",
                     error_json(&planned->error));
}

json_t *plan_to_json(const struct plan_input *input, const struct plan *plan)
{
    json_t *renditions = json_array(), *posts = json_array();

    for (size_t i = 0; i < plan->nb_renditions; i++)
        json_array_append_new(renditions, rendition_json(input, plan, i));
    for (size_t i = 0; i < plan->nb_posts; i++)
        json_array_append_new(posts, post_json(input, &plan->posts[i]));
    return json_pack("{s:o, s:o}", "renditions", renditions, "posts", posts);
}
