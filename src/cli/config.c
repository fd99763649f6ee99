#include "cli/config.h"

#include "base/auto.h"
#include "base/file.h"
#include "publish/settings.h"
#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <limits.h>
#include <string.h>

extern char **environ;

#define CONFIG_FILE_MAX ((size_t)1 << 20)

struct config {
    json_t *raw;             /* {section: {key: {"value", "origin"}}}, the strongest layer wins */
    json_t *typed;           /* {section: {key: value}} */
    json_t *destinations;    /* {name: {key: value}} */
};

static const struct setting pipeline_rows[] = {
    {"destinations", SETTING_TEXT, NULL, "tiktok reels shorts site", "What post does without --to, separated by blanks"},
    {0},
};
static const struct setting render_rows[] = {
    {"reframe", SETTING_CHOICE, "auto track crop blur pad", "auto", "How a picture of another shape is brought to 9:16"},
    {"quality", SETTING_CHOICE, "fast balanced small", "balanced", "Encoder effort and size of the upload"},
    {"loudness", SETTING_BOOL, NULL, "on", "Bring the sound to the target loudness"},
    {"loudness_target", SETTING_INTEGER, NULL, "-14", "Integrated loudness in LUFS"},
    {0},
};
static const struct setting host_rows[] = {
    {"type", SETTING_CHOICE, "folder", "folder", "Where files become public under your own address"},
    {"path", SETTING_TEXT, NULL, "public", "The folder; a relative one is below the folder you run in"},
    {"base_url", SETTING_TEXT, NULL, NULL, "Public address of that folder, without a trailing slash"},
    {0},
};
static const char *const pacing_names[] = {"poll_interval", "poll_timeout", "retry_base", "retry_max", "settle", NULL};

/* Works as it is, with no account at all. */
const char config_default[] =
    "[destination tiktok]\nplatform = tiktok\n[destination reels]\nplatform = instagram\n"
    "[destination shorts]\nplatform = youtube\n[destination site]\nplatform = site\n";

/* ---- layers of raw text ---- */

static void put_raw(json_t *raw, const char *section, const char *key, const char *value, const char *origin)
{
    json_t *keys = json_object_get(raw, section);

    if (!keys) {
        keys = json_object();
        json_object_set_new(raw, section, keys);
    }
    json_object_set_new(keys, key, json_pack("{s:s, s:s}", "value", value, "origin", origin));
}

struct reading {
    json_t *raw;
    const char *name;      /* for messages */
    const char *at;        /* rest of the text */
    int line;
    bool continues;        /* the line is indented: it goes on with the value above */
    bool untrusted;        /* the folder of the master: may not run commands or redirect tokens */
    struct error *err;
    bool failed;
};

/* Gives inih one line and counts it. */
static char *next_line(char *buffer, int room, void *user)
{
    struct reading *r = user;
    size_t length = strcspn(r->at, "\n");

    if (!*r->at || r->failed)
        return NULL;
    r->line++;
    if (length + 2 > (size_t)room) {
        r->failed = true;
        fail(r->err, ERROR_CONFIG, "%s:%d: this line has %zu bytes; at most %d are read. Continue it on an indented line",
             r->name, r->line, length, room - 2);
        return NULL;
    }
    r->continues = *r->at == ' ' || *r->at == '\t';
    memcpy(buffer, r->at, length);
    buffer[length] = '\n';
    buffer[length + 1] = '\0';
    r->at += length + (r->at[length] == '\n');
    return buffer;
}

/* " # words" ends a value; "#word" is a hashtag. */
static void strip_comment(char *value)
{
    for (char *c = value; *c; c++) {
        if (*c == '#' && c > value && isspace((unsigned char)c[-1]) && (isspace((unsigned char)c[1]) || !c[1])) {
            while (c > value && isspace((unsigned char)c[-1]))
                c--;
            *c = '\0';
            return;
        }
    }
}

static int take_pair(void *user, const char *section, const char *key, const char *value)
{
    struct reading *r = user;
    AUTO_FREE char *text = strdup(value);
    const json_t *before = json_object_get(json_object_get(r->raw, section), key);
    char origin[PATH_MAX + 32];

    if (r->failed || !text)
        return 0;
    strip_comment(text);
    snprintf(origin, sizeof origin, "%s:%d", r->name, r->line);
    if (!*section) {
        r->failed = true;
        fail(r->err, ERROR_CONFIG, "%s: '%s' stands before any [section]", origin, key);
        return 0;
    }
    if (r->untrusted && (!strcmp(key, "token_command") || !strcmp(key, "client_secret_command") || !strcmp(key, "api_base"))) {
        r->failed = true;
        fail(r->err, ERROR_CONFIG, "%s: '%s' is not taken from the folder of a master; put it in your own pipeline.conf",
             origin, key);
        return 0;
    }
    /* inih hands over an indented continuation line as the same key again */
    if (before && r->continues) {
        AUTO_STR struct str joined = {0};

        str_printf(&joined, "%s\n%s", json_string_value(json_object_get(before, "value")), text);
        put_raw(r->raw, section, key, str_text(&joined), json_string_value(json_object_get(before, "origin")));
        return 1;
    }
    if (before) {
        r->failed = true;
        fail(r->err, ERROR_CONFIG, "%s: [%s] %s is set twice, first at %s", origin, section, key,
             json_string_value(json_object_get(before, "origin")));
        return 0;
    }
    put_raw(r->raw, section, key, text, origin);
    return 1;
}

static bool read_text(json_t *raw, const char *name, const char *text, bool untrusted, struct error *err)
{
    struct reading r = {.raw = json_object(), .name = name, .at = text, .untrusted = untrusted, .err = err};
    json_auto_t *layer = r.raw;
    int rc = ini_parse_stream(next_line, &r, take_pair, &r);
    const char *section, *key;
    json_t *keys, *pair;

    if (r.failed)
        return false;
    if (rc)
        return fail(err, ERROR_CONFIG, "%s:%d: wanted [section], key = value, or # comment", name, rc);
    json_object_foreach(layer, section, keys)
        json_object_foreach(keys, key, pair)
            put_raw(raw, section, key, json_string_value(json_object_get(pair, "value")),
                    json_string_value(json_object_get(pair, "origin")));
    return true;
}

static bool read_file(json_t *raw, const char *path, bool must_exist, bool untrusted, struct error *err)
{
    AUTO_FREE char *text = NULL;
    size_t nb_bytes;

    if (!must_exist && access(path, F_OK) < 0)
        return true;
    if (!file_read(path, CONFIG_FILE_MAX, &text, &nb_bytes, err))
        return fail_in(err, "configuration");
    if (strlen(text) != nb_bytes)
        return fail(err, ERROR_CONFIG, "%s: contains a NUL byte: this is not a text file", path);
    return read_text(raw, path, text, untrusted, err);
}

static bool read_files(json_t *raw, const struct config_source *source, struct error *err)
{
    const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    char path[PATH_MAX];

    if (source->file)
        return read_file(raw, source->file, true, false, err);
    if (xdg && *xdg)
        snprintf(path, sizeof path, "%s/crosscut/pipeline.conf", xdg);
    else
        snprintf(path, sizeof path, "%s/.config/crosscut/pipeline.conf", home ? home : "");
    if (!read_file(raw, path, false, false, err) || !read_file(raw, "pipeline.conf", false, false, err))
        return false;
    if (!source->folder || !strcmp(source->folder, ".") || !strcmp(source->folder, ""))
        return true;
    if (snprintf(path, sizeof path, "%s/pipeline.conf", source->folder) >= (int)sizeof path)
        return fail(err, ERROR_CONFIG, "'%s': the name is too long", source->folder);
    return read_file(raw, path, false, true, err);
}

/* ---- known names ---- */

static const struct setting *plain_rows(const char *section)
{
    if (!strcmp(section, "pipeline"))
        return pipeline_rows;
    if (!strcmp(section, "render"))
        return render_rows;
    if (!strcmp(section, "host"))
        return host_rows;
    return NULL;
}

static bool is_pacing(const char *key)
{
    for (const char *const *n = pacing_names; *n; n++)
        if (!strcmp(*n, key))
            return true;
    return false;
}

/* The row for a key of a destination: common, the adapter's own, or the template of a text field. */
static const struct setting *destination_row(const struct adapter *adapter, const char *key, struct setting *field)
{
    const struct setting *row = setting_find(common_settings, key);

    if (!row)
        row = setting_find(adapter->settings, key);
    for (size_t i = 0; !row && i < adapter->spec->nb_texts; i++) {
        const struct text_rule *rule = &adapter->spec->texts[i];

        if (!strcmp(rule->field, key)) {
            *field = (struct setting){rule->field, SETTING_TEXT, NULL, rule->template, "Template of this text"};
            row = field;
        }
    }
    return row;
}

static size_t add_names(const struct setting *rows, const char **names, size_t nb, size_t room)
{
    for (; rows && rows->name && nb < room; rows++)
        names[nb++] = rows->name;
    return nb;
}

static bool unknown_key(const char *origin, const char *section, const char *key, const char *const *names, size_t nb,
                        struct error *err)
{
    const char *near = nearest_name(key, names, nb);

    return fail_rule(err, ERROR_CONFIG, "config.unknown_key", "%s: [%s] has no setting '%s'%s%s%s", origin, section, key,
                     near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static bool unknown_destination_key(const char *origin, const char *section, const char *key,
                                    const struct adapter *adapter, struct error *err)
{
    const char *names[96];
    size_t nb = add_names(common_settings, names, 0, 96);

    nb = add_names(adapter->settings, names, nb, 96);
    for (size_t i = 0; i < adapter->spec->nb_texts && nb < 96; i++)
        names[nb++] = adapter->spec->texts[i].field;
    return unknown_key(origin, section, key, names, nb, err);
}

static bool unknown_section(const char *origin, const char *section, struct error *err)
{
    static const char *const names[] = {"pipeline", "render", "host", "publish", "destination"};
    const char *near = nearest_name(section, names, 5);

    return fail_rule(err, ERROR_CONFIG, "config.unknown_section", "%s: there is no section [%s]%s%s%s", origin, section,
                     near ? "; did you mean [" : "", near ? near : "", near ? "]?" : "");
}

/* ---- typing ---- */

static bool type_value(const struct setting *row, const json_t *pair, json_t *into, struct error *err)
{
    json_t *value = setting_parse(row, json_string_value(json_object_get(pair, "value")), err);

    if (!value)
        return fail_in(err, "%s", json_string_value(json_object_get(pair, "origin")));
    json_object_set_new(into, row->name, value);
    return true;
}

static bool fill_defaults(const struct setting *rows, json_t *into, struct error *err)
{
    for (; rows && rows->name; rows++) {
        json_t *value = rows->value && !json_object_get(into, rows->name) ? setting_parse(rows, rows->value, err) : NULL;

        if (value)
            json_object_set_new(into, rows->name, value);
    }
    return true;
}

static bool type_plain(struct config *config, const char *section, json_t *keys, struct error *err)
{
    bool publish = !strcmp(section, "publish");
    const struct setting *rows = publish ? common_settings : plain_rows(section);
    json_t *into = json_object();
    const char *key;
    json_t *pair;

    json_object_set_new(config->typed, section, into);
    json_object_foreach(keys, key, pair) {
        const struct setting *row = publish && !is_pacing(key) ? NULL : setting_find(rows, key);
        const char *names[16];

        if (!row) {
            size_t nb = publish ? sizeof pacing_names / sizeof pacing_names[0] - 1 : add_names(rows, names, 0, 16);

            return unknown_key(json_string_value(json_object_get(pair, "origin")), section, key,
                               publish ? pacing_names : names, nb, err);
        }
        if (!type_value(row, pair, into, err))
            return false;
    }
    return publish || fill_defaults(rows, into, err);
}

static const struct adapter *platform_of(const char *section, const json_t *keys, struct error *err)
{
    const json_t *pair = json_object_get(keys, "platform");
    const char *name = json_string_value(json_object_get(pair, "value"));
    const struct adapter *adapter = name ? adapter_find(name) : NULL;
    const char *names[64], *first = NULL, *key, *near;
    size_t nb = 0;
    json_t *any;

    if (adapter)
        return adapter;
    json_object_foreach((json_t *)keys, key, any)
        first = first ? first : json_string_value(json_object_get(any, "origin"));
    for (const struct adapter *const *a = adapters; *a && nb < 64; a++)
        names[nb++] = (*a)->name;
    near = name ? nearest_name(name, names, nb) : NULL;
    if (!name)
        fail(err, ERROR_CONFIG, "%s: [%s] needs `platform = NAME`", first ? first : section, section);
    else
        fail(err, ERROR_CONFIG, "%s: platform = %s: no such platform%s%s%s",
             json_string_value(json_object_get(pair, "origin")), name, near ? "; did you mean '" : "", near ? near : "",
             near ? "'?" : "");
    return NULL;
}

static bool type_destination(struct config *config, const char *section, const char *name, json_t *keys, struct error *err)
{
    const struct adapter *adapter = platform_of(section, keys, err);
    const json_t *pacing = json_object_get(config->typed, "publish");
    const json_t *base = json_object_get(json_object_get(config->typed, "host"), "base_url");
    json_t *into = json_object(), *pair;
    const char *key;

    if (!adapter) {
        json_decref(into);
        return false;
    }
    json_object_set_new(config->destinations, name, into);
    json_object_update(into, (json_t *)pacing);
    json_object_foreach(keys, key, pair) {
        struct setting field;
        const struct setting *row = destination_row(adapter, key, &field);

        if (!row)
            return unknown_destination_key(json_string_value(json_object_get(pair, "origin")), section, key, adapter, err);
        if (!type_value(row, pair, into, err))
            return false;
    }
    if (base)
        json_object_set(into, "host_base_url", (json_t *)base);
    return fill_defaults(common_settings, into, err) && fill_defaults(adapter->settings, into, err);
}

static bool destination_name_ok(const char *name)
{
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

    return length && !name[length] && length <= 64;
}

static bool type_all(struct config *config, struct error *err)
{
    static const char *const plain[] = {"pipeline", "render", "host", "publish"};
    const char *section;
    json_t *keys;

    for (size_t i = 0; i < 4; i++) {
        json_t *none = json_object();
        json_t *given = json_object_get(config->raw, plain[i]);
        bool ok = type_plain(config, plain[i], given ? given : none, err);

        json_decref(none);
        if (!ok)
            return false;
    }
    json_object_foreach(config->raw, section, keys) {
        const char *origin = NULL, *key;
        json_t *pair;

        json_object_foreach(keys, key, pair)
            origin = origin ? origin : json_string_value(json_object_get(pair, "origin"));
        if (json_object_get(config->typed, section))
            continue;
        if (strncmp(section, "destination ", 12))
            return unknown_section(origin, section, err);
        if (!destination_name_ok(section + 12))
            return fail(err, ERROR_CONFIG, "%s: [%s]: a destination's name is made of letters, digits, - and _", origin, section);
        if (!type_destination(config, section, section + 12, keys, err))
            return false;
    }
    return true;
}

/* ---- environment and --set ---- */

/* CROSSCUT_RENDER_REFRAME, CROSSCUT_TIKTOK_PRIVACY: compares NAME with SECTION_KEY, upper-cased, '-' and ' ' as '_'. */
static bool env_matches(const char *name, const char *section, const char *key)
{
    const char *parts[] = {section, "_", key};

    for (size_t i = 0; i < 3; i++)
        for (const char *c = parts[i]; *c; c++, name++)
            if (*name != (isalnum((unsigned char)*c) ? toupper((unsigned char)*c) : '_'))
                return false;
    return *name == '=';
}

static void env_rows(json_t *raw, const char *section, const char *prefix, const struct setting *rows)
{
    for (; rows && rows->name; rows++)
        for (char **e = environ; *e; e++)
            if (!strncmp(*e, "CROSSCUT_", 9) && env_matches(*e + 9, prefix, rows->name)) {
                char origin[128];

                snprintf(origin, sizeof origin, "environment %.*s", (int)strcspn(*e, "="), *e);
                put_raw(raw, section, rows->name, strchr(*e, '=') + 1, origin);
            }
}

static void read_environment(json_t *raw)
{
    json_auto_t *known = json_copy(raw);    /* the loop adds keys */
    const char *section;
    json_t *keys;

    env_rows(raw, "pipeline", "pipeline", pipeline_rows);
    env_rows(raw, "render", "render", render_rows);
    env_rows(raw, "host", "host", host_rows);
    for (size_t i = 0; pacing_names[i]; i++) {
        struct setting one[2] = {{.name = pacing_names[i]}};

        env_rows(raw, "publish", "publish", one);
    }
    json_object_foreach(known, section, keys) {
        const char *platform = json_string_value(json_object_get(json_object_get(keys, "platform"), "value"));
        const struct adapter *adapter = platform ? adapter_find(platform) : NULL;

        if (strncmp(section, "destination ", 12) || !adapter)
            continue;
        env_rows(raw, section, section + 12, common_settings);
        env_rows(raw, section, section + 12, adapter->settings);
        for (size_t i = 0; i < adapter->spec->nb_texts; i++) {
            struct setting one[2] = {{.name = adapter->spec->texts[i].field}};

            env_rows(raw, section, section + 12, one);
        }
    }
}

/* section.key=value; a destination may be named alone: tiktok.privacy, destination.tiktok.privacy. */
static bool read_set(json_t *raw, const char *text, struct error *err)
{
    const char *equals = strchr(text, '='), *dot = NULL;
    char section[160], key[80], name[128];

    for (const char *c = text; equals && c < equals; c++)
        dot = *c == '.' ? c : dot;
    if (!equals || !dot || dot == text || dot + 1 == equals || dot - text >= 120 || equals - dot >= 80)
        return fail(err, ERROR_USAGE, "--set %s: wanted section.key=value", text);
    snprintf(name, sizeof name, "%.*s", (int)(dot - text), text);
    snprintf(key, sizeof key, "%.*s", (int)(equals - dot - 1), dot + 1);
    if (plain_rows(name) || !strcmp(name, "publish"))
        snprintf(section, sizeof section, "%s", name);
    else if (!strncmp(name, "destination.", 12) || !strncmp(name, "destination ", 12))
        snprintf(section, sizeof section, "destination %s", name + 12);
    else
        snprintf(section, sizeof section, "destination %s", name);
    put_raw(raw, section, key, equals + 1, "--set");
    return true;
}

static void add_defaults(json_t *values, const char *section, const struct setting *rows)
{
    for (; rows && rows->name; rows++)
        if (rows->value && !json_object_get(json_object_get(values, section), rows->name))
            put_raw(values, section, rows->name, rows->value, "built in");
}

/* ---- the whole ---- */

struct config *config_open(const struct config_source *source, struct error *err)
{
    struct config *config = calloc(1, sizeof *config);
    bool ok;

    if (!config) {
        fail(err, ERROR_INTERNAL, "out of memory");
        return NULL;
    }
    config->raw = json_object();
    config->typed = json_object();
    config->destinations = json_object();
    ok = read_text(config->raw, "built-in pipeline.conf", config_default, false, err) &&
         read_files(config->raw, source, err);
    if (ok)
        read_environment(config->raw);
    for (const char *const *s = source->sets; ok && s && *s; s++)
        ok = read_set(config->raw, *s, err);
    if (ok && type_all(config, err))
        return config;
    config_destroy(config);
    return NULL;
}

void config_destroy(struct config *config)
{
    if (!config)
        return;
    json_decref(config->raw);
    json_decref(config->typed);
    json_decref(config->destinations);
    free(config);
}

json_t *config_values(const struct config *config)
{
    json_t *values = json_deep_copy(config->raw);
    const char *section, *name;
    json_t *keys;

    /* defaults that nobody set */
    json_object_foreach(config->destinations, name, keys) {
        const struct adapter *adapter = adapter_find(json_string_value(json_object_get(keys, "platform")));
        char full[96];

        snprintf(full, sizeof full, "destination %s", name);
        add_defaults(values, full, common_settings);
        add_defaults(values, full, adapter->settings);
    }
    json_object_foreach(config->typed, section, keys)
        add_defaults(values, section, plain_rows(section));
    return values;
}

const json_t *config_section(const struct config *config, const char *section)
{
    return json_object_get(config->typed, section);
}

static bool unknown_destination(const struct config *config, const char *name, struct error *err)
{
    const char *names[256], *near, *key;
    size_t nb = 0;
    json_t *any;

    json_object_foreach(config->destinations, key, any)
        if (nb < 256)
            names[nb++] = key;
    near = nearest_name(name, names, nb);
    return fail_rule(err, ERROR_USAGE, "config.unknown_destination",
                     "there is no destination '%s'%s%s%s Add a [destination %s] section to pipeline.conf, or see `crosscut help`",
                     name, near ? "; did you mean '" : ".", near ? near : "", near ? "'?" : "", name);
}

static bool add_destination(const struct config *config, const char *name, struct arena *arena, struct destination *list,
                            size_t *nb, struct error *err)
{
    const json_t *settings = json_object_get(config->destinations, name);

    if (!settings)
        return unknown_destination(config, name, err);
    for (size_t i = 0; i < *nb; i++)
        if (!strcmp(list[i].name, name))
            return true;
    list[(*nb)++] = (struct destination){
        .name = arena_strdup(arena, name),
        .adapter = adapter_find(json_string_value(json_object_get(settings, "platform"))),
        .account = json_string_value(json_object_get(settings, "account")),
        .settings = settings,
    };
    return true;
}

/* Next word of a list separated by blanks or commas; NULL at the end. */
static const char *next_word(const char **list, struct arena *arena)
{
    size_t length;
    const char *word;

    *list += strspn(*list, ", \t\n");
    length = strcspn(*list, ", \t\n");
    word = length ? arena_strndup(arena, *list, length) : NULL;
    *list += length;
    return word;
}

bool config_destinations(const struct config *config, const char *to, const char *skip, struct arena *arena,
                         const struct destination **destinations, size_t *nb_destinations, struct error *err)
{
    const char *list = to ? to : json_string_value(json_object_get(config_section(config, "pipeline"), "destinations"));
    struct destination *found = arena_alloc(arena, (json_object_size(config->destinations) + 1) * sizeof *found);
    size_t nb = 0, kept = 0;
    const char *word;

    while ((word = next_word(&list, arena)))
        if (!add_destination(config, word, arena, found, &nb, err))
            return false;
    for (const char *rest = skip ? skip : ""; (word = next_word(&rest, arena));) {
        if (!json_object_get(config->destinations, word))
            return unknown_destination(config, word, err);
        for (size_t i = 0; i < nb; i++)
            if (!strcmp(found[i].name, word))
                found[i].adapter = NULL;
    }
    for (size_t i = 0; i < nb; i++)
        if (found[i].adapter)
            found[kept++] = found[i];
    if (!kept)
        return fail(err, ERROR_USAGE, "no destination is left: name some with --to or in [pipeline] destinations");
    *destinations = found;
    *nb_destinations = kept;
    return true;
}

struct render_settings config_render(const struct config *config)
{
    const json_t *render = config_section(config, "render");

    return (struct render_settings){
        .reframe = json_string_value(json_object_get(render, "reframe")),
        .quality = json_string_value(json_object_get(render, "quality")),
        .loudness = json_is_true(json_object_get(render, "loudness")),
        .target_lufs = (double)json_integer_value(json_object_get(render, "loudness_target")),
        .target_dbtp = -1.0,
    };
}
