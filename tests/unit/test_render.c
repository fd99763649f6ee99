/* Rendering: spans, geometry, rates and levels as values; then whole renditions through the parent and the worker,
 * from clips that the ffmpeg command line makes. */
#include "media/copy.h"
#include "media/encode.h"
#include "media/filters.h"
#include "media/loudness.h"
#include "media/mux.h"
#include "media/span.h"
#include "render/render.h"

#include "base/auto.h"
#include "base/file.h"
#include "ingest/worker.h"
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

extern char **environ;

static char folder[] = "/tmp/crosscut-render-XXXXXX";

/* ---- spans ---- */

static struct facts facts_of(int width_px, int height_px, int fps_num, int fps_den, int64_t duration_ms)
{
    return (struct facts){
        .duration_ms = duration_ms,
        .video = {.width_px = width_px, .height_px = height_px, .sar_num = 1, .sar_den = 1, .fps_num = fps_num,
                  .fps_den = fps_den, .duration_ms = duration_ms},
        .audio = {.stream = -1},
    };
}

static struct span span_for(int64_t in_ms, int64_t out_ms, int fps_num, int fps_den, const struct facts *facts)
{
    struct recipe r = {.in_ms = in_ms, .out_ms = out_ms, .fps_num = fps_num, .fps_den = fps_den};

    return span_of(&r, facts);
}

static void test_span_is_never_longer_than_asked(void **state)
{
    static const int rates[][2] = {{24, 1}, {25, 1}, {30000, 1001}, {30, 1}, {60000, 1001}, {60, 1}, {10, 1}};

    (void)state;
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        struct facts f = facts_of(1920, 1080, rates[i][0], rates[i][1], 600000);

        for (int64_t out_ms = 101; out_ms < 61000; out_ms += 37) {
            struct span s = span_for(0, out_ms, rates[i][0], rates[i][1], &f);

            assert_true(span_duration_us(&s) <= out_ms * 1000);
            assert_true(span_duration_us(&s) > out_ms * 1000 - INT64_C(1000000) * rates[i][1] / rates[i][0] - 1);
            assert_true(span_samples(&s, 48000) * 1000000 <= span_duration_us(&s) * 48000 + 48000);
        }
    }
}

static void test_span_ends_with_the_picture(void **state)
{
    struct facts f = facts_of(1280, 720, 30, 1, 4000);
    struct span s;

    (void)state;
    f.duration_ms = 8000;    /* sound goes on */
    s = span_for(0, 8000, 30, 1, &f);
    assert_int_equal(s.nb_frames, 120);
    f.video.start_ms = 1000;
    s = span_for(0, 8000, 30, 1, &f);
    assert_int_equal(s.nb_frames, 150);
}

static void test_span_has_at_least_one_frame(void **state)
{
    struct facts f = facts_of(640, 480, 25, 1, 40);
    struct span s = span_for(0, 33, 25, 1, &f);

    (void)state;
    assert_int_equal(s.nb_frames, 1);
}

static void test_span_begins_on_a_frame(void **state)
{
    struct facts f = facts_of(1280, 720, 30, 1, 60000);
    struct span s = span_for(517, 10000, 30, 1, &f);

    (void)state;
    assert_int_equal(s.begin_us, 533333);    /* frame 16; 517 ms lies half way to it from frame 15 */
    f.video.variable_fps = true;
    s = span_for(517, 10000, 30, 1, &f);
    assert_int_equal(s.begin_us, 517000);
}

/* Matroska counts milliseconds: every source frame must still get its own frame. */
static void test_frames_survive_rounded_stamps(void **state)
{
    struct facts f = facts_of(1280, 720, 30000, 1001, 60000);
    struct span s = span_for(0, 60000, 30000, 1001, &f);

    (void)state;
    for (int64_t n = 0; n < 1700; n++)
        assert_int_equal(span_frame_at(&s, n * 1001000 / 30000 * 1000), n);
}

static void test_half_the_rate_takes_every_second_frame(void **state)
{
    struct facts f = facts_of(1280, 720, 60000, 1001, 60000);
    struct span s = span_for(0, 60000, 30000, 1001, &f);

    (void)state;
    assert_true(s.halves);
    for (int64_t n = 0; n < 3000; n++) {
        int64_t us = n * 1001000 / 60000 * 1000;    /* rounded down to ms */

        assert_int_equal(span_frame_at(&s, us), (n + 1) / 2);
    }
}

static void test_frame_on_screen_stays_inside(void **state)
{
    struct facts f = facts_of(1280, 720, 25, 1, 2000);
    struct span s = span_for(0, 2000, 25, 1, &f);

    (void)state;
    assert_int_equal(span_frame_on_screen(&s, -5), 0);
    assert_int_equal(span_frame_on_screen(&s, 1000), 25);
    assert_int_equal(span_frame_on_screen(&s, 99999), 49);
}

/* ---- pictures ---- */

/* 64x32, a luma of its own in each quarter: 50 100 / 150 200 (top left, top right / bottom left, bottom right). */
static AVFrame *quarters(enum AVPixelFormat format)
{
    AVFrame *f = av_frame_alloc();

    assert_non_null(f);
    f->format = format;
    f->width = 64;
    f->height = 32;
    f->pts = 7;
    f->colorspace = AVCOL_SPC_BT709;
    f->color_range = AVCOL_RANGE_MPEG;
    assert_true(av_frame_get_buffer(f, 0) >= 0);
    for (int y = 0; y < 32; y++)
        for (int x = 0; x < 64; x++)
            f->data[0][y * f->linesize[0] + x] = (uint8_t)(50 + (x >= 32 ? 50 : 0) + (y >= 16 ? 100 : 0));
    for (int plane = 1; plane < 3; plane++)
        for (int y = 0; y < 16; y++)
            memset(f->data[plane] + y * f->linesize[plane], 128, 32);
    return f;
}

static AVFrame *filtered(const struct recipe *r, const struct facts *facts, const AVFrame *in)
{
    struct filters *filters = filters_create(r, facts, (AVRational){1, 25});
    AVFrame *out = NULL;
    struct error err = {0};

    if (!filters_send(filters, in, &err) || !filters_send(filters, NULL, &err) || !filters_receive(filters, &out, &err))
        fail_msg("%s", err.text);
    assert_non_null(out);
    assert_int_equal(out->pts, in->pts);
    assert_int_equal(out->format, AV_PIX_FMT_YUV420P);
    filters_destroy(filters);
    return out;
}

/* Luma in the middle of a quarter. */
static int luma(const AVFrame *f, int right, int bottom)
{
    int x = f->width * (1 + 2 * right) / 4, y = f->height * (1 + 2 * bottom) / 4;

    return f->data[0][y * f->linesize[0] + x];
}

static void test_eight_orientations(void **state)
{
    /* what lies top left, top right, bottom left, bottom right once the picture is upright */
    static const int plain[4][4] = {{50, 100, 150, 200}, {150, 50, 200, 100}, {200, 150, 100, 50}, {100, 200, 50, 150}};
    AVFrame *in = quarters(AV_PIX_FMT_YUV420P);

    (void)state;
    for (int turn = 0; turn < 4; turn++)
        for (int mirror = 0; mirror < 2; mirror++) {
            bool turned = turn % 2;
            struct facts f = facts_of(turned ? 32 : 64, turned ? 64 : 32, 25, 1, 1000);
            struct recipe r = {.work = WORK_ENCODE, .width_px = f.video.width_px, .height_px = f.video.height_px};
            AVFrame *out;

            f.video.rotation_deg = turn * 90;
            f.video.mirrored = mirror;
            out = filtered(&r, &f, in);
            assert_int_equal(out->width, f.video.width_px);
            assert_int_equal(out->height, f.video.height_px);
            for (int q = 0; q < 4; q++)
                assert_in_range(luma(out, (q % 2) ^ mirror, q / 2), plain[turn][q] - 2, plain[turn][q] + 2);
            av_frame_free(&out);
        }
    av_frame_free(&in);
}

static void test_crop_is_of_the_upright_picture(void **state)
{
    AVFrame *in = quarters(AV_PIX_FMT_YUV420P), *out;
    struct facts f = facts_of(32, 64, 25, 1, 1000);
    struct recipe r = {.work = WORK_ENCODE, .width_px = 16, .height_px = 32, .reframe = REFRAME_CROP,
                       .crop = {16, 0, 16, 32}};    /* top right of the upright picture */

    (void)state;
    f.video.rotation_deg = 90;
    out = filtered(&r, &f, in);
    for (int q = 0; q < 4; q++)
        assert_in_range(luma(out, q % 2, q / 2), 48, 52);
    av_frame_free(&out);
    av_frame_free(&in);
}

static void test_square_pixels(void **state)
{
    AVFrame *in = quarters(AV_PIX_FMT_YUV420P), *out;
    struct facts f = facts_of(128, 32, 25, 1, 1000);    /* SAR 2:1 */
    struct recipe r = {.work = WORK_ENCODE, .width_px = 32, .height_px = 32, .reframe = REFRAME_CROP,
                       .crop = {96, 0, 32, 32}};

    (void)state;
    f.video.sar_num = 2;
    out = filtered(&r, &f, in);
    assert_in_range(luma(out, 0, 0), 98, 102);
    assert_in_range(luma(out, 1, 1), 198, 202);
    av_frame_free(&out);
    av_frame_free(&in);
}

static void test_pad_and_blur_keep_all_of_the_picture(void **state)
{
    AVFrame *in = quarters(AV_PIX_FMT_YUV420P);
    struct facts f = facts_of(64, 32, 25, 1, 1000);
    struct recipe r = {.work = WORK_ENCODE, .width_px = 512, .height_px = 1024, .reframe = REFRAME_PAD};

    (void)state;
    for (int blur = 0; blur < 2; blur++) {
        AVFrame *out;
        struct crop place;

        r.reframe = blur ? REFRAME_BLUR : REFRAME_PAD;
        place = filters_place(&r, &f);
        assert_int_equal(place.width_px, 512);
        assert_int_equal(place.height_px, 256);
        assert_int_equal(place.y_px, 384);
        out = filtered(&r, &f, in);
        assert_in_range(out->data[0][(place.y_px + 64) * out->linesize[0] + 128], 48, 52);
        assert_in_range(out->data[0][(place.y_px + 192) * out->linesize[0] + 384], 198, 202);
        if (blur)    /* darkened: 16 + (200 - 16) * 0.7 at most */
            assert_in_range(out->data[0][64 * out->linesize[0] + 256], 30, 145);
        else
            assert_int_equal(out->data[0][64 * out->linesize[0] + 256], 16);
        av_frame_free(&out);
    }
    av_frame_free(&in);
}

static void test_full_range_becomes_limited(void **state)
{
    AVFrame *in = quarters(AV_PIX_FMT_YUVJ420P), *out;
    struct facts f = facts_of(64, 32, 25, 1, 1000);
    struct recipe r = {.work = WORK_ENCODE, .width_px = 64, .height_px = 32};

    (void)state;
    in->color_range = AVCOL_RANGE_JPEG;
    out = filtered(&r, &f, in);
    assert_in_range(luma(out, 0, 0), 57, 61);      /* 16 + 50 * 219 / 255 */
    assert_in_range(luma(out, 1, 1), 186, 190);
    assert_int_equal(out->color_range, AVCOL_RANGE_MPEG);
    av_frame_free(&out);
    av_frame_free(&in);
}

static void test_untagged_pictures_are_guessed(void **state)
{
    AVFrame f = {.format = AV_PIX_FMT_YUV420P, .width = 640, .height = 480, .colorspace = AVCOL_SPC_UNSPECIFIED};

    (void)state;
    assert_int_equal(picture_of(&f).matrix, AVCOL_SPC_SMPTE170M);
    assert_int_equal(picture_of(&f).range, AVCOL_RANGE_MPEG);
    f.height = 720;
    assert_int_equal(picture_of(&f).matrix, AVCOL_SPC_BT709);
    f.format = AV_PIX_FMT_GBRP;
    assert_int_equal(picture_of(&f).matrix, AVCOL_SPC_RGB);
    assert_int_equal(picture_of(&f).range, AVCOL_RANGE_JPEG);
}

/* ---- rates and levels ---- */

static void test_size_cap_bounds_the_rate(void **state)
{
    struct facts f = facts_of(1280, 720, 30, 1, 60000);
    struct span s = span_for(0, 60000, 30, 1, &f);
    struct recipe r = {.maxrate_bps = 20000000, .max_bytes = 10000000, .audio_bitrate_bps = 128000};
    int64_t rate = encode_maxrate_bps(&r, &s);

    (void)state;
    assert_true((rate * 62 + 128000 * 60) / 8 <= 10000000);    /* 2 s of buffer may come on top */
    assert_true(rate > 1000000);
    r.max_bytes = 0;
    assert_int_equal(encode_maxrate_bps(&r, &s), 20000000);
}

static void test_level_reaches_the_target(void **state)
{
    struct loudness quiet = {.lufs = -24, .true_peak_dbtp = -20}, loud = {.lufs = -20, .true_peak_dbtp = -2};
    struct loudness hiss = {.lufs = -60, .true_peak_dbtp = -50}, silence = {.silent = true, .lufs = -70};

    (void)state;
    assert_true(fabs(level_for(&quiet, -14, -1).gain_db - 10) < 0.001);
    assert_false(level_for(&quiet, -14, -1).limit);
    assert_true(level_for(&loud, -14, -1).limit);
    assert_true(level_for(&loud, -14, -1).ceiling_dbtp < -1);
    assert_true(level_for(&hiss, -14, -1).gain_db <= 32);
    assert_true(fabs(level_for(&silence, -14, -1).gain_db) < 0.001);
}

static void test_peaks_are_dipped_where_they_are(void **state)
{
    struct loudness made = {.lufs = -14.4, .true_peak_dbtp = 0.5};
    float peaks[20] = {0.5f};
    struct level level = {.nb_corrections = 9};

    (void)state;
    peaks[10] = 1.06f;
    assert_true(level_again(&level, &made, peaks, 20, -14, -1));
    assert_true(level.dips_db[9] > 1.5f && level.dips_db[10] > 1.5f && level.dips_db[8] > 1.5f);
    assert_true(level.dips_db[5] <= 0 && level.dips_db[12] <= 0);
    level_finish(&level);
    made.true_peak_dbtp = -1.1;
    assert_false(level_again(&level, &made, peaks, 20, -14, -1));
}

static void test_sound_is_copied_only_when_it_begins_with_the_picture(void **state)
{
    struct facts f = facts_of(1280, 720, 30, 1, 60000);
    struct recipe r = {.work = WORK_REMUX, .audio_stream = 1};

    (void)state;
    snprintf(f.audio.codec, sizeof f.audio.codec, "aac");
    assert_true(copy_audio_possible(&r, &f));
    f.audio.start_ms = 800;
    assert_false(copy_audio_possible(&r, &f));
    f.audio.start_ms = 0;
    snprintf(f.audio.codec, sizeof f.audio.codec, "mp3");
    assert_false(copy_audio_possible(&r, &f));
}

/* ---- whole renditions ---- */

static char *in_folder(const char *name, char path[static PATH_MAX])
{
    snprintf(path, PATH_MAX, "%s/%s", folder, name);
    return path;
}

/* The ffmpeg command line with blanks between the arguments; false when it is not installed or cannot do it. */
static bool ffmpeg(const char *arguments, const char *output)
{
    char line[2048], *argv[64] = {(char[]){"ffmpeg"}, (char[]){"-v"}, (char[]){"error"}, (char[]){"-y"}}, *word;
    char *rest = line;
    size_t n = 4;
    pid_t pid;
    int status;

    snprintf(line, sizeof line, "%s", arguments);
    while ((word = strsep(&rest, " ")) && n < 62)
        argv[n++] = word;
    argv[n] = (char *)(uintptr_t)output;
    if (posix_spawnp(&pid, "ffmpeg", NULL, NULL, argv, environ) != 0)
        return false;
    return waitpid(pid, &status, 0) == pid && status == 0;
}

/* A clap: white and loud for 40 ms, one second after the start. */
#define CLAP                                                                                                           \
    "-f lavfi -i color=c=black:s=320x180:r=25:d=3,drawbox=c=white:t=fill:enable='between(t,0.99,1.03)' "               \
    "-f lavfi -i aevalsrc='0.5*sin(2*PI*1000*t)*between(t,1,1.04)':s=44100:d=3 -pix_fmt yuv420p "

static const struct recipe base = {
    .work = WORK_ENCODE, .out_ms = 3000, .width_px = 180, .height_px = 320, .reframe = REFRAME_BLUR, .fps_num = 25,
    .fps_den = 1, .encoder = "x264", .preset = "superfast", .crf = 23, .maxrate_bps = 5000000, .gop_ms = 1000,
    .sample_rate_hz = 48000, .channels = 2, .audio_bitrate_bps = 128000, .video_stream = 0, .audio_stream = 1,
    .target_lufs = -14, .target_dbtp = -1,
};

static void make_master(const char *arguments, const char *name, char path[static PATH_MAX], struct facts *facts)
{
    struct error err = {0};

    if (!getenv("CROSSCUT_MEDIA") || !ffmpeg(arguments, in_folder(name, path)))
        skip();
    if (!media_probe(path, facts, &err))
        fail_msg("%s", err.text);
}

static bool render_all(const char *master, const struct facts *facts, const struct render_order *orders,
                       size_t nb_orders, struct error *err)
{
    struct render_batch batch = {.master = master, .facts = facts, .folder = folder, .orders = orders,
                                 .nb_orders = nb_orders};
    struct render *r = render_start(&batch, err);
    struct render_progress progress = {0};
    bool finished = false, ok = r != NULL;

    while (ok && !finished) {
        struct pollfd p = {.fd = render_fd(r), .events = POLLIN};

        assert_true(poll(&p, 1, 60000) > 0);
        ok = render_step(r, &progress, &finished, err);
    }
    render_destroy(r);
    return ok;
}

static void render_one(const char *master, const struct facts *facts, const char *id, const struct recipe *recipe)
{
    struct render_order order = {.id = id, .recipe = recipe, .cover_ms = 1000};
    struct error err = {0};

    if (!render_all(master, facts, &order, 1, &err))
        fail_msg("%s", err.text);
}

static struct cached found(const char *id, struct arena *arena)
{
    struct cached c = {0};

    assert_true(cache_find(folder, id, arena, &c));
    return c;
}

/* Milliseconds of the first white frame and of the first loud sample. */
static void find_clap(const char *path, double *flash_ms, double *clap_ms)
{
    char raw[PATH_MAX], sound[PATH_MAX], line[PATH_MAX + 256];
    AUTO_FREE char *pixels = NULL, *samples = NULL;
    size_t nb_pixels, nb_samples, at;
    const float *s;

    snprintf(line, sizeof line, "-i %s -an -vf scale=18:32 -pix_fmt gray -f rawvideo", path);
    assert_true(ffmpeg(line, in_folder("clap.gray", raw)));
    snprintf(line, sizeof line, "-i %s -vn -ac 1 -ar 48000 -f f32le", path);
    assert_true(ffmpeg(line, in_folder("clap.f32", sound)));
    assert_true(file_read(raw, 64 << 20, &pixels, &nb_pixels, NULL));
    assert_true(file_read(sound, 64 << 20, &samples, &nb_samples, NULL));
    for (at = 0; at < nb_pixels / 576 && (unsigned char)pixels[at * 576 + 288] < 128; at++)
        ;
    *flash_ms = (double)at * 40;
    s = (const float *)(const void *)samples;
    for (at = 0; at < nb_samples / 4 && fabsf(s[at]) < 0.1f; at++)
        ;
    *clap_ms = (double)at / 48;
}

static bool has_box(const char *path, const char *name)
{
    AUTO_FREE char *bytes = NULL;
    size_t nb_bytes;

    assert_true(file_read(path, 64 << 20, &bytes, &nb_bytes, NULL));
    return memmem(bytes, nb_bytes, name, 4) != NULL;
}

static void check_clap(const char *path)
{
    double flash_ms, clap_ms;

    find_clap(path, &flash_ms, &clap_ms);
    assert_true(fabs(flash_ms - 1000) < 0.5);
    assert_true(fabs(clap_ms - flash_ms) <= 5);
    assert_false(has_box(path, "elst"));
}

static void test_encoded_is_in_sync_and_as_ordered(void **state)
{
    AUTO_ARENA struct arena *arena = arena_create();
    char master[PATH_MAX];
    struct facts facts;
    struct cached c;

    (void)state;
    make_master(CLAP "-c:v libx264 -bf 2 -c:a aac", "clap.mp4", master, &facts);
    render_one(master, &facts, "encoded", &base);
    c = found("encoded", arena);
    assert_int_equal(c.facts.video.width_px, 180);
    assert_int_equal(c.facts.video.height_px, 320);
    assert_int_equal(c.facts.video.nb_frames, 75);
    assert_string_equal(c.facts.video.matrix, "bt709");
    assert_true(c.facts.moov_first && !c.facts.edit_list && c.facts.video.closed_gop);
    assert_true(c.facts.duration_ms <= 3000);
    assert_non_null(c.cover);
    check_clap(c.path);
}

static void test_same_recipe_gives_the_same_bytes(void **state)
{
    AUTO_ARENA struct arena *arena = arena_create();
    char master[PATH_MAX];
    struct facts facts;
    struct recipe r = base;
    struct render_order orders[2] = {{"once", &r, 0}, {"twice", &r, 0}};
    struct error err = {0};

    (void)state;
    r.normalize = true;
    make_master(CLAP "-c:v libx264 -bf 2 -c:a aac", "clap.mp4", master, &facts);
    assert_true(render_all(master, &facts, orders, 2, &err));    /* one decode, one sound, two files */
    render_one(master, &facts, "thrice", &r);
    assert_string_equal(found("once", arena).sha256, found("twice", arena).sha256);
    assert_string_equal(found("once", arena).sha256, found("thrice", arena).sha256);
}

static void test_remuxed_is_in_sync_without_edit_list(void **state)
{
    AUTO_ARENA struct arena *arena = arena_create();
    char master[PATH_MAX];
    struct facts facts;
    struct recipe r = base;
    struct cached c;

    (void)state;
    make_master(CLAP "-c:v libx264 -bf 2 -c:a aac", "clap.mp4", master, &facts);
    r.work = WORK_REMUX;
    r.out_ms = facts.duration_ms;
    render_one(master, &facts, "remuxed", &r);
    c = found("remuxed", arena);
    assert_int_equal(c.facts.video.nb_frames, 75);
    assert_int_equal(c.facts.video.width_px, 320);
    check_clap(c.path);
    r.work = WORK_AUDIO;
    render_one(master, &facts, "audio", &r);
    check_clap(found("audio", arena).path);
}

static void test_trim_keeps_sync(void **state)
{
    AUTO_ARENA struct arena *arena = arena_create();
    char master[PATH_MAX];
    struct facts facts;
    struct recipe r = base;
    double flash_ms, clap_ms;
    struct cached c;

    (void)state;
    make_master(CLAP "-c:v libx264 -bf 2 -c:a aac", "clap.mkv", master, &facts);
    r.in_ms = 600;
    r.out_ms = 2030;
    render_one(master, &facts, "trimmed", &r);
    c = found("trimmed", arena);
    assert_int_equal(c.facts.video.nb_frames, 35);    /* 1430 ms hold 35 whole frames of 40 ms */
    find_clap(c.path, &flash_ms, &clap_ms);
    assert_true(fabs(flash_ms - 400) <= 40);    /* Matroska shifts all by the AAC delay: the nearest frame begins */
    assert_true(fabs(clap_ms - flash_ms) <= 5);
}

static void test_late_sound_stays_late(void **state)
{
    AUTO_ARENA struct arena *arena = arena_create();
    char master[PATH_MAX];
    struct facts facts;
    double flash_ms, clap_ms;

    (void)state;
    make_master("-f lavfi -i color=c=black:s=320x180:r=25:d=3,drawbox=c=white:t=fill:enable='between(t,0.99,1.03)' "
                "-itsoffset 0.8 -f lavfi -i aevalsrc='0.5*sin(2*PI*1000*t)':s=48000:d=2 -pix_fmt yuv420p "
                "-c:v libx264 -bf 2 -c:a aac", "late.mp4", master, &facts);
    render_one(master, &facts, "late", &base);
    find_clap(found("late", arena).path, &flash_ms, &clap_ms);
    assert_true(fabs(flash_ms - 1000) < 0.5);
    assert_true(fabs(clap_ms - 800) <= 5);
}

static void test_silent_track_for_a_master_without_sound(void **state)
{
    AUTO_ARENA struct arena *arena = arena_create();
    char master[PATH_MAX];
    struct facts facts;
    struct recipe r = base;
    struct cached c;

    (void)state;
    make_master("-f lavfi -i testsrc2=s=320x180:r=25:d=0.04 -pix_fmt yuv420p -c:v libx264", "still.mp4", master, &facts);
    r.audio_silent = true;
    r.audio_stream = -1;
    r.out_ms = facts.duration_ms;
    render_one(master, &facts, "silent", &r);
    c = found("silent", arena);
    assert_int_equal(c.facts.video.nb_frames, 1);
    assert_true(c.facts.audio.stream >= 0);
    assert_string_equal(c.facts.audio.codec, "aac");
}

static void test_size_cap_holds(void **state)
{
    AUTO_ARENA struct arena *arena = arena_create();
    char master[PATH_MAX];
    struct facts facts;
    struct recipe r = base;

    (void)state;
    make_master("-f lavfi -i testsrc2=s=320x180:r=25:d=4,noise=alls=60:allf=t -f lavfi -i sine=d=4 -pix_fmt yuv420p "
                "-c:v libx264 -preset ultrafast -crf 10 -c:a aac", "noise.mp4", master, &facts);
    r.max_bytes = 400000;
    r.crf = 5;
    render_one(master, &facts, "capped", &r);
    assert_true(found("capped", arena).bytes <= 400000);
}

static bool has_parts(void)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    bool any = false;

    assert_non_null(dir);
    while ((entry = readdir(dir)))
        any = any || strstr(entry->d_name, ".part-");
    closedir(dir);
    return any;
}

static void test_a_refused_batch_leaves_nothing(void **state)
{
    char master[PATH_MAX];
    struct facts facts;
    struct recipe r = base;
    struct render_order order = {.id = "refused", .recipe = &r, .cover_ms = 0};
    struct error err = {0};

    (void)state;
    make_master(CLAP "-c:v libx264 -bf 2 -c:a aac", "clap.mp4", master, &facts);
    r.max_bytes = 2000;    /* nothing fits in there */
    assert_false(render_all(master, &facts, &order, 1, &err));
    assert_int_equal(err.kind, ERROR_REFUSED);
    assert_string_equal(err.rule, "media.size");
    assert_false(has_parts());
}

static void test_cancelling_leaves_nothing(void **state)
{
    char master[PATH_MAX];
    struct facts facts;
    struct render_order order = {.id = "cancelled", .recipe = &base, .cover_ms = 0};
    struct render_batch batch = {.master = master, .facts = &facts, .folder = folder, .orders = &order, .nb_orders = 1};
    struct error err = {0};
    struct render *r;

    (void)state;
    make_master(CLAP "-c:v libx264 -bf 2 -c:a aac", "clap.mp4", master, &facts);
    r = render_start(&batch, &err);
    assert_non_null(r);
    assert_true(has_parts());
    render_destroy(r);
    assert_false(has_parts());
}

static bool send_black(struct node *node, void *work, struct error *err)
{
    for (int i = 0; i < 200; i++) {
        AVPacket *p = av_packet_alloc();

        if (!p || av_new_packet(p, 50000) < 0)
            return fail_rule(err, ERROR_INTERNAL, "", "out of memory");
        memset(p->data, 0, 50000);
        p->pts = p->dts = i;
        p->duration = 1;
        p->time_base = *(AVRational *)work;
        p->stream_index = MUX_VIDEO;
        if (!node_send(node, 0, p)) {
            av_packet_free(&p);
            break;
        }
    }
    return true;
}

static void test_a_full_disk_is_one_clear_error(void **state)
{
    AUTO_CLOSE int fd = open("/dev/full", O_RDWR | O_CLOEXEC);
    AVCodecParameters parameters = {.codec_type = AVMEDIA_TYPE_VIDEO, .codec_id = AV_CODEC_ID_MPEG4, .width = 64,
                                    .height = 64, .format = AV_PIX_FMT_YUV420P};
    AVRational tick = {1, 25};
    struct graph *g = graph_create();
    struct node *source = graph_source(g, "black", send_black, &tick);
    struct error err = {0};
    struct mux mux;

    (void)state;
    if (fd < 0)
        skip();
    assert_true(mux_open(&mux, fd, &err));
    assert_true(mux_add(&mux, MUX_VIDEO, &parameters, tick, (AVRational){25, 1}, &err));
    graph_then(source, "mux", mux_run, &mux, MUX_EDGE);
    assert_false(graph_run(g, NULL, NULL, &err));
    assert_int_equal(err.kind, ERROR_INTERNAL);
    assert_non_null(strstr(err.text, "No space left on device"));
    graph_destroy(g);
    mux_close(&mux);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    char *const argv[] = {(char[]){"rm"}, (char[]){"-rf"}, folder, NULL};
    pid_t pid;

    (void)state;
    if (posix_spawnp(&pid, "rm", NULL, NULL, argv, environ) == 0)
        waitpid(pid, NULL, 0);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_span_is_never_longer_than_asked),
        cmocka_unit_test(test_span_ends_with_the_picture),
        cmocka_unit_test(test_span_has_at_least_one_frame),
        cmocka_unit_test(test_span_begins_on_a_frame),
        cmocka_unit_test(test_frames_survive_rounded_stamps),
        cmocka_unit_test(test_half_the_rate_takes_every_second_frame),
        cmocka_unit_test(test_frame_on_screen_stays_inside),
        cmocka_unit_test(test_eight_orientations),
        cmocka_unit_test(test_crop_is_of_the_upright_picture),
        cmocka_unit_test(test_square_pixels),
        cmocka_unit_test(test_pad_and_blur_keep_all_of_the_picture),
        cmocka_unit_test(test_full_range_becomes_limited),
        cmocka_unit_test(test_untagged_pictures_are_guessed),
        cmocka_unit_test(test_size_cap_bounds_the_rate),
        cmocka_unit_test(test_level_reaches_the_target),
        cmocka_unit_test(test_peaks_are_dipped_where_they_are),
        cmocka_unit_test(test_sound_is_copied_only_when_it_begins_with_the_picture),
        cmocka_unit_test(test_encoded_is_in_sync_and_as_ordered),
        cmocka_unit_test(test_same_recipe_gives_the_same_bytes),
        cmocka_unit_test(test_remuxed_is_in_sync_without_edit_list),
        cmocka_unit_test(test_trim_keeps_sync),
        cmocka_unit_test(test_late_sound_stays_late),
        cmocka_unit_test(test_silent_track_for_a_master_without_sound),
        cmocka_unit_test(test_size_cap_holds),
        cmocka_unit_test(test_a_refused_batch_leaves_nothing),
        cmocka_unit_test(test_cancelling_leaves_nothing),
        cmocka_unit_test(test_a_full_disk_is_one_clear_error),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
