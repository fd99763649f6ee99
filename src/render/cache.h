/* The cache of renditions: FOLDER/ID.mp4, beside it ID.jpg (cover) and ID.json (what it is). Content-addressed: a name
 * that is there is finished and checked. Files under way are called ID.EXT.part-PID. */
#ifndef RENDER_CACHE_H
#define RENDER_CACHE_H

#include <crosscut/arena.h>
#include <crosscut/error.h>
#include <crosscut/facts.h>
#include <crosscut/recipe.h>
#include <jansson.h>
#include <stdbool.h>

struct cached {
    const char *path, *cover;      /* cover NULL: none. In the arena given to cache_find */
    const char *sha256;
    int64_t bytes;
    struct facts facts;
};

/* Makes the folder (private to the user) and removes what dead processes left under way. */
bool cache_open(const char *folder, struct error *err);
/* True when the rendition is there, whole: its size is what was noted. */
bool cache_find(const char *folder, const char *id, struct arena *arena, struct cached *cached);
/* Writes ID.json; the media files must be there. Durable when it returns. */
bool cache_note(const char *folder, const char *id, const struct recipe *recipe, const struct facts *facts, const char *sha256,
                bool has_cover, struct error *err);

#endif
