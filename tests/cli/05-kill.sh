# kill -9 at any time, then resume: published exactly once, or honestly unknown. Never twice.
. "$ROOT/tests/cli/lib.sh"
rounds=${KILL_ROUNDS:-24}
sim_start; setup
cp "$SAMPLES/talk-vertical.mp4" "$T/base.mp4"
i=0
while [ $i -lt "$rounds" ]; do
    i=$((i + 1))
    # another master each time: a free box with other content makes another hash
    { cat "$T/base.mp4"; printf '\0\0\0\014free%04d' $i; } >"$T/clip-$i.mp4"
    "$CROSSCUT" post "$T/clip-$i.mp4" --config "$T/pipeline.conf" --state "$T/state" --no-progress -q >/dev/null 2>&1 </dev/null &
    victim=$!
    sleep "$(awk -v i=$i -v n="$rounds" 'BEGIN{printf "%.3f", 0.02 + 0.55 * i / n}')"
    kill -9 $victim 2>/dev/null || true
    wait $victim 2>/dev/null || true
    # killed before it was journaled, resume has nothing to go on with: the same command does it
    run resume --config "$T/pipeline.conf" --state "$T/state" --no-progress --json
    post "$T/clip-$i.mp4" --json
    unknown=$(json '[.posts[] | select(.state=="unknown")] | length')
    published=$(json '[.posts[] | select(.state=="published")] | length')
    equal "round $i: every post is published or unknown" "$((unknown + published))" 4
done
for p in tiktok instagram youtube; do
    eval "address=\$$p"
    n=$(sim_posts "$address")
    check "$p: never twice ($n of $rounds)" test "$n" -le "$rounds"
    twice=$(curl -s "$address/_sim/posts" | jq '[group_by(.sha256)[] | select(length > 1)] | length')
    equal "$p: no file is public twice" "$twice" 0
done
run status --config "$T/pipeline.conf" --state "$T/state" --json
for pair in "tiktok $tiktok" "reels $instagram" "shorts $youtube"; do
    set -- $pair
    claimed=$(json "[.posts[] | select(.destination==\"$1\" and .state==\"published\")] | length")
    equal "$1: no claim without a post, no post without a claim" "$claimed" "$(sim_posts "$2")"
done
finish
