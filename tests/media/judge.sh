#!/bin/sh
# judge.sh FILE tiktok|instagram|youtube [rendition]: does the file keep the platform's hard limits?
# A line for each rule with the value: PASS, FAIL, or WARN for what no platform's rule forbids but we promise of every file
# that we make ourselves; with `rendition` those are FAIL too. Exit 1 on any FAIL, 2 on usage. MEDIA_CHECK names the
# measuring program. The limits are written down here a second time, from the fact sheets of 2026-11-22, so that the judge
# does not believe the product's own table.
set -eu
usage() { echo "usage: judge.sh FILE tiktok|instagram|youtube [rendition]" >&2; exit 2; }
case $#:${2:-} in 2:tiktok | 2:instagram | 2:youtube | 3:tiktok | 3:instagram | 3:youtube) ;; *) usage ;; esac
case ${3:-rendition} in rendition) ;; *) usage ;; esac
check=${MEDIA_CHECK:-${BUILD:-build/release}/tests/media-check}
facts=$("$check" "$1") || { echo "FAIL $2.readable: $1"; exit 1; }

verdicts=$(printf '%s' "$facts" | jq -r --arg platform "$2" --arg kind "${3:-}" '
def line(name; verdict; value): verdict + " " + $platform + "." + name + ": " + (value | tostring);
def rule(name; holds; value): line(name; if holds then "PASS" else "FAIL" end; value);
def promise(name; official; holds; value):    # a rule for the platforms in `official`
    line(name; if holds then "PASS" elif $kind == "rendition" or (official | index($platform)) then "FAIL" else "WARN" end; value);
def within(low; high): . != null and . >= low and . <= high;
def one_of(list): . as $v | list | index([$v]) != null;

.video as $v | .audio as $a | .duration_ms as $ms
| (if $v == null then [0, 0] elif $v.rotation_deg % 180 == 0 then [$v.width, $v.height]
   else [$v.height, $v.width] end) as [$w, $h]

| rule("video"; $v != null; $v != null),
  (select($v != null) |
    rule("decodes"; $v.decode_errors == 0 and ($a == null or $a.decode_errors == 0) and (.read_error | not)
                    and $v.missing_packets == 0;
         "\($v.frames) frames, \($v.decode_errors) errors, \($v.missing_packets) missing"),
    promise("upright"; []; $v.rotation_deg == 0; "\($v.rotation_deg) degrees"),
    promise("square_pixels"; []; $v.sar == [1, 1]; $v.sar | join(":")),
    promise("progressive"; ["instagram"]; $v.scan != "interlaced"; $v.scan),
    promise("closed_gop"; ["instagram"]; $v.closed_gop; $v.closed_gop),
    promise("chroma"; ["instagram"]; $v.pix_fmt | test("^yuvj?420p"); $v.pix_fmt),
    promise("moov_first"; ["instagram"]; .moov_first != false; .moov_first),
    promise("edit_list"; ["instagram"]; .edit_lists == 0; "\(.edit_lists) lists"),
    promise("starts_together"; []; $a == null or (.av_start_ms | within(-25; 25)); "\(.av_start_ms) ms"),
    promise("ends_together"; []; $a == null or (.av_end_ms | within(-120; 120)); "\(.av_end_ms) ms")),

# platforms/tiktok.md, media constraints
  (select($platform == "tiktok" and $v != null) |
    rule("container"; .container | test("mp4|mov|webm|matroska"); .container),
    rule("video_codec"; $v.codec | one_of(["h264", "hevc", "vp8", "vp9"]); $v.codec),
    rule("fps"; $v.fps | within(23; 60); $v.fps),
    rule("side"; ($w | within(360; 4096)) and ($h | within(360; 4096)); "\($w)x\($h)"),
    rule("duration"; $ms | within(1; 600000); "\($ms) ms"),
    rule("size"; .size_bytes <= 4000000000; .size_bytes)),

# platforms/instagram.md, media constraints (Reel)
  (select($platform == "instagram" and $v != null) |
    rule("container"; .mp4 and (.fragmented | not); .container),
    rule("video_codec"; $v.codec | one_of(["h264", "hevc"]); $v.codec),
    rule("fps"; $v.fps | within(23; 60); $v.fps),
    rule("width"; $w <= 1920; $w),
    rule("aspect"; ($w / $h) | within(0.01; 10); $w / $h),
    rule("video_bitrate"; $v.bitrate_bps <= 25000000; $v.bitrate_bps),
    rule("duration"; $ms | within(3000; 900000); "\($ms) ms"),
    rule("size"; .size_bytes <= 300000000; .size_bytes),
    (select($a != null) |
      rule("audio_codec"; $a.codec == "aac"; $a.codec),
      rule("sample_rate"; $a.sample_rate_hz <= 48000; $a.sample_rate_hz),
      rule("channels"; $a.channels <= 2; $a.channels),
      # 128 kbps; an encoder at that rate ends up a few per cent beside it on short clips
      rule("audio_bitrate"; $a.bitrate_bps <= 135000; $a.bitrate_bps))),

# platforms/youtube.md: what makes it a Short, and the size limit
  (select($platform == "youtube" and $v != null) |
    rule("short_shape"; $w <= $h; "\($w)x\($h)"),
    rule("duration"; $ms | within(1; 180000); "\($ms) ms"),
    rule("size"; .size_bytes <= 274877906944; .size_bytes))
')
printf '%s\n' "$verdicts"
case $verdicts in *FAIL*) exit 1 ;; esac
