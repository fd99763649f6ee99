#include "report/junit.h"

#include "base/auto.h"
#include "base/file.h"
#include <crosscut/markup.h>
#include <string.h>

enum outcome { CASE_PASSED, CASE_SKIPPED, CASE_FAILURE, CASE_ERROR, CASE_OUTCOMES };

static enum outcome outcome_of(const struct post_report *post)
{
    switch (post->state) {
    case POST_UNKNOWN: return CASE_ERROR;
    case POST_FAILED: return CASE_FAILURE;
    case POST_PUBLISHED:
    case POST_RETRACTED: return CASE_PASSED;
    case POST_PLANNED:
    case POST_RENDERED: return post->error.text[0] ? CASE_FAILURE : CASE_PASSED;
    default: return CASE_SKIPPED;
    }
}

static void add_case(struct str *s, const char *suite, const char *name, enum outcome outcome,
                     const struct error *error, const char *word)
{
    static const char *const elements[] = {NULL, "skipped", "failure", "error"};
    const char *element = elements[outcome], *text = error->text[0] ? error->text : word;

    str_add(s, "<testcase");
    markup_attribute(s, "classname", suite);
    markup_attribute(s, "name", name);
    if (!element) {
        str_add(s, "/>\n");
        return;
    }
    str_printf(s, ">\n<%s", element);
    markup_attribute(s, "message", text);
    if (outcome != CASE_SKIPPED) {
        markup_attribute(s, "type", error->rule[0] ? error->rule : error_kind_name(error->kind));
        str_add(s, ">");
        str_add_markup(s, text);
        str_printf(s, "</%s>\n</testcase>\n", element);
    } else {
        str_add(s, "/>\n</testcase>\n");
    }
}

static void add_post(struct str *s, const struct post_report *post)
{
    const struct post *p = post->post;
    AUTO_STR struct str name = {0};

    str_add(&name, p->destination);
    if (p->parts > 1)
        str_printf(&name, " %d/%d", p->part, p->parts);
    add_case(s, p->master_path, str_text(&name), outcome_of(post), &post->error, post_report_word(post));
}

static void add_counts(struct str *s, const size_t counts[static CASE_OUTCOMES])
{
    str_printf(s, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\">\n",
               counts[CASE_PASSED] + counts[CASE_SKIPPED] + counts[CASE_FAILURE] + counts[CASE_ERROR],
               counts[CASE_FAILURE], counts[CASE_ERROR], counts[CASE_SKIPPED]);
}

void junit_add(struct str *s, const struct report *report)
{
    AUTO_STR struct str cases = {0};
    size_t counts[CASE_OUTCOMES] = {0};

    for (size_t i = 0; i < report->nb_masters; i++) {
        if (!report->masters[i].error.text[0])
            continue;
        counts[CASE_FAILURE]++;
        add_case(&cases, report->masters[i].path, "master", CASE_FAILURE, &report->masters[i].error, "refused");
    }
    for (size_t i = 0; i < report->nb_posts; i++) {
        counts[outcome_of(&report->posts[i])]++;
        add_post(&cases, &report->posts[i]);
    }
    if (report->error.text[0]) {
        counts[CASE_ERROR]++;
        add_case(&cases, report->command, "command", CASE_ERROR, &report->error, "failed");
    }
    str_add(s, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"crosscut\"");
    add_counts(s, counts);
    str_add(s, "<testsuite");
    markup_attribute(s, "name", report->command);
    add_counts(s, counts);
    str_add_bytes(s, str_text(&cases), cases.bytes);
    str_add(s, "</testsuite>\n</testsuites>\n");
}

bool junit_write(const struct report *report, const char *path, struct error *err)
{
    AUTO_STR struct str s = {0};

    junit_add(&s, report);
    return file_replace(path, str_text(&s), s.bytes, 0666, err) ? true : fail_in(err, "--junit");
}
