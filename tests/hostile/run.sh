#!/bin/sh
# Hostile media: sh tests/hostile/run.sh [MUTATIONS [RENDER_EVERY]] (72, 6). Files made by hand, and damaged copies of twelve clips
# by fixed seeds: a third by zzuf where it is installed, the rest by tests/tools/mutate. Of the damaged ones every RENDER_EVERY-th
# is rendered too, when it can be planned. With ../shared/media and more than 500 mutations its hostile files as well.
# KEEP=DIR keeps what showed a defect. Prints a line of figures, and exits 1 on any defect.
set -eu
cd "$(dirname "$0")/../.."
BUILD=${BUILD:-build/release} count=${1:-72} every=${2:-6}
CROSSCUT="$PWD/$BUILD/crosscut" BOUNDED="$PWD/$BUILD/tests/bounded" mutate="$PWD/$BUILD/tests/mutate"
export CROSSCUT BOUNDED
unset CROSSCUT_MEDIA XDG_CONFIG_HOME XDG_STATE_HOME XDG_CACHE_HOME
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
jobs=$(nproc)

sh tests/hostile/seeds.sh "$T/seeds"
sh tests/hostile/handmade.sh "$T/seeds" "$T/hand" "$mutate"
if [ "$count" -gt 500 ] && [ -f ../shared/media/make-media.sh ]; then
    bash ../shared/media/make-media.sh "$T/shared" hostile >/dev/null
    find "$T/shared/hostile" ../shared/media/hostile -maxdepth 1 \( -type f -o -type l \) ! -name '*.tsv' ! -name '.*' -print0 |
        xargs -0 sh -c 'for f; do cp -P "$f" "$0/shared-$(basename "$f")"; done' "$T/hand"
fi

# ---- by hand ----
find "$T/hand" -maxdepth 1 \( -type f -o -type l \) -print0 | sort -z |
    xargs -0 -n 8 -P "$jobs" sh tests/hostile/one.sh "$T/hand.tsv"

# ---- damaged ----
mkdir "$T/bad"
i=0
set -- "$T"/seeds/[0-9]*
while [ $i -lt "$count" ]; do
    i=$((i + 1))
    seed=$1; shift; set -- "$@" "$seed"
    to=$T/bad/$(printf '%04d' $i)-$(basename "$seed")
    if [ $((i % 3)) = 0 ] && command -v zzuf >/dev/null; then
        zzuf -s "$i" -r 0.0001:0.004 <"$seed" >"$to"
    else
        "$mutate" "$i" "$seed" "$to"
    fi
    [ $((i % every)) = 0 ] && mv "$to" "$to.render" || true
done
find "$T/bad" -type f ! -name '*.render' -print0 | sort -z | PLAN_ONLY=1 xargs -0 -r -n 16 -P "$jobs" sh tests/hostile/one.sh "$T/bad.tsv"
find "$T/bad" -type f -name '*.render' -print0 | sort -z | xargs -0 -r -n 8 -P "$jobs" sh tests/hostile/one.sh "$T/bad.tsv"

# ---- what the worker opens after it is confined: nothing ----
opened=unchecked attempts=0
if command -v strace >/dev/null && "$CROSSCUT" version | grep -q seccomp; then
    strace=$(command -v strace)
    mkdir "$T/traces"
    printf '#!/bin/sh\nexec %s -f -o %s/traces/$$ -e trace=open,openat,openat2,creat,socket,connect,execve,seccomp,fork,vfork %s/%s/crosscut-media\n' \
        "$strace" "$T" "$PWD" "$BUILD" >"$T/traced"
    chmod +x "$T/traced"
    for file in "$T"/hand/refuse-hls-other.mp4 "$T"/hand/refuse-ffconcat-relative.mp4 "$T"/hand/dref-back.mp4 "$T"/hand/refuse-sdp.mp4 "$T"/seeds/0[1-7]*; do
        CROSSCUT_MEDIA="$T/traced" "$CROSSCUT" preview "$file" --to site --state "$T/traced-state" --out "$T/traced-out" --no-progress >/dev/null 2>&1 || true
    done
    # after the filter is set, in any thread: whatever did not fail was opened (strace breaks a line in two when threads change)
    set -- $(awk 'FNR == 1 { confined = 0 } /seccomp\(SECCOMP_SET_MODE_FILTER.* = 0/ { confined = 1; workers++; next }
                  confined && !/unfinished/ && /(open|openat|openat2|creat|socket|connect|execve|fork|vfork)(\(| resumed)/ {
                      attempts++
                      if (!/ = -1 /) opened++
                  }
                  END { print opened + 0, attempts + 0, workers + 0 }' "$T"/traces/*)
    opened=$1 attempts=$2
    [ "$3" -gt 10 ] || opened="only $3 workers traced"
fi

# ---- figures ----
[ -f "$T/bad.tsv" ] || : >"$T/bad.tsv"
awk -F '\t' -v opened="$opened" -v attempts="$attempts" -v wanted="$(find "$T/hand" -maxdepth 1 \( -type f -o -type l \) | wc -l)" -v count="$count" '
    { n[$1]++; files[FILENAME]++; if ($2 > cpu) cpu = $2; if ($3 > rss) rss = $3; if ($5 ~ /^worker was ended/) deaths++ }
    $1 !~ /^(refused|planned|rendered)$/ { print "DEFECT " $1 " " $4 ": " $5; defects++ }
    $5 ~ /^worker was ended/ { print "note: " $4 ": " $5 }
    END {
        hand = files[ARGV[1]] + 0; bad = files[ARGV[2]] + 0
        if (hand != wanted || bad != count) { print "DEFECT not every file was tried"; defects++ }
        if (opened != 0 && opened != "unchecked") { print "DEFECT opened after confinement: " opened; defects++ }
        printf "hostile: %d by hand, %d damaged; refused %d, rendered %d, planned %d; crashes %d, hangs %d, forbidden calls %d, slow %d, large %d, ", \
            hand, bad, n["refused"], n["rendered"], n["planned"], n["crash"], n["hang"], n["forbidden"], n["slow"], n["large"]
        printf "foreign bytes %d, leftovers %d, accepted wrongly %d, unclear %d; decoder deaths contained %d; opened when confined: %s (%d tries denied); at most %.1f s of processor, %d MiB\n", \
            n["canary"], n["leftover"], n["wrong"], n["unclear"], deaths, opened, attempts, cpu / 1000, rss / 1024
        exit defects > 0
    }' "$T/hand.tsv" "$T/bad.tsv"
