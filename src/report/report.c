#include "report/report.h"

#include <string.h>
#include <strings.h>

int error_exit(enum error_kind kind)
{
    switch (kind) {
    case ERROR_INTERNAL: return EXIT_INTERNAL;
    case ERROR_USAGE:
    case ERROR_CONFIG: return EXIT_USAGE;
    case ERROR_REFUSED: return EXIT_REFUSED;
    case ERROR_CREDENTIALS: return EXIT_CREDENTIALS;
    case ERROR_TRANSIENT: return EXIT_TRY_AGAIN;
    case ERROR_PERMANENT: return EXIT_FAILED;
    case ERROR_UNKNOWN: return EXIT_LOOK;
    case ERROR_INTERRUPTED: return EXIT_INTERRUPTED;
    }
    return EXIT_INTERNAL;
}

/* TikTok's inbox: the video is with its owner, who finishes it there. Nothing is left for us to do. */
static bool is_draft(const struct post_report *post)
{
    return post->state == POST_HELD && post->surface && !strcasecmp(post->surface, "inbox draft");
}

bool post_report_done(const struct post_report *post)
{
    switch (post->state) {
    case POST_PUBLISHED:
    case POST_RETRACTED:
    case POST_SCHEDULED: return true;
    case POST_PLANNED:
    case POST_RENDERED: return !post->error.text[0];
    default: return is_draft(post);
    }
}

const char *post_report_word(const struct post_report *post)
{
    bool refused = post->error.text[0] && post->error.kind == ERROR_REFUSED;

    if (is_draft(post))
        return "draft";
    if (refused && (post->state == POST_FAILED || post->state == POST_PLANNED))
        return "refused";
    return post_state_name(post->state);
}

/* Exit status if this post were the only one. */
static int post_exit(const struct post_report *post)
{
    bool said = post->error.text[0] != '\0';

    if (post_report_done(post))
        return EXIT_DONE;
    switch (post->state) {
    case POST_UNKNOWN: return EXIT_LOOK;
    case POST_HELD: return said && post->error.kind != ERROR_INTERNAL ? error_exit(post->error.kind) : EXIT_CREDENTIALS;
    case POST_DEFERRED:
    case POST_UPLOADING:
    case POST_PROCESSING: return EXIT_TRY_AGAIN;
    default: return said ? error_exit(post->error.kind) : EXIT_FAILED;
    }
}

/* What happened, as a set: bit N is exit status N; interrupted counts as "try again". */
#define BIT(status) (1u << ((status) == EXIT_INTERRUPTED ? EXIT_TRY_AGAIN : (status)))

/* Planned is all that `plan` wants; a run that was interrupted wanted more. */
static bool cut_short(const struct report *report, const struct post_report *post)
{
    return report->interrupted && (post->state == POST_PLANNED || post->state == POST_RENDERED);
}

static unsigned outcomes(const struct report *report)
{
    unsigned set = 0;

    for (size_t i = 0; i < report->nb_posts; i++)
        set |= cut_short(report, &report->posts[i]) ? BIT(EXIT_INTERRUPTED) : BIT(post_exit(&report->posts[i]));
    for (size_t i = 0; i < report->nb_masters; i++)
        if (report->masters[i].error.text[0])
            set |= BIT(error_exit(report->masters[i].error.kind));
    return set;
}

int report_exit(const struct report *report)
{
    static const int order[] = {EXIT_INTERNAL, EXIT_TRY_AGAIN, EXIT_CREDENTIALS, EXIT_USAGE, EXIT_FAILED, EXIT_REFUSED};
    unsigned set = outcomes(report), undone = set & ~BIT(EXIT_DONE);

    if (report->error.text[0])
        return error_exit(report->error.kind);
    if (report->shows_only)
        return EXIT_DONE;
    if (set & BIT(EXIT_LOOK))
        return EXIT_LOOK;
    if (report->interrupted && undone)
        return EXIT_INTERRUPTED;
    if (!undone)
        return EXIT_DONE;
    if (set & BIT(EXIT_DONE))
        return EXIT_PARTLY;
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        if (undone & BIT(order[i]))
            return order[i];
    return EXIT_INTERNAL;
}

/* ---- texts ---- */

static const char *const nothing[] = {NULL};

size_t post_report_texts(const struct post_report *post, struct arena *arena, const struct fitted_text **texts)
{
    const struct spec *spec = post->post->adapter ? post->post->adapter->spec : NULL;
    struct fitted_text *counted;
    size_t nb = 0;

    if (post->texts) {
        *texts = post->texts;
        return post->nb_texts;
    }
    counted = arena_alloc(arena, ((spec ? spec->nb_texts : 0) + 1) * sizeof *counted);
    for (size_t i = 0; spec && i < spec->nb_texts; i++) {
        const struct text_rule *rule = &spec->texts[i];
        const char *text = post_text(post->post, rule->field);

        counted[nb++] = (struct fitted_text){
            .field = rule->field, .text = text, .count = text_count(text, rule->unit), .limit = rule->limit,
            .unit = rule->unit, .dropped_hashtags = (const char **)nothing,
        };
    }
    *texts = counted;
    return nb;
}
