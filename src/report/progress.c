#include "report/progress.h"

#include "base/auto.h"
#include <string.h>

#define BARS_MAX 64         /* posts and renditions under way at once */
#define BARS_SHOWN 8        /* the rest is a line with their number */
#define REDRAW_MS 100
#define SAY_MS 1000          /* between two plain lines of one bar */
#define WINDOW_MS 2000      /* the rate is measured over one to two of these */
#define LABEL_COLUMNS 28

struct bar {
    char *label;            /* NULL: free */
    enum progress_unit unit;
    int64_t done, total;
    int64_t at_ms;          /* when `done` was told */
    int64_t marks_ms[2], marks_done[2];    /* older, newer: what the rate is measured from */
    int tenths;             /* plain lines: tenths that were told */
    int64_t said_ms;        /* ... and when */
};

struct progress {
    FILE *out;
    struct terminal terminal;
    struct bar bars[BARS_MAX];
    int drawn;              /* lines of bars on the screen, the cursor is below the last */
    int64_t drawn_ms;
    bool drawn_once;
};

struct progress *progress_create(FILE *out, const struct terminal *terminal, bool off)
{
    struct progress *p = off ? NULL : calloc(1, sizeof *p);

    if (!p)
        return NULL;
    p->out = out;
    p->terminal = *terminal;
    return p;
}

/* ---- figures ---- */

static void add_clock(struct str *s, int64_t ms)
{
    int64_t seconds = (ms + 999) / 1000;

    if (seconds >= 3600)
        str_printf(s, "%d:%02d:%02d", (int)(seconds / 3600), (int)(seconds / 60 % 60), (int)(seconds % 60));
    else
        str_printf(s, "%d:%02d", (int)(seconds / 60), (int)(seconds % 60));
}

static void add_bytes(struct str *s, double bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    size_t unit = 0;

    while (bytes >= 1000 && unit < 4) {
        bytes /= 1000;
        unit++;
    }
    str_printf(s, unit ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
}

static int percent(const struct bar *bar)
{
    if (bar->total <= 0)
        return 0;
    return bar->done >= bar->total ? 100 : (int)((double)bar->done / (double)bar->total * 100);
}

/* Units per ms; 0: not known yet. */
static double rate(const struct bar *bar)
{
    int64_t ms = bar->at_ms - bar->marks_ms[0];

    return ms > 0 ? (double)(bar->done - bar->marks_done[0]) / (double)ms : 0;
}

/* "3.1x" or "5.1 MB/s", and the time that is left. */
static void add_figures(struct str *s, const struct bar *bar)
{
    double speed = rate(bar);

    if (bar->unit == PROGRESS_BYTES) {
        add_bytes(s, (double)bar->done);
        if (bar->total > 0) {
            str_add(s, " of ");
            add_bytes(s, (double)bar->total);
        }
    }
    if (speed <= 0)
        return;
    if (bar->unit == PROGRESS_BYTES) {
        str_add(s, "  ");
        add_bytes(s, speed * 1000);
        str_add(s, "/s");
    } else {
        str_printf(s, "%.1fx", speed);
    }
    if (bar->total > bar->done) {
        double left_ms = (double)(bar->total - bar->done) / speed;

        str_add(s, "  ETA ");
        if (left_ms < 360000000)    /* 100 h */
            add_clock(s, (int64_t)left_ms);
        else
            str_add(s, "long");
    }
}

/* ---- the screen ---- */

static void add_meter(struct str *s, const struct terminal *t, int cells, int percent_done)
{
    int full = cells * percent_done / 100;

    str_add(s, terminal_tint(t, TINT_GOOD));
    for (int i = 0; i < full; i++)
        str_add(s, "\xE2\x94\x81");    /* heavy line */
    str_add(s, terminal_tint(t, TINT_NONE));
    str_add(s, terminal_tint(t, TINT_SOFT));
    for (int i = full; i < cells; i++)
        str_add(s, "\xE2\x94\x80");    /* light line */
    str_add(s, terminal_tint(t, TINT_NONE));
}

/* label  meter  52%  figures; what has no room is left out from the end, the meter first of all. */
static void add_bar(struct str *s, const struct terminal *t, const struct bar *bar)
{
    AUTO_STR struct str figures = {0};
    int columns = t->columns > 1 ? t->columns - 1 : 79;
    int label = columns / 3 < LABEL_COLUMNS ? columns / 3 : LABEL_COLUMNS;
    int left = columns - label - 7, used;

    add_figures(&figures, bar);
    used = terminal_add_cut(s, bar->label, label < 4 ? columns : label);
    if (left < 1)
        return;
    str_printf(s, "%*s", label - used + 1, "");
    left -= (int)figures.bytes + 2;
    if (left >= 8) {
        add_meter(s, t, left - 2 > 30 ? 30 : left - 2, percent(bar));
        str_add(s, " ");
    }
    if (bar->total > 0)
        str_printf(s, "%3d %%", percent(bar));
    else
        str_add(s, "  ...");
    if (left >= 0) {
        str_add(s, "  ");
        str_add(s, str_text(&figures));
    }
}

/* Takes the bars off: the cursor ends where the first one was. */
static void add_erase(struct str *s, struct progress *p)
{
    if (p->drawn)
        str_printf(s, "\033[%dA\r\033[J", p->drawn);
    p->drawn = 0;
}

static void add_bars(struct str *s, struct progress *p)
{
    int nb = 0;

    for (int i = 0; i < BARS_MAX; i++) {
        if (!p->bars[i].label || nb++ >= BARS_SHOWN)
            continue;
        add_bar(s, &p->terminal, &p->bars[i]);
        str_add(s, "\n");
        p->drawn++;
    }
    if (nb > BARS_SHOWN) {
        str_printf(s, p->terminal.columns < 20 ? "+%d\n" : "... and %d more\n", nb - BARS_SHOWN);
        p->drawn++;
    }
}

static void put(struct progress *p, const struct str *s)
{
    fwrite(str_text(s), 1, s->bytes, p->out);
    fflush(p->out);
}

static void draw(struct progress *p, int64_t now_ms)
{
    AUTO_STR struct str s = {0};

    if (p->drawn_once && now_ms - p->drawn_ms < REDRAW_MS)
        return;
    add_erase(&s, p);
    add_bars(&s, p);
    put(p, &s);
    p->drawn_once = true;
    p->drawn_ms = now_ms;
}

void progress_tick(struct progress *progress, int64_t now_ms)
{
    if (progress && progress->terminal.interactive)
        draw(progress, now_ms);
}

/* A line that stays, above the bars. */
static void say(struct progress *p, const char *label, const char *text)
{
    AUTO_STR struct str s = {0};

    if (p->terminal.interactive)
        add_erase(&s, p);
    terminal_add(&s, label);
    str_add(&s, label && text ? ": " : "");
    terminal_add(&s, text);
    str_add(&s, "\n");
    if (p->terminal.interactive)
        add_bars(&s, p);
    put(p, &s);
}

void progress_note(struct progress *progress, const char *line)
{
    if (progress)
        say(progress, NULL, line);
}

/* ---- bars ---- */

static struct bar *find(struct progress *progress, int bar)
{
    return progress && bar >= 0 && bar < BARS_MAX && progress->bars[bar].label ? &progress->bars[bar] : NULL;
}

int progress_start(struct progress *progress, const char *label, enum progress_unit unit, int64_t total, int64_t now_ms)
{
    int at = 0;

    while (progress && at < BARS_MAX && progress->bars[at].label)
        at++;
    if (!progress || at == BARS_MAX)
        return -1;
    progress->bars[at] = (struct bar){.label = strdup(label), .unit = unit, .total = total, .at_ms = now_ms, .said_ms = now_ms,
                                      .marks_ms = {now_ms, now_ms}};
    if (!progress->bars[at].label)
        return -1;
    if (progress->terminal.interactive)
        draw(progress, now_ms);
    else
        say(progress, label, "started");
    return at;
}

/* Elsewhere than on a terminal: a line at every tenth, at most one a second. */
static void say_tenth(struct progress *p, struct bar *bar, int64_t now_ms)
{
    int tenths = percent(bar) / 10;
    AUTO_STR struct str s = {0}, figures = {0};

    if (tenths <= bar->tenths || tenths >= 10 || now_ms - bar->said_ms < SAY_MS)    /* the end has a line of its own */
        return;
    bar->said_ms = now_ms;
    bar->tenths = tenths;
    add_figures(&figures, bar);
    str_printf(&s, "%d %%%s%s", tenths * 10, figures.bytes ? "  " : "", str_text(&figures));
    say(p, bar->label, str_text(&s));
}

void progress_set(struct progress *progress, int bar, int64_t done, int64_t total, int64_t now_ms)
{
    struct bar *b = find(progress, bar);

    if (!b)
        return;
    if (done < b->done) {    /* it begins again: a repeated upload */
        b->marks_ms[0] = b->marks_ms[1] = now_ms;
        b->marks_done[0] = b->marks_done[1] = done;
    }
    b->done = done;
    b->total = total;
    b->at_ms = now_ms;
    if (now_ms - b->marks_ms[1] >= WINDOW_MS) {
        b->marks_ms[0] = b->marks_ms[1];
        b->marks_done[0] = b->marks_done[1];
        b->marks_ms[1] = now_ms;
        b->marks_done[1] = done;
    }
    if (progress->terminal.interactive)
        draw(progress, now_ms);
    else
        say_tenth(progress, b, now_ms);
}

void progress_end(struct progress *progress, int bar, const char *outcome, int64_t now_ms)
{
    struct bar *b = find(progress, bar);
    AUTO_FREE char *label = NULL;

    if (!b)
        return;
    label = TAKE(b->label);
    if (outcome) {
        say(progress, label, outcome);
        return;
    }
    progress->drawn_once = false;    /* the bar goes at once */
    progress_tick(progress, now_ms);
}

void progress_destroy(struct progress *progress)
{
    AUTO_STR struct str s = {0};

    if (!progress)
        return;
    add_erase(&s, progress);
    put(progress, &s);
    for (int i = 0; i < BARS_MAX; i++)
        free(progress->bars[i].label);
    free(progress);
}
