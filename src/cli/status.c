#include "cli/status.h"

#include <string.h>

static bool append(struct journal_list *list, struct journal_list *more, struct arena *arena)
{
    struct journal_row *rows = arena_alloc(arena, (list->nb_rows + more->nb_rows + 1) * sizeof *rows);
    size_t nb = list->nb_rows;

    if (nb)
        memcpy(rows, list->rows, nb * sizeof *rows);
    for (size_t i = 0; i < more->nb_rows; i++) {
        bool known = false;

        for (size_t j = 0; j < nb; j++)
            known |= !strcmp(rows[j].post.id, more->rows[i].post.id);
        if (!known)
            rows[nb++] = more->rows[i];
    }
    list->rows = rows;
    list->nb_rows = nb;
    return true;
}

bool status_find(struct app *app, unsigned states, struct journal_list *list, struct error *err)
{
    const struct options *options = app->options;

    if (!options->nb_args)
        return journal_find(app->journal, &(struct journal_filter){.states = states}, list, err);
    *list = (struct journal_list){.arena = arena_create(), .keep = json_array()};
    for (size_t i = 0; i < options->nb_args; i++) {
        struct journal_list found;

        if (!journal_find(app->journal, &(struct journal_filter){.word = options->args[i]}, &found, err))
            return false;
        if (!found.nb_rows)
            return fail(err, ERROR_USAGE, "'%s' is no post, destination, platform or master of the journal. `crosscut status` lists all",
                        options->args[i]);
        append(list, &found, app->arena);
        json_array_append_new(list->keep, found.keep);
        app_keep(app, found.arena);
    }
    for (size_t i = 0; states && i < list->nb_rows;)
        if (STATES(list->rows[i].state) & states)
            i++;
        else
            list->rows[i] = list->rows[--list->nb_rows];
    return true;
}

static const char *const *texts_of(const json_t *array, struct arena *arena)
{
    const char **texts = arena_alloc(arena, (json_array_size(array) + 1) * sizeof *texts);
    size_t i, nb = 0;
    json_t *text;

    json_array_foreach((json_t *)array, i, text)
        if (json_string_value(text))
            texts[nb++] = arena_strdup(arena, json_string_value(text));
    return texts;
}

/* For every unfinished post: what it waits for and what to do. What went wrong is its error. */
static const char *advice(const struct journal_row *row, struct arena *arena)
{
    const char *id = row->post.id;

    switch (row->state) {
    case POST_PLANNED:
    case POST_RENDERED: return "nothing of it was sent yet; `crosscut resume` goes on";
    case POST_SCHEDULED: return "waits for its time; `crosscut resume` after that publishes it";
    case POST_UPLOADING:
    case POST_PROCESSING: return "another crosscut is at it, or it was stopped on the way; `crosscut resume` goes on where the platform has it";
    case POST_HELD: return "waits for you; after that `crosscut resume` goes on";
    case POST_DEFERRED: return "`crosscut resume` tries again";
    case POST_UNKNOWN:
        return arena_printf(arena, "look at the account, then `crosscut resolve %s --live URL` or `crosscut resolve %s --not-live`; "
                            "`crosscut resume` looks once more by itself", id, id);
    case POST_PUBLISHED:
    case POST_FAILED:
    case POST_RETRACTED:
    case POST_STATES: break;
    }
    return NULL;
}

static const char *const *advice_list(const struct journal_row *row, struct arena *arena)
{
    const char **list = arena_alloc(arena, 2 * sizeof *list);

    list[0] = advice(row, arena);
    return list;
}

struct post_report status_report(struct app *app, const struct journal_row *row)
{
    return (struct post_report){
        .post = &row->post, .state = row->state, .remote_id = row->remote_id, .permalink = row->permalink,
        .surface = row->surface, .visibility = row->visibility, .warnings = texts_of(row->warnings, app->arena), .reasons = advice_list(row, app->arena),
        .due_ms = row->next_at_ms ? row->next_at_ms : row->state == POST_SCHEDULED ? row->post.schedule_ms : 0,
        .error = row->error,
    };
}

void status_fill(struct app *app, const struct journal_list *list, struct report *report)
{
    struct post_report *posts = arena_alloc(app->arena, (list->nb_rows + 1) * sizeof *posts);

    for (size_t i = 0; i < list->nb_rows; i++)
        posts[i] = status_report(app, &list->rows[i]);
    report->posts = posts;
    report->nb_posts = list->nb_rows;
}
