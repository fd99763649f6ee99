/* Facts that a media worker reports, through the planner and the check of every platform. */
#include "fuzz.h"

#include "../unit/plan_case.h"
#include "base/auto.h"

static json_t *defaults_of(const struct adapter *adapter)
{
    json_t *settings = json_object();

    for (const struct setting *s = adapter->settings; s && s->name; s++)
        if (s->value)
            json_object_set_new(settings, s->name, setting_parse(s, s->value, NULL));
    return settings;
}

static void plan_all(const struct facts *facts)
{
    struct destination to[8] = {0};
    struct master master = case_master(*facts);
    struct plan_input input = case_input(&master, to, 0);
    struct plan plan;
    struct error err = {0};

    for (; adapters[input.nb_destinations] && input.nb_destinations < 8; input.nb_destinations++) {
        const struct adapter *a = adapters[input.nb_destinations];

        to[input.nb_destinations] = (struct destination){.name = a->name, .adapter = a, .settings = defaults_of(a)};
    }
    if (plan_make(&input, &plan, &err)) {
        json_decref(plan_to_json(&input, &plan));
        for (size_t i = 0; i < plan.nb_renditions; i++) {
            const struct recipe *r = &plan.renditions[i].recipe;

            MUST(r->out_ms > r->in_ms && r->in_ms >= 0);
            MUST(r->work != WORK_ENCODE || (r->width_px > 0 && r->height_px > 0 && r->fps_num > 0 && r->fps_den > 0));
        }
        plan_finish(&plan);
    } else {
        MUST(err.text[0]);
    }
    for (size_t i = 0; i < input.nb_destinations; i++)
        json_decref((json_t *)(uintptr_t)to[i].settings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA struct arena *arena = arena_create();
    json_auto_t *json = json_loadb((const char *)data, size, 0, NULL);
    const struct check_row *rows;
    struct facts facts;

    if (!facts_from_json(json, &facts, NULL))
        return 0;
    for (const struct adapter *const *a = adapters; *a; a++)
        spec_check((*a)->spec, NULL, &facts, arena, &rows);
    plan_all(&facts);
    return 0;
}
