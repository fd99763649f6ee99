#!/bin/sh
# Fuzz targets: `run.sh replay` runs each over its corpus, `run.sh fuzz SECONDS ["TARGET ..."]` looks for new inputs.
# What was found is left in build/<mode>/findings/, one line per target is printed.
set -eu
cd "$(dirname "$0")/../.."
BUILD=${BUILD:-build/release}
what=$1
seconds=${2:-20}
targets=${3:-$(for f in tests/fuzz/fuzz_*.c; do basename "$f" .c | sed s/^fuzz_//; done)}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export CROSSCUT_MEDIA="$PWD/$BUILD/tests/fuzz-child" HOME="$scratch" XDG_CONFIG_HOME="$scratch"
export ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1
failed=0
nb=0
sh tests/fuzz/corpus.sh "$scratch/corpus"
for t in $targets; do
    nb=$((nb + 1))
    mkdir -p "$scratch/corpus/$t" "tests/fuzz/corpus/$t"
    if [ "$what" = replay ]; then
        find "tests/fuzz/corpus/$t" "$scratch/corpus/$t" -type f | xargs "$BUILD/tests/replay_$t" >"$scratch/log" 2>&1 ||
            { cat "$scratch/log"; echo "FAIL fuzz $t"; failed=$((failed + 1)); continue; }
        n=$(sed 's/.*: \([0-9]*\) inputs/\1/' "$scratch/log" | awk '{n += $1} END {print n}')
        inputs=$((${inputs:-0} + n))
        continue
    fi
    mkdir -p "$BUILD/findings"
    "$BUILD/tests/fuzz_$t" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=8192 -print_final_stats=1 \
        -artifact_prefix="$BUILD/findings/$t-" "$scratch/corpus/$t" "tests/fuzz/corpus/$t" >"$scratch/log" 2>&1 || {
        tail -60 "$scratch/log"; echo "FAIL fuzz $t: see $BUILD/findings"; failed=$((failed + 1)); continue; }
    executions=$((${executions:-0} + $(awk '/stat::number_of_executed_units/ {print $2}' "$scratch/log")))
    awk -v t="$t" '/stat::number_of_executed_units/ {n=$2} / cov: / {for (i = 1; i < NF; i++) if ($i == "cov:") c=$(i+1)}
        END {printf "fuzz %s: %d executions, %d edges, 0 findings\n", t, n, c}' "$scratch/log"
done
[ "$what" = replay ] && figure="${inputs:-0} inputs replayed" || figure="${executions:-0} executions in ${seconds} s each"
printf 'security S8: %d targets, %s, %d findings open\n' "$nb" "$figure" "$failed"
[ "$failed" = 0 ]
