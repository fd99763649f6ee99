#!/bin/sh
# Measures crosscut against the ffmpeg commands that people run instead, in one go on one machine.
#   bench/run.sh [--quality] [--rivals-only]        or: make bench
# BENCH_ROUNDS (3) runs of each, taking turns; medians are shown. BENCH_CLIP: a clip of your own. BENCH_SECONDS: only its start.
# The numbers also end in build/bench/results.json. --quality adds the picture after a stand-in for the platform's own encoder.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
BUILD=${BUILD:-build/release}
rounds=${BENCH_ROUNDS:-3}
bench=build/bench
results=$bench/results.jsonl
quality="" rivals_only=""
for arg; do
    case $arg in
    --quality) quality=yes ;;
    --rivals-only) rivals_only=yes ;;
    *) sed -n '2,5p' "$0" >&2; exit 2 ;;
    esac
done
if [ -z "$rivals_only" ] && [ ! -x "$BUILD/crosscut" ]; then
    echo "bench: no $BUILD/crosscut; run make, or use --rivals-only" >&2
    exit 2
fi

mkdir -p $bench
${CC:-cc} -std=c11 -O2 -o $bench/run-one bench/run-one.c
work=$(mktemp -d "$PWD/$bench/work-XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
: >"$results"

# ---- the clips ----

sh samples/make-samples.sh
clip=${BENCH_CLIP:-}
if [ -z "$clip" ] && [ -x ../shared/media/make-media.sh ]; then
    [ -s $bench/media/bench/bench-1080p24-52s.mp4 ] || ../shared/media/make-media.sh $bench/media bench >&2
    clip=$bench/media/bench/bench-1080p24-52s.mp4
elif [ -z "$clip" ]; then
    clip=$bench/walk-52s.mp4
    [ -s "$clip" ] || ffmpeg -nostdin -loglevel error -y -stream_loop 4 -i samples/out/walk.mp4 -t 52 -c copy "$clip"
fi
if [ -n "${BENCH_SECONDS:-}" ]; then
    ffmpeg -nostdin -loglevel error -y -t "$BENCH_SECONDS" -i "$clip" -c copy "$work/clip.mp4"
    clip=$work/clip.mp4
fi
valid=samples/out/talk-vertical.mp4

# ---- the contestants: each leaves its files in $work/out ----

# Runs a command, adding what it cost to this contestant's line.
measure() { # COMMAND...
    "$bench/run-one" "$work/one.json" "$@" >"$work/stdout" 2>"$work/stderr" ||
        { echo "bench: failed: $*" >&2; tail -n 5 "$work/stderr" >&2; exit 1; }
    cat "$work/one.json" >>"$work/costs"
}
crosscut() { # CLIP STATE SETTING
    measure "$BUILD/crosscut" preview "$1" --to tiktok,reels,shorts --out "$work/out/preview" --state "$2" --set "$3" --json \
        --no-progress
    cp "$work/stdout" "$work/answer.json"
}
blur='[0:v]split[a][b];[a]scale=1080:1920:force_original_aspect_ratio=increase,crop=1080:1920,gblur=sigma=25[bg];'\
'[b]scale=1080:1920:force_original_aspect_ratio=decrease[fg];[bg][fg]overlay=(W-w)/2:(H-h)/2'
ffmpeg_blur() { # CLIP OUTPUT
    measure ffmpeg -nostdin -hide_banner -loglevel error -y -i "$1" -filter_complex "$blur" -c:v libx264 -preset veryfast \
        -crf 23 -c:a aac "$2"
}
ffmpeg_crop() {
    measure ffmpeg -nostdin -hide_banner -loglevel error -y -i "$1" -vf "crop=ih*9/16:ih,scale=1080:1920" -c:v libx264 \
        -preset superfast -crf 18 -c:a aac "$2"
}
three() { # COMMAND CLIP: once for each platform, as people do it
    for platform in tiktok reels shorts; do "$1" "$2" "$work/out/$platform.mp4"; done
}
copy() { measure cp "$1" "$2"; }

contest() { # SCENARIO NAME COMMAND...
    scenario=$1 name=$2
    shift 2
    rm -rf "$work/out"
    mkdir -p "$work/out"
    : >"$work/costs"
    "$@"
    files=$(find "$work/out" -type f \( -name '*.mp4' -o -name '*.mov' -o -name '*.webm' \) | sort)
    if [ -f "$work/answer.json" ]; then    # where crosscut put them; several posts may share one
        files=$(jq -r '.renditions[].path' "$work/answer.json" | sort -u)
        rm "$work/answer.json"
    fi
    bytes=0 nb_files=0
    for file in $files; do
        bytes=$((bytes + $(stat -c %s "$file"))) nb_files=$((nb_files + 1)) first=$file
    done
    [ "$name" = "ffmpeg x3" ] || keep "$scenario" "$name" "$first"    # the three are the same file
    jq -sc --arg scenario "$scenario" --arg name "$name" --argjson bytes "$bytes" --argjson files "$nb_files" \
        '{$scenario, $name, wall_ms: (map(.wall_ms) | add), cpu_ms: (map(.cpu_ms) | add), peak_bytes: (map(.peak_bytes) | max),
          $bytes, $files}' "$work/costs" >>"$results"
}
keep() { # SCENARIO NAME FILE: one output of each stays for the measurements at the end
    mkdir -p "$work/kept"
    cp "$3" "$work/kept/$(printf '%s.%s' "$1" "$2" | tr -c 'a-zA-Z0-9.\n' _).mp4"
}

ours() { [ -z "$rivals_only" ]; }
for round in $(seq "$rounds"); do
    echo "bench: round $round of $rounds" >&2
    state=$work/state-$round
    ! ours || contest blur crosscut crosscut "$clip" "$state" render.reframe=blur
    ! ours || contest blur "crosscut, again" crosscut "$clip" "$state" render.reframe=blur
    contest blur "ffmpeg x3" three ffmpeg_blur "$clip"
    contest blur "ffmpeg x1" ffmpeg_blur "$clip" "$work/out/all.mp4"
    ! ours || contest crop crosscut crosscut "$clip" "$state" render.reframe=crop
    contest crop "ffmpeg x3" three ffmpeg_crop "$clip"
    contest crop "ffmpeg x1" ffmpeg_crop "$clip" "$work/out/all.mp4"
    ! ours || contest valid crosscut crosscut "$valid" "$state" render.reframe=auto
    contest valid "cp x3" three copy "$valid"
    rm -rf "$state"
done

# ---- what came out of it ----

value() { sed -n "s/^$2[[:space:]]*: //p" "$1" | head -n 1; }
cpu=$(value /proc/cpuinfo 'model name')
memory=$(awk '/MemTotal/ { printf "%.1f GB", $2 / 1e6 }' /proc/meminfo)
shape=$(ffprobe -v error -select_streams v:0 -show_entries stream=codec_name,width,height,r_frame_rate:format=duration,size \
    -of csv=p=0 "$clip" | tr '\n' ' ')
echo "machine   $(nproc) x $cpu, $memory, $(uname -sr), load $(cut -d' ' -f1 /proc/loadavg) at the end"
echo "versions  $(ffmpeg -version | sed -n '1s/ Copyright.*//p')"
! ours || echo "          $("$BUILD/crosscut" version | head -n 1)"
echo "clip      $(basename "$clip"): $shape"
echo "rounds    $rounds, taking turns; medians; $(date -u +%Y-%m-%d)"
echo
jq -s 'def median: sort | .[(length - 1) / 2 | floor];
    group_by(.scenario) | map(group_by(.name) | map({
        scenario: .[0].scenario, name: .[0].name, wall_s: (map(.wall_ms) | median / 1000), cpu_s: (map(.cpu_ms) | median / 1000),
        peak_mb: (map(.peak_bytes) | median / 1e6), mb: (map(.bytes) | median / 1e6), files: .[0].files, runs: length,
        wall_s_all: map(.wall_ms / 1000)})) | flatten' "$results" >$bench/results.json
jq -r '(map(select(.name == "crosscut")) | map({key: .scenario, value: .}) | from_entries) as $ours
    | ["scenario", "who", "wall s", "cpu s", "peak MB", "out MB", "files", "wall", "cpu"],
      (.[] | . as $row | $ours[.scenario] as $o
       | def times(f): if $o and ($o | f) > 0 then "x\(($row | f) / ($o | f) * 100 | round / 100)" else "" end;
         [.scenario, .name, (.wall_s * 100 | round / 100), (.cpu_s * 100 | round / 100), (.peak_mb | round), (.mb * 10 | round / 10), .files,
          times(.wall_s), times(.cpu_s)])
    | @tsv' $bench/results.json | awk -F'\t' '{ printf "%-9s %-16s %9s %9s %8s %8s %6s %8s %8s\n", $1, $2, $3, $4, $5, $6, $7, $8, $9 }'
echo
echo "Wall and processor time are sums over the contestant's runs; the last columns are times crosscut's. Peak is the process tree's."

check=$BUILD/tests/media-check
if [ -x "$check" ]; then
    echo
    printf '%-26s %8s %8s %8s %10s %8s %7s\n' file LUFS dBTP "A/V ms" "edit lists" "moov 1st" "GOP s"
    for file in "$work"/kept/*.mp4; do
        "$check" "$file" | jq -r --arg name "$(basename "$file" .mp4)" '[$name, .audio.lufs, .audio.true_peak_dbtp, .av_start_ms, .edit_lists,
            .moov_first, (.video.gop_max_ms / 1000)] | @tsv' | awk -F'\t' '{ printf "%-26s %8s %8s %8s %10s %8s %7.2f\n", $1, $2, $3, $4, $5, $6, $7 }'
    done
    echo
    echo "Flash against click on samples/out/clap.mp4, ms (positive: the sound is late):"
    contest sync ffmpeg ffmpeg_crop samples/out/clap.mp4 "$work/out/all.mp4"
    ! ours || contest sync crosscut crosscut samples/out/clap.mp4 "$work/state-sync" render.reframe=crop
    for file in "$work"/kept/sync.*.mp4; do
        "$check" --sync "$file" | jq -r --arg name "$(basename "$file" .mp4)" '"\($name)  median \(.median_ms)  worst \(.max_ms)  of \(.pairs)"'
    done
else
    echo "(no $check: loudness and sync not measured; make $check)"
fi

# A platform encodes again what it gets. The stand-in: x264 fast, 3 Mbit/s. Compared with the crop of the master itself, scaled by lanczos.
if [ -n "$quality" ]; then
    echo
    echo "SSIM after a stand-in for the platform's encoder (first 20 s of the crop scenario):"
    for file in "$work"/kept/crop.*.mp4; do
        ffmpeg -nostdin -loglevel error -y -t 20 -i "$file" -an -vf scale=1080:1920 -c:v libx264 -preset fast -b:v 3M -maxrate 4M -bufsize 6M \
            "$work/platform.mp4"
        ssim=$(ffmpeg -nostdin -hide_banner -t 20 -i "$work/platform.mp4" -t 20 -i "$clip" -filter_complex \
            "[1:v]crop=ih*9/16:ih,scale=1080:1920:flags=lanczos[ref];[0:v][ref]ssim=shortest=1" -f null - 2>&1 | sed -n 's/.*All:\([0-9.]*\).*/\1/p')
        printf '%-26s %s\n' "$(basename "$file" .mp4)" "$ssim"
    done
fi
