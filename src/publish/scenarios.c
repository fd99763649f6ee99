#include "publish/scenarios.h"

/* tests/scenarios/NAME/00-dry-run.json of each adapter, as bytes of this program. */
#define ADAPTER(name)                                                                                                  \
    extern const char scenario_##name[];                                                                               \
    __asm__(".pushsection .rodata\n.global scenario_" #name "\nscenario_" #name                                         \
            ":\n.incbin \"tests/scenarios/" #name "/00-dry-run.json\"\n.byte 0\n.popsection\n");
#include "adapters/list.h"
#undef ADAPTER

json_t *scenarios_load(void)
{
    json_t *all = json_object();

#define ADAPTER(name) json_object_set_new(all, #name, json_loads(scenario_##name, JSON_REJECT_DUPLICATES, NULL));
#include "adapters/list.h"
#undef ADAPTER
    return all;
}
