#include <crosscut/arena.h>

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES ((size_t)64 << 10)

struct block {
    struct block *next;
    size_t used, capacity;
    alignas(max_align_t) unsigned char data[];
};

struct arena {
    struct block *blocks;    /* newest first */
};

static void *must(void *p)
{
    if (!p) {
        fputs("crosscut: out of memory; run the same command again, nothing is lost\n", stderr);
        exit(1);
    }
    return p;
}

struct arena *arena_create(void)
{
    return must(calloc(1, sizeof(struct arena)));
}

void arena_reset(struct arena *arena)
{
    while (arena->blocks) {
        struct block *b = arena->blocks;

        arena->blocks = b->next;
        free(b);
    }
}

void arena_destroy(struct arena *arena)
{
    if (!arena)
        return;
    arena_reset(arena);
    free(arena);
}

void *arena_alloc(struct arena *arena, size_t bytes)
{
    size_t rounded = (bytes + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
    struct block *b = arena->blocks;
    void *p;

    if (rounded < bytes)
        must(NULL);
    if (!b || b->capacity - b->used < rounded) {
        size_t capacity = rounded > BLOCK_BYTES ? rounded : BLOCK_BYTES;

        b = must(malloc(sizeof *b + capacity));
        *b = (struct block){.next = arena->blocks, .capacity = capacity};
        arena->blocks = b;
    }
    p = b->data + b->used;
    b->used += rounded;
    return memset(p, 0, bytes);
}

char *arena_strndup(struct arena *arena, const char *text, size_t bytes)
{
    char *p;

    if (!text)
        return NULL;
    bytes = strnlen(text, bytes);
    p = arena_alloc(arena, bytes + 1);
    memcpy(p, text, bytes);
    return p;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return arena_strndup(arena, text, SIZE_MAX - 1);
}

char *arena_vprintf(struct arena *arena, const char *fmt, va_list args)
{
    va_list again;
    int n;
    char *p;

    va_copy(again, args);
    n = vsnprintf(NULL, 0, fmt, args);
    if (n < 0)
        must(NULL);
    p = arena_alloc(arena, (size_t)n + 1);
    vsnprintf(p, (size_t)n + 1, fmt, again);
    va_end(again);
    return p;
}

char *arena_printf(struct arena *arena, const char *fmt, ...)
{
    va_list args;
    char *p;

    va_start(args, fmt);
    p = arena_vprintf(arena, fmt, args);
    va_end(args);
    return p;
}

char *arena_escape_url(struct arena *arena, const char *text)
{
    static const char hex[] = "0123456789ABCDEF";
    const char *from = text ? text : "";
    char *out = arena_alloc(arena, strlen(from) * 3 + 1), *o = out;

    for (const unsigned char *c = (const unsigned char *)from; *c; c++) {
        if ((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || strchr("-._~", *c)) {
            *o++ = (char)*c;
        } else {
            *o++ = '%';
            *o++ = hex[*c >> 4];
            *o++ = hex[*c & 15];
        }
    }
    return out;
}
