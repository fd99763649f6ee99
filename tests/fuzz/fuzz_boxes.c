/* The structure of a media file: the one parser of containers that is ours. */
#include "fuzz.h"

#include "base/auto.h"
#include "media/boxes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct boxes boxes;
    char path[32];
    AUTO_CLOSE int fd = fuzz_file(data, size, path);

    boxes_read(fd, (int64_t)size, &boxes);
    MUST(memchr(boxes.container, '\0', sizeof boxes.container));
    MUST(boxes.declared_bytes >= 0);
    boxes_read(fd, (int64_t)size * 2, &boxes);    /* the file became shorter */
    return 0;
}
