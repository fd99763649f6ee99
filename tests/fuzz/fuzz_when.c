/* Times, zones' names, and values of settings as people write them. */
#include "fuzz.h"

#include "base/auto.h"
#include "ingest/when.h"
#include <crosscut/setting.h>

static void read_settings(const char *text)
{
    for (int type = SETTING_TEXT; type <= SETTING_CHOICE; type++) {
        const struct setting row = {"name", (enum setting_type)type, "auto crop pad", NULL, ""};
        struct error err = {0};
        json_t *value = setting_parse(&row, text, &err);

        MUST(value || err.text[0]);
        json_decref(value);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_FREE char *text = fuzz_text(data, size);
    const char *rest = text;
    struct civil time;
    int64_t ms, s;

    if (when_media_ms(text, &ms))
        MUST(ms >= 0 && ms <= WHEN_MAX_S * INT64_C(1000));
    if (when_civil(text, &time, &rest)) {
        MUST(civil_valid(&time) && rest >= text && rest <= text + strlen(text));
        MUST(civil_seconds(&time) >= 0);
    }
    if (when_offset(rest, &s))
        MUST(s > -86400 && s < 86400);
    time = (struct civil){2026, 3, 29, 2, 30, 0};
    zone_to_unix(text, &time, &s);
    read_settings(text);
    return 0;
}
