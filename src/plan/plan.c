#include <crosscut/plan.h>

#include "base/auto.h"
#include "base/hash.h"
#include "plan/share.h"
#include "plan/text.h"
#include <string.h>

struct planning {
    const struct plan_input *input;
    struct plan *plan;
    struct taker *takers;          /* of the master being planned */
    struct plan_post **taking;     /* the post of each taker */
    struct notes *reasons;         /* and why */
    size_t nb_takers;
};

/* The intent: two plans of the same master for the same place are the same post. */
static const char *post_id(const struct post *post, struct arena *arena)
{
    char hex[SHA256_HEX_BYTES];
    const char *intent =
        arena_printf(arena, "%s|%s|%s|%d|%d", post->platform, post->account ? post->account : post->destination,
                     post->master_id, post->part, post->occurrence);

    sha256_bytes(intent, strlen(intent), hex);
    return arena_strndup(arena, hex, 16);
}

static struct post post_of(const struct plan_input *input, const struct master *master,
                           const struct destination *destination, struct arena *arena)
{
    const struct sidecar *s = &master->sidecar;
    struct post post = {
        .master_id = master->id ? master->id : "", .master_path = master->path,
        .destination = destination->name, .platform = destination->adapter->name, .account = destination->account,
        .part = 1, .parts = 1, .occurrence = input->occurrence, .cover_ms = -1, .title = "", .language = s->language,
        .schedule_ms = s->schedule_ms, .created_ms = input->now_ms,
        .ai_generated = s->ai_generated == SAID_YES, .brand_organic = s->brand_organic == SAID_YES,
        .brand_content = s->brand_content == SAID_YES, .made_for_kids = s->made_for_kids == SAID_YES,
        .made_for_kids_said = s->made_for_kids != UNSAID,
        .settings = destination->settings, .adapter = destination->adapter,
    };

    post.id = post_id(&post, arena);
    return post;
}

static void keep(struct plan *plan, json_t *json)
{
    json_array_append_new(plan->keep, json);
}

static void put_texts(struct plan *plan, struct plan_post *planned, const struct post_texts *texts)
{
    json_t *fields = json_object(), *tags = json_array();

    for (size_t i = 0; i < texts->nb_texts; i++)
        json_object_set_new(fields, texts->texts[i].field, json_string(texts->texts[i].text));
    for (const char **tag = texts->hashtags; *tag; tag++)
        json_array_append_new(tags, json_string(*tag));
    keep(plan, fields);
    keep(plan, tags);
    planned->texts = texts->texts;
    planned->nb_texts = texts->nb_texts;
    planned->post.text = fields;
    planned->post.hashtags = tags;
    planned->post.title = texts->title;
    planned->post.link = texts->link;
    planned->post.alt_text = texts->alt_text;
}

/* MIME type of what is sent: everything made here is MP4, an untouched master is what it was. */
static const char *content_type(const struct recipe *recipe, const struct facts *facts)
{
    static const struct { const char *container, *type;
    } types[] = {
        {"mov", "video/quicktime"}, {"webm", "video/webm"},   {"matroska", "video/x-matroska"},
        {"avi", "video/x-msvideo"}, {"mpegts", "video/mp2t"}, {"mpegps", "video/mpeg"},
        {"flv", "video/x-flv"},     {"3gp", "video/3gpp"},    {"asf", "video/x-ms-asf"},
    };

    for (size_t i = 0; recipe->work == WORK_ORIGINAL && i < sizeof types / sizeof types[0]; i++)
        if (!strcmp(facts->container, types[i].container))
            return types[i].type;
    return "video/mp4";
}

/* Who else takes the rendition of this taker. */
static const char *sharers(const struct planning *p, size_t taker)
{
    AUTO_STR struct str names = {0};

    for (size_t i = 0; i < p->nb_takers; i++)
        if (i != taker && p->takers[i].rendition == p->takers[taker].rendition)
            str_printf(&names, "%s%s", names.bytes ? ", " : "", p->takers[i].destination);
    return names.bytes ? arena_strdup(p->plan->arena, str_text(&names)) : NULL;
}

static void explain(const struct planning *p, size_t taker, enum recipe_work work)
{
    static const char *const said[] = {
        [WORK_ORIGINAL] = "fits as it is: the file goes out untouched",
        [WORK_REMUX] = "copied into a clean MP4: nothing is encoded",
        [WORK_AUDIO] = "the picture is copied, only the sound is encoded",
        [WORK_ENCODE] = "the picture is encoded",
    };
    const char *others = sharers(p, taker);
    struct notes *reasons = &p->reasons[taker];

    if (work != p->takers[taker].fit.work)
        notes_add(reasons, "takes any shape: served by the encoding that is made anyway for %s", others);
    else
        notes_add(reasons, "%s%s%s", said[work], others ? ", shared with " : "", others ? others : "");
}

static void put_rendition(const struct planning *p, size_t taker, size_t rendition)
{
    const struct plan_rendition *made = &p->plan->renditions[rendition];
    struct plan_post *planned = p->taking[taker];
    const struct facts *facts = &p->input->masters[planned->master].facts;
    bool encoded = made->recipe.work == WORK_ENCODE;
    struct post *post = &planned->post;

    planned->rendition = rendition;
    post->rendition_id = made->id;
    post->content_type = content_type(&made->recipe, facts);
    post->width_px = encoded ? made->recipe.width_px : facts->video.width_px;
    post->height_px = encoded ? made->recipe.height_px : facts->video.height_px;
    post->duration_ms = made->recipe.out_ms - made->recipe.in_ms;
    post->cover_ms = made->cover_ms;
    planned->surface = post->adapter->spec->surface(post->width_px, post->height_px, post->duration_ms);
    explain(p, taker, made->recipe.work);
    planned->reasons = notes_lines(&p->reasons[taker]);
}

/* What the adapter's own check sees before it is settled which rendition serves the post. */
static void predict(const struct fit *fit, const struct facts *facts, struct post *post)
{
    bool framed = fit->work == WORK_ENCODE && fit->wish == SHAPE_IDEAL;

    post->width_px = framed ? fit->ideal_width_px : facts->video.width_px;
    post->height_px = framed ? fit->ideal_height_px : facts->video.height_px;
    post->duration_ms = fit->out_ms - fit->in_ms;
    post->content_type = "video/mp4";
}

/* One post. False only when the settings are wrong; what is refused carries its error. */
static bool plan_post(struct planning *p, size_t master, size_t destination, struct plan_post *planned,
                      struct error *err)
{
    const struct plan_input *input = p->input;
    struct arena *arena = p->plan->arena;
    struct notes reasons = {.arena = arena}, warnings = {.arena = arena};
    struct text_source source = {&input->masters[master], &input->destinations[destination], 1, 1};
    struct taker *taker = &p->takers[p->nb_takers];
    struct post_texts texts = {.title = "", .hashtags = (const char *[]){NULL}};
    struct error refused = {0}, wrong = {0};
    bool takes;

    *planned = (struct plan_post){.post = post_of(input, source.master, source.destination, arena), .surface = "",
                                  .master = master, .destination = destination, .rendition = PLAN_NO_RENDITION};
    *taker = (struct taker){.destination = source.destination->name};
    takes = fit_master(source.master, source.destination, &input->render, arena, &taker->fit, &reasons, &warnings,
                       &refused);
    if (!texts_fit(&source, arena, &texts, &warnings, &wrong)) {
        if (wrong.kind == ERROR_CONFIG) {
            if (err)
                *err = wrong;
            return false;
        }
        refused = takes ? wrong : refused;
        takes = false;
    }
    put_texts(p->plan, planned, &texts);
    if (takes) {
        predict(&taker->fit, &source.master->facts, &planned->post);
        takes = !planned->post.adapter->check || planned->post.adapter->check(&planned->post, &refused);
    }
    planned->reasons = notes_lines(&reasons);
    planned->warnings = notes_lines(&warnings);
    if (takes) {
        p->reasons[p->nb_takers] = reasons;
        p->taking[p->nb_takers++] = planned;
    } else {
        planned->error = refused;
    }
    return true;
}

static void share(struct planning *p, size_t master)
{
    struct plan *plan = p->plan;
    size_t first = plan->nb_renditions;

    plan->nb_renditions += share_make(p->input, master, p->takers, p->nb_takers, plan->renditions + first, plan->arena);
    for (size_t i = 0; i < p->nb_takers; i++)
        put_rendition(p, i, first + p->takers[i].rendition);
}

bool plan_make(const struct plan_input *input, struct plan *plan, struct error *err)
{
    size_t nb = input->nb_masters * input->nb_destinations;
    struct arena *arena = arena_create();
    struct plan made = {.arena = arena, .keep = json_array(), .nb_posts = nb};
    struct planning p = {.input = input, .plan = &made};

    made.posts = arena_alloc(arena, (nb + 1) * sizeof *made.posts);
    made.renditions = arena_alloc(arena, (nb + 1) * sizeof *made.renditions);
    p.takers = arena_alloc(arena, (input->nb_destinations + 1) * sizeof *p.takers);
    p.taking = arena_alloc(arena, (input->nb_destinations + 1) * sizeof *p.taking);
    p.reasons = arena_alloc(arena, (input->nb_destinations + 1) * sizeof *p.reasons);
    for (size_t m = 0; m < input->nb_masters; m++) {
        p.nb_takers = 0;
        for (size_t d = 0; d < input->nb_destinations; d++)
            if (!plan_post(&p, m, d, &made.posts[m * input->nb_destinations + d], err)) {
                plan_finish(&made);
                return false;
            }
        share(&p, m);
    }
    *plan = made;
    return true;
}

void plan_finish(struct plan *plan)
{
    json_decref(plan->keep);
    arena_destroy(plan->arena);
    *plan = (struct plan){0};
}
