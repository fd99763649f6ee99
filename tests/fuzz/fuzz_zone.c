/* A file of the zone database: the first two bytes choose the moment that is asked for, the rest is the file.
 * The parser is inside of zone.c, so that file is taken whole. */
#include "ingest/zone.c"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct zone zone = {0};
    AUTO_FREE char *text = NULL;

    if (size < 2)
        return 0;
    text = fuzz_text(data + 2, size - 2);
    if (read_zone(text, size - 2, &zone)) {
        struct civil time = {1970 + data[0] % 200, 1 + data[1] % 12, 29 % (1 + data[1] % 28) + 1, 2, 30, 0};

        offset_at(&zone, civil_seconds(&time));
    }
    return 0;
}
