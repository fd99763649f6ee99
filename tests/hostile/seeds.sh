#!/bin/sh
# seeds.sh DIR: twelve small good clips of different containers and codecs, which are then damaged; and the canary, a red
# picture that no output may ever show.
set -eu
mkdir -p "$1/canary"
cd "$1"
ff() { ffmpeg -nostdin -v error -y -f lavfi -i testsrc2=s=320x180:r=25:d=1.2 -f lavfi -i sine=r=48000:d=1.2 -threads 1 "$@"; }
h264="-pix_fmt yuv420p -c:v libx264 -preset ultrafast"
ff $h264 -bf 2 -g 12 -c:a aac -movflags +faststart 01-faststart.mp4
ff $h264 -c:a aac 02-index-last.mp4
ff $h264 -c:a aac -movflags frag_keyframe+empty_moov 03-fragments.mp4
ff -pix_fmt yuv420p10le -c:v libx265 -preset ultrafast -x265-params log-level=none -tag:v hvc1 -c:a aac 04-hevc10.mov
ff -c:v prores_ks -profile:v 0 -c:a pcm_s16le 05-prores.mov
ff $h264 -c:a libopus 06-h264.mkv
ff -pix_fmt yuv420p -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -c:a libopus 07-vp9.webm
ff -pix_fmt yuv420p -c:v mpeg2video -c:a mp2 08-mpeg2.ts
ff -pix_fmt yuvj420p -c:v mjpeg -q:v 8 -c:a pcm_s16le 09-mjpeg.avi
ff $h264 -c:a aac 10-h264.flv
ff -pix_fmt yuv420p -c:v mpeg4 -c:a aac 11-mpeg4.3gp
ff -pix_fmt yuv420p -c:v wmv2 -c:a wmav2 12-wmv2.wmv
ffmpeg -nostdin -v error -y -f lavfi -i color=red:s=320x180:r=25:d=1.2 $h264 -an canary/other.ts
ffmpeg -nostdin -v error -y -i canary/other.ts -c copy canary/other.mp4
echo 'CANARY-7f3a this text belongs to somebody else' >canary/secret.txt
