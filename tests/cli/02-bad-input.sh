# The table of docs/errors.md: each bad input gives one clear line, the right exit status, and nothing half-written.
. "$ROOT/tests/cli/lib.sh"
S="--state $T/state"
post_site() { run post --to site --set host.path="$T/public" $S --no-progress "$@"; }
one_line() { equal "$1: one line" "$(printf '%s\n' "$errs" | grep -c 'crosscut:\|refused\|failed')" 1; }
nothing() { equal "$1: nothing half-written" "$(find "$T/state" "$T/public" -name '*.part*' 2>/dev/null | wc -l)" 0; }

refused() {   # refused WHAT STATUS WORDS FILE...
    what=$1 wanted=$2 words=$3; shift 3
    post_site "$@"
    equal "$what: exit" "$status" "$wanted"
    contains "$what: says why" "$errs$out" "$words"
    nothing "$what"
    equal "$what: nothing was published" "$(find "$T/public" -name '*.mp4' 2>/dev/null | wc -l)" 0
}

refused "missing file" 3 "none.mp4" "$T/none.mp4"
mkdir "$T/empty"; refused "folder without videos" 3 "no video" "$T/empty"
echo "this is text" >"$T/text.mp4"; refused "not a video" 3 "text.mp4" "$T/text.mp4"
: >"$T/zero.mp4"; refused "zero length" 3 "zero.mp4" "$T/zero.mp4"
head -c 60000 "$SAMPLES/walk.mp4" >"$T/trunc.mp4"; refused "truncated" 3 "trunc.mp4" "$T/trunc.mp4"
ffmpeg -v error -y -i "$SAMPLES/walk.mp4" -vn -c:a copy "$T/audio.mp4"; refused "no video stream" 3 "audio.mp4" "$T/audio.mp4"
mkfifo "$T/fifo.mp4"; refused "named pipe" 3 "fifo.mp4" "$T/fifo.mp4"
ln -s "$T/nowhere" "$T/link.mp4"; refused "dangling link" 3 "link.mp4" "$T/link.mp4"

cp "$SAMPLES/walk.mp4" "$T/side.mp4"
printf '{\n "title": "x",\n "captoin": "y"\n}\n' >"$T/side.json"; refused "sidecar: unknown key" 3 "caption" "$T/side.mp4"
printf '{\n "title": "x"\n "caption": "y"\n}\n' >"$T/side.json"; refused "sidecar: bad JSON" 3 "side.json:3" "$T/side.mp4"
rm "$T/side.json"

post_site "$T/side.mp4" --to nowhere; equal "unknown destination" "$status" 2
touch "$T/locked.conf"
post_site "$T/side.mp4" --config "$T/missing.conf"; equal "unreadable configuration" "$status" 2; nothing "unreadable configuration"

# a full disk: a tiny file system for the renditions (needs the right to mount; otherwise a limit on the file size stands in)
mkdir -p "$T/full"
if mount -t tmpfs -o size=200k none "$T/full" 2>/dev/null; then
    run post --to site --set host.path="$T/public" --state "$T/full" --no-progress "$SAMPLES/walk.mp4"
    equal "full disk: exit" "$status" 1
    equal "full disk: nothing half-written" "$(find "$T/full" -name '*.part*' | wc -l)" 0
    umount "$T/full"
fi
# a cache that cannot be written
mkdir -p "$T/ro"; : >"$T/ro/renditions"
run post --to site --set host.path="$T/public" --state "$T/ro" --no-progress "$SAMPLES/walk.mp4"
equal "unwritable cache: exit" "$status" 1
contains "unwritable cache: names it" "$errs$out" "$T/ro/renditions"
equal "unwritable cache: nothing was published" "$(find "$T/public" -name '*.mp4' 2>/dev/null | wc -l)" 0
finish
