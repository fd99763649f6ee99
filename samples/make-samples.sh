#!/bin/sh
# Builds the sample masters with their sidecars into samples/out/. Does nothing when they are newer than what makes them.
#   make-samples.sh [--small] [--force]      --small: only walk.mp4 and talk-vertical.mp4
# Needs ffmpeg, espeak-ng and a C compiler. No sample is kept in the repository.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$here/out
small="" force=""
for arg; do
    case $arg in
    --small) small=yes ;;
    --force) force=yes ;;
    *) sed -n '2,4p' "$0" >&2; exit 2 ;;
    esac
done

made() { # NAME: every file of that set is there and newer than its sources
    [ -z "$force" ] && [ -f "$out/.made-$1" ] || return 1
    [ -z "$(find "$here/make-samples.sh" "$here/draw" "$here/sidecars" -type f -newer "$out/.made-$1" | head -n 1)" ] || return 1
    while read -r file; do [ -s "$out/$file" ] || return 1; done <"$out/.made-$1"
}
made all && exit 0
[ -n "$small" ] && made small && exit 0

mkdir -p "$out"
new=$(mktemp -d "$out/.new-XXXXXX")
trap 'rm -rf "$new"' EXIT
trap 'exit 130' INT TERM
mkdir "$new/bad"

ff() { ffmpeg -nostdin -hide_banner -loglevel error -y "$@"; }
x264() { echo "-c:v libx264 -preset ${1:-veryfast} -crf ${2:-20} -pix_fmt yuv420p -color_range tv -colorspace bt709 -color_primaries bt709 -color_trc bt709"; }
raw() { echo "-f rawvideo -pix_fmt yuv420p -color_range tv -colorspace bt709 -color_primaries bt709 -color_trc bt709 -s $1 -r 30 -i -"; }
sound() { echo "-f f32le -ar 48000 -ac 2 -i $1"; }

# ---- the two stories ----

speak() {
    ${CC:-cc} -std=c11 -D_GNU_SOURCE -O2 -fno-math-errno -o "$new/draw" "$here"/draw/*.c -lm
    espeak-ng -v en-us -s 172 -w "$new/speech.wav" "Never put everything on one card. If one app goes dark, the others carry on."
    ff -i "$new/speech.wav" -f f32le -ar 48000 -ac 1 "$new/speech.f32"
    "$new/draw" walk audio "$new/speech.f32" >"$new/walk.f32"
    "$new/draw" talk audio "$new/speech.f32" >"$new/talk.f32"
}

# As most editors write it: quiet, with an edit list, nothing said about the GOP.
walk() {
    "$new/draw" walk video "$new/speech.f32" | ffmpeg -hide_banner -loglevel error -y $(raw 1920x1080) $(sound "$new/walk.f32") \
        $(x264 superfast 19) -c:a aac -b:a 160k -movflags +faststart "$new/walk.mp4"
}

# The gain that brings a sound to -14 LUFS through the limiter: measured, corrected, measured again.
to_minus_14() { # SOUND LIMITER
    gain=0
    for _ in 1 2 3 4 5; do
        lufs=$(ffmpeg -nostdin -hide_banner $(sound "$1") -af "volume=${gain}dB,$2,ebur128" -f null - 2>&1 |
            awk '$1 == "I:" { last = $2 } END { print last }')
        gain=$(echo "$gain $lufs" | awk '{ printf "%.2f", $1 - 14 - $2 }')
    done
    echo "$gain"
}

# Right for every platform as it is: 2 s closed GOPs, index first, no edit list, -14 LUFS. Without an edit list the AAC
# encoder's first 1024 samples play, so the sound starts 1024 samples early and is stamped as starting with the picture.
talk() {
    limiter=alimiter=limit=0.7:level=false:attack=2:release=40
    gain=$(to_minus_14 "$new/talk.f32" $limiter)
    "$new/draw" talk video "$new/speech.f32" | ffmpeg -hide_banner -loglevel error -y $(raw 1080x1920) $(sound "$new/talk.f32") \
        -filter:a "volume=${gain}dB,$limiter,atrim=start_sample=1024,asetpts=N/SR/TB" -bsf:a setts=ts=TS+1024 \
        $(x264 superfast 20) -bf 0 -g 60 -keyint_min 60 -sc_threshold 0 -x264-params open-gop=0 -profile:v high -maxrate 12M \
        -bufsize 24M -c:a aac -ar 48000 -ac 2 -b:a 128k -use_editlist 0 -movflags +faststart "$new/talk-vertical.mp4"
}

# ---- what cameras, phones and the web hand in ----

# Held upright: stored lying down with "turn by 90 degrees". Frames are missing as when a phone is busy. Mono, 44.1 kHz.
phone() {
    ff -t 4 -i "$new/talk-vertical.mp4" -vf "select='mod(n,7)*not(between(mod(n,50),31,35))',scale=720:-2,transpose=cclock" \
        -fps_mode vfr $(x264 superfast 23) -c:a aac -b:a 96k -ar 44100 -ac 1 "$new/lying.mp4"
    # A quarter turn clockwise in both spellings; FFmpeg before 6 has only the second.
    if ffmpeg -hide_banner -h full 2>/dev/null | grep -q display_rotation; then
        ff -display_rotation:v:0 -90 -i "$new/lying.mp4" -c copy "$new/phone-rot90.mp4"
    else
        ff -i "$new/lying.mp4" -c copy -metadata:s:v:0 rotate=270 "$new/phone-rot90.mp4"
    fi
}
silent() {
    ff -ss 4 -t 4 -i "$new/walk.mp4" -an -vf fps=10,scale=1280:-2 $(x264 superfast 23) "$new/silent-10fps.mp4"
}
square() {
    ff -ss 5 -t 4 -i "$new/walk.mp4" -vf crop=ih:ih:620:0,scale=480:480 -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -row-mt 1 \
        -b:v 700k -c:a libopus -b:a 64k "$new/square.webm"
}
hdr() {
    ff -ss 5 -t 2 -i "$new/walk.mp4" -vf "scale=960:-2,zscale=tin=bt709:min=bt709:pin=bt709:rin=tv:t=linear:npl=203,format=gbrpf32le,\
zscale=p=bt2020,zscale=t=arib-std-b67:m=bt2020nc:r=tv,format=yuv420p10le" -c:v libx265 -preset ultrafast -tag:v hvc1 \
        -x265-params log-level=error:colorprim=bt2020:transfer=arib-std-b67:colormatrix=bt2020nc -color_range tv \
        -colorspace bt2020nc -color_primaries bt2020 -color_trc arib-std-b67 -c:a aac -b:a 96k "$new/hdr-hlg.mp4"
}

# ---- for tests ----

# White for two frames and a click, both from 0.5, 1.5, 2.5 ... s on.
clap() {
    ff -f lavfi -i "color=0x303844:s=1280x720:r=30:d=6,drawgrid=w=160:h=90:c=0x52607a:t=2,\
drawbox=c=white:t=fill:enable='between(mod(n,30),15,16)',format=yuv420p" \
        -f lavfi -i "aevalsrc='if(lt(mod(t+0.5,1),0.006),0.8*sin(2*PI*1500*mod(t+0.5,1)),0.0004*sin(2*PI*220*t))':s=48000:d=6,\
aformat=channel_layouts=stereo" $(x264 superfast 20) -c:a aac -b:a 128k "$new/clap.mp4"
}
long_caption() {
    ff -t 4 -i "$new/talk-vertical.mp4" -vf scale=540:960,colorbalance=rm=0.12:bm=-0.14 $(x264 superfast 22) -c:a aac -b:a 128k "$new/long-caption.mp4"
}
broken() {
    head -c 150000 "$new/walk.mp4" >"$new/bad/broken.mp4"
}

speak
walk & walk_pid=$!
talk
wait $walk_pid
set="walk.mp4 talk-vertical.mp4 walk.json talk-vertical.txt"
if [ -z "$small" ]; then
    (phone && silent && clap) & first_pid=$!
    hdr
    square
    long_caption
    broken
    wait $first_pid
    set="$set phone-rot90.mp4 silent-10fps.mp4 clap.mp4 hdr-hlg.mp4 square.webm long-caption.mp4 long-caption.json bad/broken.mp4"
fi
cp "$here"/sidecars/* "$new/"
mkdir -p "$out/bad"
for file in $set; do mv "$new/$file" "$out/$file"; done
name=all
[ -z "$small" ] || name=small
printf '%s\n' $set >"$out/.made-$name"
