#!/bin/sh
# Does the judge see what it is there to see? Each clip below has one known defect that must be found, and no other.
# Needs samples/out (make-samples.sh) and media-check; prints a line for each case, exit 1 when one goes wrong.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
samples=$here/../../samples/out
check=${MEDIA_CHECK:-${BUILD:-build/release}/tests/media-check}
export MEDIA_CHECK="$check"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
bad=0

ff() { ffmpeg -nostdin -hide_banner -loglevel error -y "$@"; }
failures() { # FILE PLATFORM [rendition]: the rules that it fails
    sh "$here/judge.sh" "$@" | sed -n 's/^FAIL [a-z]*\.\([a-z_]*\):.*/\1/p' | sort | tr '\n' ' ' | sed 's/ $//'
}
expect() { # WHAT WANTED GOT
    if [ "$2" = "$3" ]; then echo "ok   $1"; else echo "NOT  $1: wanted '$2', got '$3'"; bad=1; fi
}
measure() { "$check" "$work/$1" | jq -c "$2"; }

good=$samples/talk-vertical.mp4
small="-c:v libx264 -preset ultrafast -g 60"
plain="$small -bf 0 -c:a copy -use_editlist 0 -movflags +faststart"
for platform in tiktok instagram youtube; do
    expect "a good file passes $platform" "" "$(failures "$good" $platform rendition)"
done

ff -i "$good" -c copy -use_editlist 0 "$work/moov.mp4"
expect "index at the end" "moov_first" "$(failures "$work/moov.mp4" instagram)"
expect "index at the end, TikTok" "" "$(failures "$work/moov.mp4" tiktok)"
expect "index at the end, our own" "moov_first" "$(failures "$work/moov.mp4" tiktok rendition)"
ff -ss 0.5 -i "$good" -c copy -movflags +faststart "$work/elst.mp4"
expect "edit list" "1" "$("$check" "$work/elst.mp4" | jq '.edit_lists > 0 | if . then 1 else 0 end')"
ff -t 4 -i "$good" -an -vf scale=270:480 $small -x264-params "open-gop=1:keyint=30:bframes=3:scenecut=0" "$work/open.mp4"
expect "open GOP" "false" "$(measure open.mp4 .video.closed_gop)"
ff -t 4 -i "$good" -vf fps=10,scale=540:960 $plain "$work/slow.mp4"
expect "10 fps" "fps" "$(failures "$work/slow.mp4" tiktok)"
ff -t 4 -i "$good" -vf scale=270:480 $plain "$work/tiny.mp4"
expect "270 px wide" "side" "$(failures "$work/tiny.mp4" tiktok)"
ff -t 2 -i "$good" -vf scale=540:960 $plain "$work/short.mp4"
expect "2 s for a Reel" "duration" "$(failures "$work/short.mp4" instagram)"
ff -t 4 -i "$good" -vf scale=960:540,setsar=1 $plain "$work/wide.mp4"
expect "wide for a Short" "short_shape" "$(failures "$work/wide.mp4" youtube)"
ff -t 4 -i "$good" -vf scale=540:800,setsar=1,pad=540:960:0:100 $plain "$work/bars.mp4"
expect "black bars" '{"top":100,"bottom":60,"left":0,"right":0}' "$(measure bars.mp4 .video.black_borders)"
expect "a turn is seen" 90 "$("$check" "$samples/phone-rot90.mp4" | jq .video.rotation_deg)"
expect "missing frames are seen" "false" "$("$check" "$samples/phone-rot90.mp4" | jq .video.constant_fps)"
expect "a cut off file" "decodes" "$(failures "$samples/bad/broken.mp4" tiktok | grep -o decodes)"
ff -t 4 -i "$good" -vn -af volume=-10dB -c:a pcm_s16le "$work/quiet.wav"
expect "10 dB quieter" "true" "$(ff -t 4 -i "$good" -vn -c:a pcm_s16le "$work/loud.wav"
    "$check" "$work/loud.wav" >"$work/loud.json"; "$check" "$work/quiet.wav" | jq --slurpfile l "$work/loud.json" \
    '.audio.lufs - $l[0].audio.lufs + 10 | fabs < 0.1')"

expect "the clap clip is in time" "true" "$("$check" --sync "$samples/clap.mp4" | jq '.pairs == 6 and .max_ms < 1')"
ff -i "$samples/clap.mp4" -itsoffset 0.08 -i "$samples/clap.mp4" -map 0:v -map 1:a -c copy "$work/late.mp4"
expect "sound 80 ms late" "true" "$("$check" --sync "$work/late.mp4" | jq '.median_ms - 80 | fabs < 1')"
ff -itsoffset 0.05 -i "$samples/clap.mp4" -i "$samples/clap.mp4" -map 0:v -map 1:a -c copy "$work/early.mp4"
expect "sound 50 ms early" "true" "$("$check" --sync "$work/early.mp4" | jq '.median_ms + 50 | fabs < 1')"
exit $bad
