# Media is parsed in the worker alone, confined; without the means to confine it nothing is parsed unless somebody says so.
. "$ROOT/tests/cli/lib.sh"
tools=$(dirname "$CHECK")
needs() { readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'; }
equal "crosscut links no media library" "$(ldd "$CROSSCUT" | grep -c 'libav\|libsw\|libx264\|libpostproc')" 0
equal "the worker needs no network, database or secrets library" \
    "$(needs "$(dirname "$CROSSCUT")/crosscut-media" | grep -c 'curl\|sqlite\|ssl\|crypto\|microhttpd')" 0

ff() { ffmpeg -nostdin -v error -y "$@"; }
ff -f lavfi -i testsrc2=s=320x180:r=25:d=1 -f lavfi -i sine=r=48000:d=1 -pix_fmt yuv420p -c:v libx264 -preset ultrafast -c:a aac "$T/clip.mp4"
ff -f lavfi -i testsrc2=s=322x182:r=30:d=1 -f lavfi -i anoisesrc=r=44100:d=1:a=0.1 -c:v prores_ks -c:a pcm_s16le "$T/prores.mov"
ff -f lavfi -i testsrc2=s=180x320:r=25:d=1 -pix_fmt yuv420p10le -c:v libx265 -preset ultrafast -x265-params log-level=none "$T/hevc.mkv"
ff -f lavfi -i testsrc2=s=320x180:r=25:d=1 -f lavfi -i sine=r=48000:d=1 -pix_fmt yuv420p -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -c:a libopus "$T/vp9.webm"
ff -f lavfi -i testsrc2=s=320x180:r=25:d=1 -f lavfi -i sine=r=48000:d=1 -c:v mpeg2video -c:a mp2 "$T/mpeg2.ts"

# byte for byte the same, confined or not
for clip in clip.mp4 prores.mov hevc.mkv vp9.webm mpeg2.ts; do
    run preview "$T/$clip" --to site --state "$T/in" --out "$T/p1" --no-progress; equal "$clip: confined" "$status" 0
    run preview "$T/$clip" --to site --state "$T/un" --out "$T/p2" --no-progress --unsafe-no-sandbox; equal "$clip: unconfined" "$status" 0
done
sums() { (cd "$1/renditions" && sha256sum *.mp4 *.jpg); }
equal "5 clips: the same bytes" "$(sums "$T/in")" "$(sums "$T/un")"
check "5 clips: renditions are there" test "$(find "$T/in/renditions" -name '*.mp4' | wc -l)" -ge 4

run version
case $out in
*instrumented*) ;;    # a sanitizer's build is not confined, says so, and ends here
*)
    contains "version says what confines the worker" "$out" "confined by seccomp"
    without() { what=$1; shift; status=0; "$tools/without" "$what" "$CROSSCUT" "$@" >"$T/out" 2>"$T/err" </dev/null || status=$?; errs=$(cat "$T/out" "$T/err"); }
    without seccomp plan "$T/clip.mp4" --to site --state "$T/no"
    check "without seccomp: refuses" test "$status" -ne 0
    contains "without seccomp: says what to do" "$errs" "--unsafe-no-sandbox"
    equal "without seccomp: nothing was parsed" "$(grep -c 'rendition .* for' "$T/out")" 0
    without seccomp plan "$T/clip.mp4" --to site --state "$T/no" --unsafe-no-sandbox
    equal "without seccomp, on demand: works" "$status" 0
    without seccomp version; contains "without seccomp: version says so" "$errs" "does not work"
    without landlock plan "$T/vp9.webm" --to site --state "$T/no"
    equal "without Landlock: works" "$status" 0
    without landlock version; contains "without Landlock: version says so" "$errs" "no Landlock"
    ;;
esac

# only the command line can ask for it
printf '[render]\nunsafe_no_sandbox = yes\n' >"$T/pipeline.conf"
run plan "$T/clip.mp4" --to site --state "$T/conf" --config "$T/pipeline.conf"; equal "no setting does" "$status" 2
finish
