# Interrupted while it renders: exit 130, nothing half-made, and the same command does the work.
. "$ROOT/tests/cli/lib.sh"
sim_start; setup
for signal in INT TERM; do
    "$CROSSCUT" post "$SAMPLES/walk.mp4" --config "$T/pipeline.conf" --state "$T/state" --no-progress >"$T/out" 2>"$T/err" </dev/null &
    pid=$!
    i=0
    while [ -z "$(find "$T/state/renditions" -name '*.part-*' 2>/dev/null)" ] && [ $i -lt 100 ]; do sleep 0.05; i=$((i + 1)); done
    sleep 0.3
    kill -$signal $pid
    status=0; wait $pid || status=$?
    equal "$signal: exit" "$status" 130
    equal "$signal: nothing half-made" "$(find "$T/state" "$T/public" -name '*.part*' 2>/dev/null | wc -l)" 0
    sleep 0.2
    equal "$signal: the worker is gone" "$(pgrep -f -c "$(dirname "$CROSSCUT")/crosscut-media" || true)" 0
done
post "$SAMPLES/walk.mp4" --json
equal "afterwards: exit" "$status" 0
equal "afterwards: youtube has one" "$(sim_posts "$youtube")" 1

# killed while it renders: the leftovers of a dead process go with the next run
"$CROSSCUT" post "$SAMPLES/square.webm" --config "$T/pipeline.conf" --state "$T/state" --no-progress >/dev/null 2>&1 </dev/null &
pid=$!
i=0
while [ -z "$(find "$T/state/renditions" -name '*.part-*')" ] && [ $i -lt 100 ]; do sleep 0.02; i=$((i + 1)); done
kill -9 $pid; wait $pid 2>/dev/null || true
run resume --config "$T/pipeline.conf" --state "$T/state" --no-progress --json
equal "killed: resume: exit" "$status" 0
equal "killed: resume publishes what was planned" "$(json '[.posts[] | .state] | unique | join(",")')" published
equal "killed: leftovers are gone" "$(find "$T/state" -name '*.part-*' | wc -l)" 0
finish
