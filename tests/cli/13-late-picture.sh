# A picture that begins half a second after the sound stays in step with it, encoded or copied.
. "$ROOT/tests/cli/lib.sh"
[ -x "$CHECK" ] || finish
picture="color=black:s=320x180:r=25:d=2.5,drawbox=c=white:t=fill:enable='between(mod(t,1),0.5,0.55)'"
sound="aevalsrc='if(between(mod(t,1),0,0.02),sin(2*PI*1000*t),0)':s=48000:d=3"
late() { ffmpeg -nostdin -v error -y -itsoffset 0.5 -f lavfi -i "$picture" -f lavfi -i "$sound" -map 0:v -map 1:a -pix_fmt yuv420p "$@"; }
late -c:v mpeg4 -q:v 3 -c:a pcm_s16le "$T/encoded.mkv"
late -c:v libx264 -preset ultrafast -g 25 -c:a libopus "$T/copied.mkv"
offset() { "$CHECK" --sync "$1" | jq .median_ms; }
for clip in encoded copied; do
    run preview "$T/$clip.mkv" --to site --state "$T/$clip" --out "$T/out-$clip" --no-progress
    equal "$clip: exit" "$status" 0
    before=$(offset "$T/$clip.mkv") after=$(offset "$T/$clip"/renditions/*.mp4)
    check "$clip: $after ms from sound to picture, $before ms in the master" \
        awk "BEGIN { d = ($after) - ($before); exit !(d < 20 && d > -20) }"
done
finish
