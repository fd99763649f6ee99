/* Fewest renditions: who shares, who does not, and what the recipe is then. */
#include "plan_case.h"

static const char *reel(int width_px, int height_px, int64_t duration_ms)
{
    (void)width_px, (void)height_px, (void)duration_ms;
    return "Reel";
}

static const char *short_or_not(int width_px, int height_px, int64_t duration_ms)
{
    return width_px <= height_px && duration_ms <= 180000 ? "Short" : "video";
}

static const struct spec_row clips_rows[] = {    /* upright, 10 min */
    {SPEC_VIDEO_CODEC, SPEC_HARD, .any_of = "h264 hevc", .source = "clips"},
    {SPEC_FPS, SPEC_HARD, BETWEEN(23000, 60000), .source = "clips"},
    {SPEC_DURATION, SPEC_HARD, AT_MOST(600000), .source = "clips"},
    {SPEC_SIZE, SPEC_HARD, AT_MOST(4000000000), .source = "clips"},
    {SPEC_ASPECT, SPEC_IDEAL, BETWEEN(562, 563), .source = "clips"},
};
static const struct spec_row reels_rows[] = {    /* upright, 15 min, small, no edit lists, AAC */
    {SPEC_VIDEO_CODEC, SPEC_HARD, .any_of = "h264 hevc", .source = "reels"},
    {SPEC_AUDIO_CODEC, SPEC_HARD, .any_of = "aac", .source = "reels"},
    {SPEC_EDIT_LIST, SPEC_HARD, EXACTLY(0), .source = "reels"},
    {SPEC_WIDTH, SPEC_HARD, AT_MOST(1920), .source = "reels"},
    {SPEC_VIDEO_BITRATE, SPEC_HARD, AT_MOST(15000000), .source = "reels"},
    {SPEC_DURATION, SPEC_HARD, BETWEEN(3000, 900000), .source = "reels"},
    {SPEC_SIZE, SPEC_HARD, AT_MOST(300000000), .source = "reels"},
    {SPEC_ASPECT, SPEC_IDEAL, BETWEEN(562, 563), .source = "reels"},
    {SPEC_AUDIO_BITRATE, SPEC_IDEAL, AT_MOST(128000), .source = "reels"},
};
static const struct spec_row tube_rows[] = {     /* upright up to 3 min */
    {SPEC_VIDEO_CODEC, SPEC_HARD, .any_of = "h264 hevc vp9", .source = "tube"},
    {SPEC_DURATION, SPEC_IDEAL, AT_MOST(180000), .source = "tube"},
    {SPEC_ASPECT, SPEC_IDEAL, BETWEEN(562, 563), .source = "tube"},
};
static const struct spec_row home_rows[] = {     /* any shape */
    {SPEC_VIDEO_CODEC, SPEC_HARD, .any_of = "h264", .source = "home"},
    {SPEC_AUDIO_CODEC, SPEC_HARD, .any_of = "aac", .source = "home"},
    {SPEC_HDR, SPEC_HARD, .any_of = "sdr", .source = "home"},
    {SPEC_VIDEO_BITRATE, SPEC_IDEAL, AT_MOST(8000000), .source = "home"},
};
#define SPEC(id, rows_, surface_)                                                                                     \
    {.platform = id, .sheet = "sheet.md", .date = "2026-11-22", .rows = rows_,                                       \
     .nb_rows = sizeof rows_ / sizeof rows_[0], .surface = surface_}
static const struct spec clips_spec = SPEC("clips", clips_rows, reel), reels_spec = SPEC("reels", reels_rows, reel),
                         tube_spec = SPEC("tube", tube_rows, short_or_not), home_spec = SPEC("home", home_rows, reel);

static bool wants_a_choice(const struct post *post, struct error *err)
{
    return *post_setting(post, "privacy") || fail_rule(err, ERROR_REFUSED, "picky.privacy", "choose privacy");
}

static const struct adapter clips = {.name = "clips", .title = "Clips", .spec = &clips_spec};
static const struct adapter reels = {.name = "reels", .title = "Reels", .spec = &reels_spec};
static const struct adapter tube = {.name = "tube", .title = "Tube", .spec = &tube_spec};
static const struct adapter home = {.name = "home", .title = "Home", .spec = &home_spec};
static const struct adapter picky = {.name = "picky", .title = "Picky", .spec = &clips_spec, .check = wants_a_choice};

enum { CLIPS, REELS, TUBE, HOME };
static struct destination all[] = {
    {.name = "clips", .adapter = &clips}, {.name = "reels", .adapter = &reels},
    {.name = "tube", .adapter = &tube}, {.name = "home", .adapter = &home},
};

static struct plan plan_for(const struct master *master, const struct destination *destinations, size_t nb)
{
    struct plan_input input = case_input(master, destinations, nb);
    struct plan plan;
    struct error err;

    if (!plan_make(&input, &plan, &err))
        fail_msg("%s", err.text);
    return plan;
}

static struct plan plan_all(struct facts facts)
{
    static struct master master;    /* outlives the plan */

    master = case_master(facts);
    return plan_for(&master, all, 4);
}

static const struct recipe *recipe_of(const struct plan *plan, size_t post)
{
    assert_string_equal(plan->posts[post].error.text, "");
    return &plan->renditions[plan->posts[post].rendition].recipe;
}

static void one_encode_serves_a_wide_master_everywhere(void **state)
{
    struct facts f = case_facts(1920, 1080);
    struct plan plan;
    const struct recipe *r;
    (void)state;

    f.video.bitrate_bps = 12000000;    /* more than Home likes, so it takes what is made anyway */
    plan = plan_all(f);
    assert_int_equal(plan.nb_renditions, 1);
    r = recipe_of(&plan, HOME);
    assert_int_equal(r->work, WORK_ENCODE);
    assert_int_equal(r->width_px, 1080);
    assert_int_equal(r->height_px, 1920);
    assert_int_equal(r->reframe, REFRAME_CROP);
    assert_int_equal(r->fps_num, 30);
    assert_int_equal(r->maxrate_bps, 15000000);     /* the tightest of all */
    assert_int_equal(r->audio_bitrate_bps, 128000);
    assert_int_equal(r->crf, 18);
    assert_string_equal(r->preset, "superfast");
    assert_int_equal(r->gop_ms, 2000);
    assert_true(r->normalize);
    assert_true(case_says(plan.renditions[0].reasons, "clips, reels, tube, home"));
    plan_finish(&plan);
}

static void what_fits_goes_out_untouched(void **state)
{
    struct plan plan = plan_all(case_facts(1080, 1920));
    (void)state;

    assert_int_equal(plan.nb_renditions, 1);
    assert_int_equal(plan.renditions[0].recipe.work, WORK_ORIGINAL);
    plan_finish(&plan);

    plan = plan_all(case_facts(1920, 1080));    /* light enough for Home as it is: it keeps the original */
    assert_int_equal(plan.nb_renditions, 2);
    assert_int_equal(recipe_of(&plan, HOME)->work, WORK_ORIGINAL);
    assert_int_equal(recipe_of(&plan, CLIPS)->work, WORK_ENCODE);
    plan_finish(&plan);
}

static void only_who_needs_a_copy_gets_one(void **state)
{
    struct facts f = case_facts(1080, 1920);
    struct plan plan;
    (void)state;

    f.edit_list = true;
    plan = plan_all(f);
    assert_int_equal(plan.nb_renditions, 2);
    assert_int_equal(recipe_of(&plan, REELS)->work, WORK_REMUX);
    assert_int_equal(recipe_of(&plan, CLIPS)->work, WORK_ORIGINAL);
    plan_finish(&plan);
}

static void a_shorter_limit_gets_its_own(void **state)
{
    struct plan plan = plan_all(case_lasting(case_facts(1920, 1080), 720000));
    (void)state;

    assert_true(recipe_of(&plan, CLIPS)->out_ms < 600000);
    assert_int_equal(recipe_of(&plan, REELS)->out_ms, 720000);
    assert_int_not_equal(plan.posts[CLIPS].rendition, plan.posts[REELS].rendition);
    assert_int_equal(recipe_of(&plan, REELS)->max_bytes, 291000000);    /* 97 % of the cap */
    assert_int_equal(recipe_of(&plan, CLIPS)->max_bytes, 0);            /* cannot be reached */
    assert_int_equal(recipe_of(&plan, TUBE)->work, WORK_ORIGINAL);      /* no Short at that length: stays wide */
    assert_string_equal(plan.posts[TUBE].surface, "video");
    plan_finish(&plan);
}

static void ends_within_a_margin_are_one(void **state)
{
    struct plan plan = plan_all(case_lasting(case_facts(1920, 1080), 600000));
    (void)state;

    assert_int_equal(plan.posts[CLIPS].rendition, plan.posts[REELS].rendition);
    assert_true(recipe_of(&plan, REELS)->out_ms < 600000);
    plan_finish(&plan);
}

static void an_unlike_reframing_gets_its_own(void **state)
{
    json_auto_t *blur = json_pack("{s:s}", "reframe", "blur"), *crop = json_pack("{s:s}", "reframe", "crop");
    struct destination two[] = {{.name = "a", .adapter = &clips, .settings = blur}, {.name = "b", .adapter = &clips}};
    struct master master = case_master(case_facts(1920, 1080));
    struct plan plan = plan_for(&master, two, 2);
    (void)state;

    assert_int_equal(plan.nb_renditions, 2);
    assert_int_equal(recipe_of(&plan, 0)->reframe, REFRAME_BLUR);
    plan_finish(&plan);
    two[0].settings = crop;    /* said in other words, the same recipe */
    plan = plan_for(&master, two, 2);
    assert_int_equal(plan.nb_renditions, 1);
    plan_finish(&plan);
}

static void home_can_keep_its_shape(void **state)
{
    json_auto_t *own = json_pack("{s:s}", "shape", "original");
    struct destination two[] = {{.name = "clips", .adapter = &clips},
                                {.name = "home", .adapter = &home, .settings = own}};
    struct facts f = case_facts(1920, 1080);
    struct master master;
    struct plan plan;
    (void)state;

    f.video.hdr = HDR_PQ;
    master = case_master(f);
    plan = plan_for(&master, two, 2);
    assert_int_equal(plan.nb_renditions, 2);
    assert_int_equal(recipe_of(&plan, 1)->width_px, 1920);
    assert_int_equal(recipe_of(&plan, 1)->maxrate_bps, 8000000);    /* alone, its own ceiling counts */
    assert_true(recipe_of(&plan, 1)->tone_map);
    plan_finish(&plan);
    two[1].settings = NULL;
    plan = plan_for(&master, two, 2);
    assert_int_equal(plan.nb_renditions, 1);
    plan_finish(&plan);
}

static void nothing_is_made_for_who_does_not_take_it(void **state)
{
    struct destination one[] = {{.name = "picky", .adapter = &picky}};
    struct master master = case_master(case_lasting(case_facts(1920, 1080), 2000));
    struct plan plan = plan_for(&master, one, 1);
    (void)state;

    assert_int_equal(plan.nb_renditions, 0);
    assert_string_equal(plan.posts[0].error.rule, "picky.privacy");
    assert_true(plan.posts[0].rendition == PLAN_NO_RENDITION);
    plan_finish(&plan);
    plan = plan_for(&master, all, 4);
    assert_string_equal(plan.posts[REELS].error.rule, "reels.duration");
    assert_false(case_says(plan.renditions[plan.posts[CLIPS].rendition].reasons, "reels"));
    plan_finish(&plan);
}

static void a_refused_master_is_a_refused_post(void **state)
{
    struct master master = case_master((struct facts){.video.stream = -1, .audio.stream = -1});
    struct plan plan;
    json_t *json;
    struct plan_input input = case_input(&master, all, 4);
    (void)state;

    fail_rule(&master.error, ERROR_REFUSED, "master.read", "cannot be read");
    master.id = NULL;
    master.path = "a\xFF.mp4";    /* any bytes make a path */
    plan = plan_for(&master, all, 4);
    assert_int_equal(plan.nb_renditions, 0);
    assert_string_equal(plan.posts[0].error.rule, "master.read");
    json = plan_to_json(&input, &plan);
    assert_non_null(json);
    assert_int_equal(json_array_size(json_object_get(json, "posts")), 4);
    json_decref(json);
    plan_finish(&plan);
}

static void names_follow_from_what_is_made(void **state)
{
    struct master master = case_master(case_facts(1920, 1080));
    struct plan_input input = case_input(&master, all, 1);
    struct plan a, b;
    struct error err;
    (void)state;

    assert_true(plan_make(&input, &a, &err) && plan_make(&input, &b, &err));
    assert_string_equal(a.renditions[0].id, b.renditions[0].id);
    assert_int_equal(strlen(a.renditions[0].id), 32);
    assert_string_equal(a.posts[0].post.id, b.posts[0].post.id);
    assert_int_equal(strlen(a.posts[0].post.id), 16);
    plan_finish(&b);

    input.version = "newer";
    assert_true(plan_make(&input, &b, &err));
    assert_string_not_equal(a.renditions[0].id, b.renditions[0].id);
    assert_string_equal(a.posts[0].post.id, b.posts[0].post.id);
    plan_finish(&b);

    input.occurrence = 1;
    assert_true(plan_make(&input, &b, &err));
    assert_string_not_equal(a.posts[0].post.id, b.posts[0].post.id);
    plan_finish(&b);
    plan_finish(&a);
}

static void no_sound_becomes_silence_only_where_something_is_made(void **state)
{
    struct plan plan = plan_all(case_silent(case_facts(1920, 1080)));
    (void)state;

    assert_true(recipe_of(&plan, CLIPS)->audio_silent);
    assert_false(recipe_of(&plan, CLIPS)->normalize);
    assert_int_equal(recipe_of(&plan, CLIPS)->audio_stream, -1);
    assert_true(case_says(plan.renditions[plan.posts[CLIPS].rendition].reasons, "silent track"));
    plan_finish(&plan);
    plan = plan_all(case_silent(case_facts(1080, 1920)));
    assert_int_equal(recipe_of(&plan, CLIPS)->work, WORK_ORIGINAL);
    plan_finish(&plan);
}

static void the_cover_lies_inside_the_span(void **state)
{
    struct master master = case_master(case_facts(1920, 1080));
    struct plan plan = plan_for(&master, all, 1);
    (void)state;

    assert_int_equal(plan.renditions[0].cover_ms, 3000);
    plan_finish(&plan);
    master.sidecar.in_ms = 5000;
    master.sidecar.out_ms = 10000;
    master.sidecar.cover_ms = 7000;
    plan = plan_for(&master, all, 1);
    assert_int_equal(plan.renditions[0].cover_ms, 2000);    /* in the rendition */
    assert_int_equal(plan.posts[0].post.cover_ms, 2000);
    plan_finish(&plan);
    master.sidecar.cover_ms = 19000;
    plan = plan_for(&master, all, 1);
    assert_int_equal(plan.renditions[0].cover_ms, 4999);
    plan_finish(&plan);
    master.sidecar.cover_ms = 1000;
    plan = plan_for(&master, all, 1);
    assert_int_equal(plan.renditions[0].cover_ms, 0);
    plan_finish(&plan);
}

static uint64_t seed = 20261124;

static int roll(int below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (int)((seed >> 33) % (uint32_t)below);
}

static struct facts random_facts(void)
{
    static const char *const codecs[] = {"h264", "hevc", "vp9", "mpeg2video"}, *const sounds[] = {"aac", "opus",
                                                                                                  "pcm_s16le"};
    struct facts f = case_facts(2 + roll(roll(2) ? 300 : 6000), 2 + roll(roll(2) ? 300 : 6000));

    snprintf(f.video.codec, sizeof f.video.codec, "%s", codecs[roll(4)]);
    snprintf(f.audio.codec, sizeof f.audio.codec, "%s", sounds[roll(3)]);
    f.video.fps_num = roll(10) ? 1 + roll(300000) : 0;
    f.video.fps_den = roll(2) ? 1001 : 1 + roll(1000);
    f.video.variable_fps = !roll(3);
    f.video.hdr = (enum hdr_kind)roll(3);
    f.video.rotation_deg = roll(4) * 90;
    f.video.scan = (enum scan_kind)roll(3);
    f.edit_list = roll(2);
    f.edit_list_trims = f.edit_list && roll(2);
    f.size_bytes = 1 + (int64_t)roll(1 << 30) * 8;
    f.duration_ms = 1 + roll(roll(2) ? 20000 : 2000000);
    return roll(4) ? f : case_silent(f);
}

/* What one post gets against the limits of the place it goes to. */
static void check_post(const struct plan *plan, const struct plan_post *post)
{
    const struct spec *there = post->post.adapter->spec;
    const struct spec_row *duration = spec_find(there, SPEC_DURATION, SPEC_HARD),
                          *fps = spec_find(there, SPEC_FPS, SPEC_HARD);
    const struct recipe *r = &plan->renditions[post->rendition].recipe;
    json_auto_t *json = recipe_to_json(r);
    struct recipe again;
    struct error err;

    if (!recipe_from_json(json, &again, &err))
        fail_msg("%s", err.text);
    if (duration)
        assert_true(r->out_ms - r->in_ms <= duration->max);
    assert_true(post->post.cover_ms >= 0 && post->post.cover_ms < post->post.duration_ms);
    if (r->work != WORK_ENCODE)
        return;
    assert_true(r->width_px <= 1920 && r->height_px <= 1920 && r->width_px % 2 + r->height_px % 2 == 0);
    if (fps) {
        assert_true((int64_t)r->fps_num * 1000 <= fps->max * r->fps_den);
        assert_true((int64_t)r->fps_num * 1000 >= (fps->min - 1) * r->fps_den);
    }
    if (duration)    /* containers round up */
        assert_true(r->out_ms - r->in_ms <= duration->max - 50);
}

static void random_masters_give_legal_recipes(void **state)
{
    int made = 0;
    (void)state;

    for (int i = 0; i < 10000; i++) {
        struct master master = case_master(random_facts());
        struct plan plan;

        if (!roll(3))
            master.sidecar.in_ms = roll(20000);
        if (!roll(3))
            master.sidecar.out_ms = roll(2000000);
        master.sidecar.cover_ms = roll(3) ? -1 : roll(2000000);
        plan = plan_for(&master, all, 4);
        assert_true(plan.nb_renditions <= 4);
        for (size_t p = 0; p < plan.nb_posts; p++)
            if (!plan.posts[p].error.text[0]) {
                check_post(&plan, &plan.posts[p]);
                made++;
            }
        plan_finish(&plan);
    }
    assert_true(made > 20000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_encode_serves_a_wide_master_everywhere),
        cmocka_unit_test(what_fits_goes_out_untouched),
        cmocka_unit_test(only_who_needs_a_copy_gets_one),
        cmocka_unit_test(a_shorter_limit_gets_its_own),
        cmocka_unit_test(ends_within_a_margin_are_one),
        cmocka_unit_test(an_unlike_reframing_gets_its_own),
        cmocka_unit_test(home_can_keep_its_shape),
        cmocka_unit_test(nothing_is_made_for_who_does_not_take_it),
        cmocka_unit_test(a_refused_master_is_a_refused_post),
        cmocka_unit_test(names_follow_from_what_is_made),
        cmocka_unit_test(no_sound_becomes_silence_only_where_something_is_made),
        cmocka_unit_test(the_cover_lies_inside_the_span),
        cmocka_unit_test(random_masters_give_legal_recipes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
