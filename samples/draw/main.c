/* draw: paints the sample clips. `draw walk|talk video|audio SPEECH.f32` writes raw I420 or raw stereo floats to
 * stdout. */
#include "figure.h"
#include "scene.h"
#include "sound.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FPS 30

/* A story is a function of time; the picture and the sound of the steps both come from it. */
struct story {
    int width_px, height_px;
    double scale;
    struct point origin;
    double seconds, speech_s;
    void (*pose)(const struct story *story, const struct speech *speech, double t_s, struct pose *pose);
};

static void stand_and_talk(const struct story *story, const struct speech *speech, double t_s, struct pose *pose)
{
    (void)story;
    (void)speech;
    *pose = (struct pose){.feet = {960, SCENE_PATH_Y}, .talk = smooth(0.3, 0.9, t_s)};
}

/* Walks in, stops right of the middle, speaks, walks on. */
static void walk_stop_walk(const struct story *story, const struct speech *speech, double t_s, struct pose *pose)
{
    double speed = 300, stop_s = story->speech_s - 0.5, go_s = story->speech_s + speech_seconds(speech) + 0.25,
           ease = 0.35;
    double before = fmin(t_s, stop_s), after = fmax(0, t_s - go_s);
    double walked =
        speed *
        (before - (before > stop_s - ease ? (before - stop_s + ease) * (before - stop_s + ease) / (2 * ease) : 0));

    walked += speed * (after < ease ? after * after / (2 * ease) : after - ease / 2);
    *pose = (struct pose){
        .feet = {-70 + walked, SCENE_PATH_Y},
        .cycles = walked / (2 * FIGURE_STEP_LENGTH),
        .stride = 1 - smooth(stop_s - ease, stop_s, t_s) + smooth(go_s, go_s + ease, t_s),
        .talk = smooth(stop_s, stop_s + 0.5, t_s) - smooth(go_s - 0.2, go_s + 0.2, t_s),
    };
    pose->turn = 1 - 0.85 * (smooth(stop_s - 0.2, stop_s + 0.3, t_s) - smooth(go_s - 0.1, go_s + 0.3, t_s));
}

static const struct story walk = {1920, 1080, 1, {0, 0}, 12, 4.4, walk_stop_walk};
static const struct story talk = {1080, 1920, 2.35, {730, 168}, 6, 0.6, stand_and_talk};

static void pose_at(const struct story *story, const struct speech *speech, double t_s, struct pose *pose)
{
    story->pose(story, speech, t_s, pose);
    pose->t_s = t_s;
    pose->mouth = speech_level(speech, t_s - story->speech_s);
}

static bool write_video(const struct story *story, const struct speech *speech)
{
    struct canvas *c = canvas_create(story->width_px, story->height_px, story->scale, story->origin);
    bool written = true;

    scene_paint(c);
    canvas_keep(c);
    for (int n = 0; written && n < story->seconds * FPS; n++) {
        struct pose pose;

        pose_at(story, speech, (double)n / FPS, &pose);
        scene_paint_birds(c, pose.t_s);
        figure_paint(c, &pose);
        scene_paint_front(c);
        written = canvas_write(c, stdout);
    }
    canvas_destroy(c);
    return written;
}

/* A foot comes down twice a cycle. */
static bool write_audio(const struct story *story, const struct speech *speech)
{
    double steps_s[64];
    int nb_steps = 0;
    struct pose pose, next;

    pose_at(story, speech, 0, &pose);
    for (double t = 0.005; t < story->seconds && nb_steps < 64; t += 0.005) {
        pose_at(story, speech, t, &next);
        if (floor(next.cycles * 2) > floor(pose.cycles * 2))
            steps_s[nb_steps++] = t;
        pose = next;
    }
    return sound_write(stdout, story->seconds, speech, story->speech_s, steps_s, nb_steps);
}

int main(int argc, char **argv)
{
    struct speech speech;
    bool written;

    if (argc != 4) {
        fputs("usage: draw walk|talk video|audio SPEECH.f32\n", stderr);
        return 2;
    }
    if (!speech_read(argv[3], &speech)) {
        fprintf(stderr, "draw: cannot read speech from '%s'\n", argv[3]);
        return 1;
    }
    const struct story *story = strcmp(argv[1], "talk") ? &walk : &talk;
    written = (strcmp(argv[2], "audio") ? write_video : write_audio)(story, &speech) && fflush(stdout) == 0;
    speech_finish(&speech);
    return written ? 0 : 1;
}
