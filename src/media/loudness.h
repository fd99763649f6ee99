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

struct meter;
struct meter *meter_create(int rate_hz, int channels, struct error *err);
void meter_destroy(struct meter *meter);                 /* accepts NULL */
bool meter_add(struct meter *meter, const AVFrame *frame, struct error *err);    /* the caller keeps the frame */
bool meter_finish(struct meter *meter, struct loudness *loudness, struct error *err);

struct level { double gain_db, ceiling_dbtp; bool limit; };

/* What brings `measured` to the target. Silence is left alone; hiss is not lifted by more than 32 dB. */
struct level level_for(const struct loudness *measured, double target_lufs, double target_dbtp);
/* A better one after `made` was measured behind the encoder; false when `made` is as good as it gets. */
bool level_again(struct level *level, const struct loudness *made, double target_lufs, double target_dbtp);

struct leveller;
struct leveller *leveller_create(const struct level *level, int rate_hz, int channels, struct error *err);
void leveller_destroy(struct leveller *leveller);        /* accepts NULL */
bool leveller_send(struct leveller *leveller, AVFrame *frame, struct error *err);    /* takes its contents; NULL: the end */
#define LEVELLER_SAMPLES 1024
/* As many samples come out as went in, in frames of LEVELLER_SAMPLES but the last. NULL in *frame: send more first. */
bool leveller_receive(struct leveller *leveller, AVFrame **frame, struct error *err);

#endif
