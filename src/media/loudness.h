/* Loudness by EBU R128 (ITU-R BS.1770): a meter for runs of samples, and the one linear gain with a true-peak
 * limiter that brings a programme to its target. Both take planar float frames of one rate and layout. */
#ifndef MEDIA_LOUDNESS_H
#define MEDIA_LOUDNESS_H

#include <crosscut/error.h>
#include <libavutil/frame.h>
#include <stdbool.h>

struct loudness {
    bool silent;                 /* nothing above the absolute gate of -70 LUFS; the figures are meaningless */
    double lufs, range_lu;
    double true_peak_dbtp;
};

/* What a rendition promises behind the decoder, unless the limiter makes it impossible (ADAPTATION 4.2). */
#define PROMISE_LU 0.5

struct meter;
struct meter *meter_create(int rate_hz, int channels, struct error *err);
void meter_destroy(struct meter *meter);                 /* accepts NULL */
bool meter_add(struct meter *meter, const AVFrame *frame, struct error *err);    /* the caller keeps the frame */
bool meter_finish(struct meter *meter, struct loudness *loudness, struct error *err);
/* True peak of each run of LEVELLER_SAMPLES samples, linear; after meter_finish, borrowed. */
const float *meter_peaks(const struct meter *meter, size_t *nb_peaks);

/* What is done to a programme. */
struct level {
    double gain_db, ceiling_dbtp;
    double trim_db;              /* attenuation behind the limiter */
    bool limit;
    int nb_corrections;          /* of the gain, after a try was judged */
    float *dips_db;              /* more attenuation around frames that the encoder makes too loud; >= 0, or NULL */
    size_t nb_dips;              /* one per frame of LEVELLER_SAMPLES that is sent to the encoder */
};

/* What brings `measured` to the target. Silence is left alone; hiss is not lifted by more than 32 dB. */
struct level level_for(const struct loudness *measured, double target_lufs, double target_dbtp);
void level_finish(struct level *level);                  /* accepts a zeroed one */
/* A better one after what was made was measured behind the encoder; false when it is as good as it gets.
 * Peaks lie one frame later than what they come from: the encoder's delay. */
bool level_again(struct level *level, const struct loudness *made, const float *peaks, size_t nb_peaks,
                 double target_lufs, double target_dbtp);

#define LEVELLER_SAMPLES 1024
struct leveller;
/* `level` is borrowed as long as the leveller lives. */
struct leveller *leveller_create(const struct level *level, int rate_hz, int channels, struct error *err);
void leveller_destroy(struct leveller *leveller);        /* accepts NULL */
bool leveller_send(struct leveller *leveller, AVFrame *frame, struct error *err);    /* takes its contents; NULL: the end */
/* As many samples come out as went in, in frames of LEVELLER_SAMPLES but the last. NULL in *frame: send more first. */
bool leveller_receive(struct leveller *leveller, AVFrame **frame, struct error *err);

#endif
