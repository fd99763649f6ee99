#include "render/cache.h"

#include "base/auto.h"
#include "base/file.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#define NOTE_MAX ((size_t)1 << 20)

static bool process_lives(long pid)
{
    return pid > 0 && (!kill((pid_t)pid, 0) || errno == EPERM);
}

static void remove_leftovers(const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;

    while (dir && (entry = readdir(dir))) {
        const char *mark = strstr(entry->d_name, ".part-");
        char path[PATH_MAX];

        if (mark && !process_lives(strtol(mark + 6, NULL, 10)) &&
            snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) < (int)sizeof path)
            unlink(path);
    }
    if (dir)
        closedir(dir);
}

bool cache_open(const char *folder, struct error *err)
{
    if (!folder_make(folder, true, err))
        return fail_in(err, "cache of renditions");
    if (access(folder, W_OK | X_OK) < 0)
        return fail(err, ERROR_INTERNAL, "cache of renditions '%s': %s", folder, strerror(errno));
    remove_leftovers(folder);
    return true;
}

bool cache_find(const char *folder, const char *id, struct arena *arena, struct cached *cached)
{
    const char *note = arena_printf(arena, "%s/%s.json", folder, id);
    AUTO_FREE char *text = NULL;
    json_auto_t *json = NULL;
    struct cached found = {.path = arena_printf(arena, "%s/%s.mp4", folder, id)};
    struct stat st;
    struct error err;

    if (access(note, F_OK) < 0 || !file_read(note, NOTE_MAX, &text, NULL, &err))
        return false;
    json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    found.bytes = json_integer_value(json_object_get(json, "bytes"));
    found.sha256 = arena_strdup(arena, json_string_value(json_object_get(json, "sha256")));
    if (!found.sha256 || stat(found.path, &st) < 0 || st.st_size != found.bytes ||
        !facts_from_json(json_object_get(json, "facts"), &found.facts, &err))
        return false;
    if (json_is_true(json_object_get(json, "cover"))) {
        found.cover = arena_printf(arena, "%s/%s.jpg", folder, id);
        if (access(found.cover, R_OK) < 0)
            return false;
    }
    *cached = found;
    return true;
}

bool cache_note(const char *folder, const char *id, const struct recipe *recipe, const struct facts *facts, const char *sha256,
                bool has_cover, struct error *err)
{
    json_auto_t *json = json_pack("{s:I, s:s, s:b, s:o, s:o}", "bytes", (json_int_t)facts->size_bytes, "sha256", sha256, "cover",
                                  has_cover, "recipe", recipe_to_json(recipe), "facts", facts_to_json(facts));
    AUTO_FREE char *text = json_dumps(json, JSON_INDENT(1));
    char path[PATH_MAX];

    if (!text || snprintf(path, sizeof path, "%s/%s.json", folder, id) >= (int)sizeof path)
        return fail(err, ERROR_INTERNAL, "rendition %s: cannot note what it is", id);
    return file_replace(path, text, strlen(text), 0600, err);
}
