/* Header names and values, methods and bodies, through what every request must pass: method, newline, name, newline,
 * value (may hold any byte but NUL). What gets through cannot end a header line. */
#include "fuzz.h"

#include "base/auto.h"
#include "publish/transport.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const hosts[] = {"api.example.com", NULL};
    AUTO_FREE char *text = fuzz_text(data, size);
    json_auto_t *record = json_array();
    struct transport *dry = transport_dry_create(NULL, false, record);
    char *name = strchr(text, '\n'), *value = name ? strchr(name + 1, '\n') : NULL;
    struct error err = {0};

    if (value) {
        *name++ = *value++ = '\0';
        struct transport_call call = {.hosts = hosts, .platform = "p", .post_id = "1",
                                      .request = {.method = text, .url = "https://api.example.com/", .headers = {{name, value}}, .body = value}};

        if (transport_start(dry, &call, &err)) {
            MUST(!strpbrk(name, "\r\n: ") && *name && !strpbrk(value, "\r\n\x01\x1B\x7F") && !strpbrk(text, " \r\n"));
            MUST(json_array_size(record) == 1);
        } else {
            MUST(err.text[0] && json_array_size(record) == 0);
        }
    }
    transport_destroy(dry);
    return 0;
}
