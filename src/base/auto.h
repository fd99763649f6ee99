/* Release at the end of the scope: AUTO(fclose_ptr) FILE *f = ...; TAKE(p) hands ownership on. */
#ifndef BASE_AUTO_H
#define BASE_AUTO_H

#include <crosscut/arena.h>
#include <crosscut/str.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define AUTO(release) __attribute__((cleanup(release)))
#define TAKE(p)                                                                                                        \
    __extension__({                                                                                                    \
        __typeof__(p) take_ = (p);                                                                                     \
        (p) = NULL;                                                                                                    \
        take_;                                                                                                         \
    })

static inline void auto_free(void *p)
{
    free(*(void **)p);
}
static inline void auto_fclose(FILE **f)
{
    if (*f)
        fclose(*f);
}
static inline void auto_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}
static inline void auto_arena(struct arena **arena)
{
    arena_destroy(*arena);
}

#define AUTO_FREE AUTO(auto_free)
#define AUTO_CLOSE AUTO(auto_close)
#define AUTO_STR AUTO(str_finish)
#define AUTO_ARENA AUTO(auto_arena)

#endif
