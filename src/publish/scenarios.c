#include "publish/scenarios.h"

/* tests/scenarios/NAME/00-dry-run.json of each adapter, as bytes of this program. */
#define ADAPTER(name)                                                                                                  \
    extern const char scenario_##name[];                                                                               \
    __asm__(".pushsection .rodata\n.global scenario_" #name "\nscenario_" #name                                         \
            ":\n.incbin \"tests/scenarios/" #name "/00-dry-run.json\"\n.byte 0\n.popsection\n");
#include "adapters/list.h"
#undef ADAPTER

/* A file is the list of exchanges, or an object that has it under "script" beside its source. */
static json_t *script(const char *text)
{
    json_auto_t *file = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

    return json_incref(json_is_array(file) ? file : json_object_get(file, "script"));
}

json_t *scenarios_load(void)
{
    json_t *all = json_object();

#define ADAPTER(name) json_object_set_new(all, #name, script(scenario_##name));
#include "adapters/list.h"
#undef ADAPTER
    return all;
}
