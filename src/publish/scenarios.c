#include "publish/scenarios.h"

/* {"tiktok": [SCENARIO, ...], ...} as made by the Makefile of tests/scenarios/NAME/0[0-4]-*.json; bytes of this program. */
extern const char scenarios_text[];
__asm__(".pushsection .rodata\n.global scenarios_text\nscenarios_text:\n.incbin \"" SCENARIOS "\"\n.byte 0\n.popsection\n");

json_t *scenarios_load(void)
{
    return json_loads(scenarios_text, JSON_REJECT_DUPLICATES, NULL);
}
