/* Captions: a template, a newline, and what the author says. Composed, cut, and fitted for every platform. */
#include "fuzz.h"

#include "../unit/plan_case.h"
#include "base/auto.h"
#include "base/text.h"
#include "plan/template.h"
#include "plan/text.h"
#include "plan/text_cut.h"

static void compose(const char *template, const char *said, struct arena *arena)
{
    const char *values[PLACES] = {[PLACE_TITLE] = said, [PLACE_CAPTION] = said, [PLACE_HASHTAGS] = "#a #b", [PLACE_LINK] = "",
                                  [PLACE_NAME] = "clip"};
    struct template parsed;
    struct error err = {0};

    if (!template_parse(template, arena, &parsed, &err)) {
        MUST(err.text[0]);
        return;
    }
    template_compose(&parsed, values, arena);
    MUST(template_max_hashtags(&parsed) >= -1);
}

static void cut(const char *said, struct arena *arena)
{
    for (int unit = TEXT_UTF16; unit <= TEXT_CODE_POINTS; unit++)
        for (int64_t room = 0; room < 40; room += 13) {
            size_t bytes = text_cut(said, room, (enum text_unit)unit);
            const char *kept = arena_printf(arena, "%.*s" ELLIPSIS, (int)bytes, said);

            MUST(bytes <= strlen(said));
            MUST(!bytes || (utf8_valid(kept) && text_count(kept, (enum text_unit)unit) <= room));
        }
}

static void fit(const struct adapter *adapter, const char *template, const char *said, struct arena *arena)
{
    json_auto_t *settings = json_object();
    const char *const tags[] = {"one", "\xC3\xA4hre", NULL};
    struct destination destination = {.name = "mine", .adapter = adapter, .settings = settings};
    struct master master = case_master(case_facts(1080, 1920));
    struct notes warnings = {.arena = arena};
    struct post_texts texts;
    struct error err = {0};

    for (size_t i = 0; i < adapter->spec->nb_texts; i++)
        json_object_set_new(settings, adapter->spec->texts[i].field, json_string(template));
    master.sidecar.title = master.sidecar.caption = said;
    master.sidecar.hashtags = tags;
    if (!texts_fit(&(struct text_source){&master, &destination, 1, 1}, arena, &texts, &warnings, &err)) {
        MUST(err.text[0]);
        return;
    }
    for (size_t i = 0; i < texts.nb_texts; i++) {
        const struct text_rule *rule = &adapter->spec->texts[i];

        MUST(utf8_valid(texts.texts[i].text));
        MUST(!rule->limit || text_count(texts.texts[i].text, rule->unit) <= rule->limit);
        MUST(!rule->forbidden || !strpbrk(texts.texts[i].text, rule->forbidden));
        MUST(!rule->one_line || !strpbrk(texts.texts[i].text, "\r\n"));
        MUST(!rule->required || texts.texts[i].text[0]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_FREE char *text = fuzz_text(data, size);
    AUTO_ARENA struct arena *arena = arena_create();
    char *said = strchr(text, '\n');

    if (!said || size > 20000)
        return 0;
    *said++ = '\0';
    compose(text, said, arena);
    utf8_printable(arena, said);
    if (utf8_valid(said)) {
        cut(said, arena);
        hashtag_count(said);
    }
    for (const struct adapter *const *a = adapters; *a; a++)
        fit(*a, text, said, arena);
    return 0;
}
