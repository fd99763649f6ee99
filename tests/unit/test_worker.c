/* The worker and the probe, with tiny files made by the ffmpeg command line, and with the shared test media when they are there. */
#include "ingest/worker.h"

#include "base/auto.h"
#include "base/clock.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

extern char **environ;

static char folder[] = "/tmp/crosscut-worker-XXXXXX";
static char program[PATH_MAX];       /* the real worker */

static char *in_folder(const char *name, char path[static PATH_MAX])
{
    snprintf(path, PATH_MAX, "%s/%s", folder, name);
    return path;
}

static void write_file(const char *path, const void *bytes, size_t nb_bytes, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, nb_bytes), nb_bytes);
    close(fd);
}

/* ffmpeg with blanks between the arguments; false when it is not installed or cannot do it. */
static bool ffmpeg(const char *arguments, const char *output)
{
    char line[2048], *argv[64] = {(char[]){"ffmpeg"}, (char[]){"-v"}, (char[]){"error"}, (char[]){"-y"}}, *word, *rest = line;
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

#define SOURCE "-f lavfi -i testsrc2=s=320x180:r=30000/1001:d=2 -f lavfi -i sine=r=48000:d=2 -pix_fmt yuv420p -threads 1 "

static struct facts probe_made(const char *arguments, const char *name)
{
    char path[PATH_MAX];
    struct facts facts;
    struct error err = {0};

    if (!ffmpeg(arguments, in_folder(name, path)))
        skip();
    if (!media_probe(path, &facts, &err))
        fail_msg("%s", err.text);
    return facts;
}

static void test_plain_mp4(void **state)
{
    struct facts f = probe_made(SOURCE "-c:v libx264 -preset ultrafast -g 30 -c:a aac -movflags +faststart", "plain.mp4");

    (void)state;
    assert_string_equal(f.container, "mp4");
    assert_string_equal(f.video.codec, "h264");
    assert_string_equal(f.audio.codec, "aac");
    assert_int_equal(f.video.width_px, 320);
    assert_int_equal(f.video.height_px, 180);
    assert_int_equal(f.video.fps_num, 30000);
    assert_int_equal(f.video.fps_den, 1001);
    assert_false(f.video.variable_fps);
    assert_int_equal(f.video.nb_frames, 60);
    assert_in_range(f.duration_ms, 1995, 2010);
    assert_true(f.moov_first);
    assert_true(f.edit_list);
    assert_false(f.edit_list_trims);
    assert_true(f.video.closed_gop);
    assert_in_range(f.video.gop_max_ms, 1000, 1002);
    assert_int_equal(f.video.bit_depth, 8);
    assert_string_equal(f.video.chroma, "420");
    assert_int_equal(f.audio.sample_rate_hz, 48000);
    assert_string_equal(f.audio.layout, "mono");
}

static void test_moov_last_mov_b_frames(void **state)
{
    struct facts f = probe_made(SOURCE "-c:v libx264 -preset veryfast -bf 2 -c:a pcm_s16le", "last.mov");

    (void)state;
    assert_string_equal(f.container, "mov");
    assert_false(f.moov_first);
    assert_false(f.edit_list_trims);
    assert_int_equal(f.video.start_ms, 0);
    assert_string_equal(f.audio.codec, "pcm_s16le");
}

static void test_aspect_and_hdr(void **state)
{
    struct facts f = probe_made("-f lavfi -i testsrc2=s=720x576:r=25:d=0.4,setsar=64/45 -threads 1 -c:v libx264 -preset ultrafast "
                                "-pix_fmt yuv420p10le -color_trc smpte2084 -color_primaries bt2020 -colorspace bt2020nc", "pq.mkv");

    (void)state;
    assert_string_equal(f.container, "matroska");
    assert_int_equal(f.video.width_px, 1024);
    assert_int_equal(f.video.height_px, 576);
    assert_int_equal(f.video.sar_num, 64);
    assert_int_equal(f.video.hdr, HDR_PQ);
    assert_int_equal(f.video.bit_depth, 10);
    assert_string_equal(f.video.primaries, "bt2020");
    assert_int_equal(f.audio.stream, -1);
}

static void test_open_gop_and_offset(void **state)
{
    struct facts f = probe_made("-itsoffset 0.5 -f lavfi -i testsrc2=s=320x180:r=25:d=2 -f lavfi -i sine=r=48000:d=2 -threads 1 "
                                "-pix_fmt yuv420p -c:v mpeg2video -bf 2 -g 10 -c:a mp2", "open.ts");

    (void)state;
    assert_string_equal(f.container, "mpegts");
    assert_false(f.video.closed_gop);
    assert_in_range(f.video.start_ms, 480, 560);
    assert_int_equal(f.audio.start_ms, 0);
    assert_in_range(f.duration_ms, 2490, 2570);
}

static void test_variable_rate(void **state)
{
    struct facts f = probe_made("-f lavfi -i testsrc2=s=320x180:r=30:d=3,select=not(mod(n\\,4))+not(mod(n\\,7)) -vsync vfr "
                                "-threads 1 -pix_fmt yuv420p -c:v libx264 -preset ultrafast", "vfr.mp4");

    (void)state;
    assert_true(f.video.variable_fps);
    assert_in_range(f.video.fps_num / f.video.fps_den, 7, 30);
}

/* A name is only a name: bytes that are not UTF-8, line ends, shell and filter characters. */
static void test_awkward_names(void **state)
{
    static const char *const names[] = {"-y.mp4", "caf\xE9.mp4", "a\nb.mp4", "%d,[x];'$(touch PWNED)\".mp4", "http:__x.mp4"};
    char plain[PATH_MAX], path[PATH_MAX];
    struct facts facts;
    struct error err = {0};

    (void)state;
    probe_made(SOURCE "-c:v libx264 -preset ultrafast -c:a aac", "name.mp4");
    in_folder("name.mp4", plain);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_int_equal(link(plain, in_folder(names[i], path)), 0);
        if (!media_probe(path, &facts, &err))
            fail_msg("%s", err.text);
        assert_int_equal(facts.video.nb_frames, 60);
    }
}

static void test_cut_file_is_refused(void **state)
{
    char path[PATH_MAX];
    struct stat st;
    struct facts facts;
    struct error err = {0};

    (void)state;
    probe_made(SOURCE "-c:v libx264 -preset ultrafast -c:a aac -movflags +faststart", "cut.mp4");
    assert_int_equal(stat(in_folder("cut.mp4", path), &st), 0);
    assert_int_equal(truncate(path, st.st_size / 2), 0);
    assert_false(media_probe(path, &facts, &err));
    assert_int_equal(err.kind, ERROR_REFUSED);
    assert_string_equal(err.rule, "media.truncated");
    assert_non_null(strstr(err.text, "cut.mp4"));
}

static void refuses(const char *path, const char *rule)
{
    struct facts facts = {.nb_streams = 77};
    struct error err = {0};

    assert_false(media_probe(path, &facts, &err));
    assert_int_equal(err.kind, ERROR_REFUSED);
    assert_string_equal(err.rule, rule);
    assert_non_null(strstr(err.text, strrchr(path, '/') + 1));
    assert_null(strchr(err.text, '\n'));
    assert_int_equal(facts.nb_streams, 77);
}

static void test_what_is_no_video(void **state)
{
    static const char playlist[] = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n";
    static const char script[] = "ffconcat version 1.0\nfile '/etc/hostname'\n";
    char path[PATH_MAX];

    (void)state;
    refuses("/nowhere/at-all.mp4", "media.unreadable");
    refuses("/dev/null", "media.unreadable");
    write_file(in_folder("hls.mp4", path), playlist, sizeof playlist - 1, 0600);
    refuses(path, "media.container");
    write_file(in_folder("concat.mp4", path), script, sizeof script - 1, 0600);
    refuses(path, "media.container");
    write_file(in_folder("empty.mp4", path), "", 0, 0600);
    refuses(path, "media.unreadable");
    assert_int_equal(mkfifo(in_folder("fifo.mp4", path), 0600), 0);
    refuses(path, "media.unreadable");
    assert_int_equal(symlink("loop.mp4", in_folder("loop.mp4", path)), 0);
    refuses(path, "media.unreadable");
    if (ffmpeg("-f lavfi -i sine=d=0.2 -c:a aac", in_folder("sound.m4a", path)))
        refuses(path, "media.no_video");
    if (ffmpeg("-f lavfi -i testsrc2=d=0.04 -frames:v 1", in_folder("still.png", path)))
        refuses(path, "media.still_image");
}

/* ---- the protocol, with scripts in the worker's place ---- */

static bool end_with(const char *script, struct error *err, int *nb_events)
{
    char path[PATH_MAX];
    json_auto_t *job = json_pack("{s:s}", "job", "test");
    struct worker *w;
    json_t *event;
    int64_t until = clock_monotonic_ms() + 10000;

    write_file(in_folder("script", path), script, strlen(script), 0700);
    setenv("CROSSCUT_MEDIA", path, 1);
    w = worker_start(job, NULL, 0, err);
    setenv("CROSSCUT_MEDIA", program, 1);
    if (!w)
        return false;
    *nb_events = 0;
    *err = (struct error){0};
    for (;;) {
        struct pollfd ready = {.fd = worker_fd(w), .events = POLLIN};

        while ((event = worker_event(w))) {
            ++*nb_events;
            json_decref(event);
        }
        if (worker_ended(w, err) || clock_monotonic_ms() > until)
            break;
        poll(&ready, 1, 1000);
    }
    worker_destroy(w);
    return clock_monotonic_ms() < until;
}

static void test_protocol(void **state)
{
    struct error err;
    int nb;

    (void)state;
    assert_true(end_with("#!/bin/sh\necho '{\"event\":\"a\"}'; echo '{\"event\":\"b\"}'\n", &err, &nb));
    assert_int_equal(nb, 2);
    assert_string_equal(err.text, "");
    assert_true(end_with("#!/bin/sh\necho '{\"event\":\"error\",\"kind\":\"refused\",\"rule\":\"media.x\",\"text\":\"no\"}'; exit 1\n", &err, &nb));
    assert_int_equal(nb, 0);
    assert_string_equal(err.rule, "media.x");
    assert_string_equal(err.text, "no");
    assert_true(end_with("#!/bin/sh\nkill -SEGV $$\n", &err, &nb));
    assert_string_equal(err.rule, "media.crash");
    assert_non_null(strstr(err.text, "signal 11"));
    assert_true(end_with("#!/bin/sh\necho oops >&2; exit 3\n", &err, &nb));
    assert_non_null(strstr(err.text, "status 3: oops"));
    assert_true(end_with("#!/bin/sh\necho not json; sleep 30\n", &err, &nb));
    assert_int_equal(err.kind, ERROR_REFUSED);
    assert_non_null(strstr(err.text, "protocol"));
    assert_true(end_with("#!/bin/sh\nhead -c 6000000 /dev/zero | tr '\\\\0' x; sleep 30\n", &err, &nb));
    assert_non_null(strstr(err.text, "protocol"));
}

static void test_floods_are_bounded(void **state)
{
    struct error err;
    int nb;

    (void)state;
    assert_true(end_with("#!/bin/sh\nhead -c 9000000 /dev/zero | tr '\\\\0' x >&2; echo '{\"event\":\"a\"}'\n", &err, &nb));
    assert_int_equal(nb, 1);
    assert_string_equal(err.text, "");
}

/* The child sees its descriptors, the job and nothing else: no environment, no other descriptor. */
static void test_isolation(void **state)
{
    static const char script[] =
        "#!/bin/sh\n"
        "read -r job; [ \"$job\" = '{\"job\":\"test\"}' ] || exit 7\n"
        "[ -z \"$CROSSCUT_SECRET$HOME\" ] || exit 8\n"
        "for fd in /proc/self/fd/*; do case ${fd##*/} in 0|1|2|3|10|255) ;; *) exit 9;; esac; done\n"
        "echo '{\"event\":\"a\"}'\n";
    struct error err;
    int nb, extra = open("/dev/null", O_RDONLY);    /* without close-on-exec */

    (void)state;
    setenv("CROSSCUT_SECRET", "token", 1);
    assert_true(end_with(script, &err, &nb));
    close(extra);
    assert_string_equal(err.text, "");
    assert_int_equal(nb, 1);
}

static void test_descriptors_keep_their_order(void **state)
{
    static const char script[] = "#!/bin/sh\nread -r a <&3; read -r b <&4; read -r c <&5; echo \"{\\\"event\\\":\\\"$a$b$c\\\"}\"\n";
    json_auto_t *job = json_object();
    char path[PATH_MAX];
    struct error err = {0};
    struct worker *w;
    json_t *event;
    int fds[3];

    (void)state;
    write_file(in_folder("ordered", path), script, strlen(script), 0700);
    setenv("CROSSCUT_MEDIA", path, 1);
    for (int i = 2; i >= 0; i--) {    /* opened backwards, so that numbers and places differ */
        char name[] = {(char)('a' + i), '\n', 0};

        write_file(in_folder(name, path), name, 2, 0600);
        fds[i] = open(path, O_RDONLY | O_CLOEXEC);
    }
    w = worker_start(job, fds, 3, &err);
    setenv("CROSSCUT_MEDIA", program, 1);
    assert_non_null(w);
    while (!(event = worker_event(w)) && !worker_ended(w, &err)) {
        struct pollfd ready = {.fd = worker_fd(w), .events = POLLIN};

        poll(&ready, 1, 1000);
    }
    assert_string_equal(json_string_value(json_object_get(event, "event")), "abc");
    json_decref(event);
    worker_destroy(w);
    for (int i = 0; i < 3; i++)
        close(fds[i]);
}

static void test_missing_program(void **state)
{
    json_auto_t *job = json_object();
    struct error err = {0};

    (void)state;
    setenv("CROSSCUT_MEDIA", "/nowhere/crosscut-media", 1);
    assert_null(worker_start(job, NULL, 0, &err));
    assert_int_equal(err.kind, ERROR_CONFIG);
    setenv("CROSSCUT_MEDIA", program, 1);
    assert_null(worker_start(NULL, NULL, 0, &err));
    worker_destroy(NULL);
}

/* ---- the shared test media, when they are there ---- */

#define MEDIA "../shared/media/"

struct truth {
    const char *file;
    int width_px, height_px, rotation_deg;
    double fps;
    bool variable_fps;
    enum hdr_kind hdr;
    int64_t video_start_ms, audio_start_ms, duration_ms;
    const char *video_codec, *audio_codec;
};

/* Figures from the media folder's README (ffprobe 5.1 and looking). fps 0: not checked. */
static const struct truth truths[] = {
    {"footage/dog-and-woman-720p.mp4", 1280, 720, 0, 29.97, false, HDR_NONE, 0, 0, 9664, "h264", "aac"},
    {"footage/marathon-crowd-540.mkv", 960, 540, 0, 29.97, false, HDR_NONE, 491, 0, 5129, "h264", "pcm_s16le"},
    {"footage/speaker-left-group-640.mp4", 640, 480, 0, 29.97, false, HDR_NONE, 33, 0, 3042, "h264", "aac"},
    {"footage/screencast-webcam-720p.mp4", 1280, 720, 0, 30, false, HDR_NONE, 0, 9, 8320, "h264", "aac"},
    {"footage/grid-man1-288.mpg", 360, 288, 0, 25, false, HDR_NONE, 0, 0, 3000, "mpeg1video", "mp2"},
    {"footage/enter-leave-room-432.mp4", 768, 432, 0, 10, false, HDR_NONE, 0, 0, 139400, "h264", NULL},
    {"phone/ios9-rot90-mebx.mov", 720, 1280, 90, 30, false, HDR_NONE, 0, 0, 467, "h264", "aac"},
    {"phone/sideways movie.mov", 480, 640, 90, 24, false, HDR_NONE, 0, 0, 1017, "h264", "aac"},
    {"phone/people-dog-rot270.mp4", 720, 1280, 270, 29.97, false, HDR_NONE, 0, 0, 4972, "h264", "aac"},
    {"phone/android-rot180-10fps.mp4", 1280, 720, 180, 0, true, HDR_NONE, 0, 0, 2400, "h264", "aac"},
    {"phone/android-vfr-1080p.mp4", 1920, 1080, 0, 30, true, HDR_NONE, 0, 0, 1600, "h264", "aac"},
    {"phone/iphone-dv84-hlg-editlist-rot90.mp4", 1080, 1920, 90, 29.97, false, HDR_HLG, 0, 0, 2560, "hevc", "aac"},
    {"phone/hdr10-av1-portrait.mp4", 720, 1280, 0, 29.97, false, HDR_PQ, 0, 21, 4238, "av1", "aac"},
    {"phone/pixel-motion-photo-2tracks.mp4", 768, 1024, 90, 30, true, HDR_NONE, 0, 0, 2101, "hevc", NULL},
    {"phone/portrait-4k60-rot90.mp4", 2160, 3840, 90, 60, false, HDR_NONE, 0, 0, 313, "h264", "aac"},
    {"formats/starts-at-10s-sar.mp4", 1137, 640, 0, 30, false, HDR_NONE, 0, 0, 4000, "h264", NULL},
    {"formats/video-starts-1s-late.mp4", 1920, 1080, 0, 30, false, HDR_NONE, 1000, 0, 10006, "h264", "aac"},
    {"formats/cursed-vfr-odd.mp4", 3026, 1386, 0, 0, true, HDR_NONE, 0, 0, 8726, "h264", NULL},
    {"formats/sar-2x1.mp4", 1280, 360, 0, 30, false, HDR_NONE, 0, 0, 5000, "h264", NULL},
    {"formats/cover-art-mjpeg.mp4", 640, 360, 0, 30, false, HDR_NONE, 0, 0, 2020, "h264", "aac"},
    {"formats/vp8-opus.webm", 640, 480, 0, 29.97, false, HDR_NONE, 7, 0, 1041, "vp8", "opus"},
    {"formats/mpeg2-1080p.ts", 1920, 1080, 0, 24, false, HDR_NONE, 11, 0, 2513, "mpeg2video", "mp2"},
    {"formats/vc1-wmapro.wmv", 512, 288, 0, 25, false, HDR_NONE, 0, 0, 12130, "vc1", "wmapro"},
    {"formats/h264.flv", 1080, 720, 0, 30, false, HDR_NONE, 0, 45, 1090, "h264", "aac"},
    {"formats/no-duration.webm", 1280, 720, 0, 15, false, HDR_NONE, 0, 15, 4938, "vp9", "opus"},
    {"formats/one-frame-sar.mp4", 1138, 480, 0, 25, false, HDR_NONE, 0, 0, 40, "h264", NULL},
    {"formats/person-walking.gif", 480, 270, 0, 12, false, HDR_NONE, 0, 0, 2910, "gif", NULL},
    {"hostile/bogus-duration-frag.mp4", 1080, 720, 0, 29.97, false, HDR_NONE, 67, 0, 1068, "h264", "aac"},
    {"hostile/missing-stsd.mp4", 1080, 720, 0, 29.97, false, HDR_NONE, 0, 0, 1001, "h264", NULL},
    {"hostile/no-timescale.mp4", 320, 240, 0, 30.12, false, HDR_NONE, 0, 0, 6042, "h264", NULL},
};

static void assert_near(const char *file, const char *what, int64_t got, int64_t wanted, int64_t tolerance)
{
    if (llabs(got - wanted) > tolerance)
        fail_msg("%s: %s is %jd, not %jd", file, what, (intmax_t)got, (intmax_t)wanted);
}

static void check_truth(const struct truth *t)
{
    char path[PATH_MAX];
    struct facts f;
    struct error err = {0};

    snprintf(path, sizeof path, MEDIA "%s", t->file);
    if (!media_probe(path, &f, &err))
        fail_msg("%s", err.text);
    assert_near(t->file, "width", f.video.width_px, t->width_px, 0);
    assert_near(t->file, "height", f.video.height_px, t->height_px, 0);
    assert_near(t->file, "rotation", f.video.rotation_deg, t->rotation_deg, 0);
    if (t->fps > 0)
        assert_near(t->file, "1000 fps", 1000L * f.video.fps_num / f.video.fps_den, (int64_t)(1000 * t->fps), 1);
    assert_near(t->file, "variable_fps", f.video.variable_fps, t->variable_fps, 0);
    assert_near(t->file, "hdr", f.video.hdr, t->hdr, 0);
    assert_near(t->file, "video start", f.video.start_ms, t->video_start_ms, 2);
    assert_near(t->file, "audio start", f.audio.start_ms, t->audio_start_ms, 2);
    assert_near(t->file, "duration", f.duration_ms, t->duration_ms, 40);
    assert_string_equal(f.video.codec, t->video_codec);
    assert_near(t->file, "has audio", f.audio.stream >= 0, t->audio_codec != NULL, 0);
    if (t->audio_codec)
        assert_string_equal(f.audio.codec, t->audio_codec);
}

static void test_truth(void **state)
{
    (void)state;
    if (access(MEDIA, R_OK) < 0)
        skip();
    for (size_t i = 0; i < sizeof truths / sizeof truths[0]; i++)
        check_truth(&truths[i]);
}

static void test_refusals(void **state)
{
    static const struct { const char *file, *rule; } rows[] = {
        {"formats/vvc-unsupported.mp4", "media.codec"},      {"formats/two-aac51-audio-only.mp4", "media.no_video"},
        {"formats/audio-cover.flac", "media.no_video"},      {"formats/still-london.jpg", "media.still_image"},
        {"formats/amrnb-audio-only.3gp", "media.no_video"},  {"hostile/truncated-at-100k.mp4", "media.truncated"},
        {"hostile/invalid-bitstream.webm", "media.unreadable"},
    };
    char path[PATH_MAX];

    (void)state;
    if (access(MEDIA, R_OK) < 0)
        skip();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        snprintf(path, sizeof path, MEDIA "%s", rows[i].file);
        refuses(path, rows[i].rule);
    }
}

/* Facts or one clear error, within seconds; never a crash of the worker. */
static void test_hostile(void **state)
{
    DIR *hostile = opendir(MEDIA "hostile");
    struct dirent *entry;
    char path[PATH_MAX];

    (void)state;
    if (!hostile)
        skip();
    while ((entry = readdir(hostile))) {
        struct error err = {0};
        struct facts facts;
        int64_t start = clock_monotonic_ms();

        if (entry->d_type != DT_REG)
            continue;
        snprintf(path, sizeof path, MEDIA "hostile/%s", entry->d_name);
        if (!media_probe(path, &facts, &err)) {
            assert_int_equal(err.kind, ERROR_REFUSED);
            assert_string_not_equal(err.rule, "media.crash");
            assert_true(strlen(err.text) > strlen(path));
        }
        assert_true(clock_monotonic_ms() - start < 5000);
    }
    closedir(hostile);
}

static int set_up(void **state)
{
    const char *set = getenv("CROSSCUT_MEDIA");

    (void)state;
    if (!mkdtemp(folder) || !set || !realpath(set, program))
        return -1;
    return setenv("CROSSCUT_MEDIA", program, 1);
}

static int tear_down(void **state)
{
    DIR *all = opendir(folder);
    struct dirent *entry;
    char path[PATH_MAX];

    (void)state;
    while (all && (entry = readdir(all)))
        if (entry->d_name[0] != '.')
            unlink(in_folder(entry->d_name, path));
    closedir(all);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_mp4),
        cmocka_unit_test(test_moov_last_mov_b_frames),
        cmocka_unit_test(test_aspect_and_hdr),
        cmocka_unit_test(test_open_gop_and_offset),
        cmocka_unit_test(test_variable_rate),
        cmocka_unit_test(test_awkward_names),
        cmocka_unit_test(test_cut_file_is_refused),
        cmocka_unit_test(test_what_is_no_video),
        cmocka_unit_test(test_protocol),
        cmocka_unit_test(test_floods_are_bounded),
        cmocka_unit_test(test_isolation),
        cmocka_unit_test(test_descriptors_keep_their_order),
        cmocka_unit_test(test_missing_program),
        cmocka_unit_test(test_truth),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_hostile),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
