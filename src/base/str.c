#include <crosscut/str.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool reserve(struct str *s, size_t more)
{
    size_t need = s->bytes + more + 1, capacity = s->capacity ? s->capacity : 256;
    char *grown;

    if (more > STR_MAX || need > STR_MAX) {
        s->overflow = true;
        return false;
    }
    if (need <= s->capacity)
        return true;
    while (capacity < need)
        capacity *= 2;
    grown = realloc(s->data, capacity);
    if (!grown) {
        fputs("crosscut: out of memory; run the same command again, nothing is lost\n", stderr);
        exit(1);
    }
    s->data = grown;
    s->capacity = capacity;
    return true;
}

void str_finish(struct str *s)
{
    free(s->data);
    *s = (struct str){0};
}

const char *str_text(const struct str *s)
{
    return s->data ? s->data : "";
}

void str_add_bytes(struct str *s, const void *bytes, size_t nb_bytes)
{
    if (!reserve(s, nb_bytes))
        return;
    if (nb_bytes)
        memcpy(s->data + s->bytes, bytes, nb_bytes);
    s->bytes += nb_bytes;
    s->data[s->bytes] = '\0';
}

void str_add(struct str *s, const char *text)
{
    if (text)
        str_add_bytes(s, text, strlen(text));
}

void str_printf(struct str *s, const char *fmt, ...)
{
    va_list args;
    int n;

    va_start(args, fmt);
    n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (n < 0 || !reserve(s, (size_t)n))
        return;
    va_start(args, fmt);
    vsnprintf(s->data + s->bytes, (size_t)n + 1, fmt, args);
    va_end(args);
    s->bytes += (size_t)n;
}

char *str_take(struct str *s)
{
    char *text;

    str_add(s, "");
    text = s->data;
    *s = (struct str){0};
    return text;
}
