#include "ingest/when.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

bool when_media_ms(const char *text, int64_t *ms)
{
    int64_t parts[3] = {0}, thousandths = 0, unit = 100;
    int nb = 0;

    for (;;) {
        if (!isdigit((unsigned char)*text) || nb == 3)
            return false;
        while (isdigit((unsigned char)*text) && parts[nb] < 1000000)
            parts[nb] = parts[nb] * 10 + (*text++ - '0');
        nb++;
        if (*text != ':')
            break;
        text++;
    }
    if (*text == '.' || *text == ',')
        for (text++; isdigit((unsigned char)*text) && unit; unit /= 10)
            thousandths += unit * (*text++ - '0');
    if (*text || (nb > 1 && parts[nb - 1] > 59) || (nb > 2 && parts[1] > 59))
        return false;
    *ms = 0;
    for (int i = 0; i < nb; i++)
        *ms = *ms * 60 + parts[i];
    *ms = *ms * 1000 + thousandths;
    return *ms <= (int64_t)WHEN_MAX_S * 1000;
}

bool when_civil(const char *text, struct civil *t, const char **rest)
{
    int n = 0;
    char separator = 0;

    *t = (struct civil){0};
    if (strspn(text, "0123456789") != 4 ||
        sscanf(text, "%4d-%2d-%2d%c%2d:%2d%n", &t->year, &t->month, &t->day, &separator, &t->hour, &t->minute,
               &n) != 6 ||
        n != 16 || !strchr("Tt ", separator))
        return false;
    *rest = text + n;
    if (**rest == ':') {
        if (!isdigit((unsigned char)(*rest)[1]) || !isdigit((unsigned char)(*rest)[2]))
            return false;
        t->second = ((*rest)[1] - '0') * 10 + ((*rest)[2] - '0');
        *rest += 3;
    }
    return civil_valid(t);
}

bool when_offset(const char *text, int64_t *offset_s)
{
    int hours, minutes, n = 0;
    char sign;

    if (*text == '.')
        text += 1 + strspn(text + 1, "0123456789");
    *offset_s = 0;
    if ((*text == 'Z' || *text == 'z') && !text[1])
        return true;
    if (sscanf(text, "%c%2d:%2d%n", &sign, &hours, &minutes, &n) != 3 || n != 6 || text[6] || !strchr("+-", sign) ||
        hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
        return false;
    *offset_s = (sign == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
    return true;
}
