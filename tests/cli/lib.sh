# Shared by the command-line tests: a scratch folder, simulators on loopback, assertions that count.
# Each case is a file NN-name.sh, run by run.sh with $CROSSCUT, $SIM, $CHECK, $SAMPLES, $MEDIA (may be empty) and $T (scratch).
passed=0
failed=0

ok() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); printf 'FAIL %s: %s\n' "$CASE" "$*" >&2; }
# check WHAT COMMAND...: counts whether the command succeeds
check() { what=$1; shift; if "$@" >/dev/null 2>&1; then ok; else bad "$what"; fi; }
# equal WHAT GOT WANTED
equal() { if [ "$2" = "$3" ]; then ok; else bad "$1: got '$2', wanted '$3'"; fi; }
# contains WHAT TEXT PART
contains() { case "$2" in *"$3"*) ok ;; *) bad "$1: '$2' does not contain '$3'" ;; esac; }

# run ARGS...: $status, $out, $errs
run() {
    status=0
    "$CROSSCUT" "$@" >"$T/out" 2>"$T/err" </dev/null || status=$?
    out=$(cat "$T/out"); errs=$(cat "$T/err")
}
# json FILTER: of the last run's stdout
json() { jq -r "$1" <"$T/out"; }

sim_start() {   # sim_start [OPTIONS]: sets $tiktok $instagram $youtube to their addresses
    rm -rf "$T/sim" "$T/ready"; mkdir -p "$T/sim"
    "$SIM" --platform all --port 0 --dir "$T/sim" --ready-file "$T/ready" --seconds 900 "$@" >"$T/sim.log" 2>&1 &
    sim_pid=$!
    i=0
    while [ ! -s "$T/ready" ] && [ $i -lt 100 ]; do sleep 0.1; i=$((i + 1)); done
    tiktok=$(awk '$1=="tiktok"{print $2}' "$T/ready")
    instagram=$(awk '$1=="instagram"{print $2}' "$T/ready")
    youtube=$(awk '$1=="youtube"{print $2}' "$T/ready")
    [ -n "$tiktok" ] || { cat "$T/sim.log" >&2; bad "the simulators did not start"; }
}
sim_stop() { [ -z "${sim_pid:-}" ] || { kill "$sim_pid" 2>/dev/null; wait "$sim_pid" 2>/dev/null; sim_pid=; } || true; }
trap 'sim_stop' EXIT

sim_posts() { curl -s "$1/_sim/posts" | jq length; }            # how many are public there
sim_refusals() { curl -s "$1/_sim/refusals" | jq -c .; }
sim_fault() { curl -s -X POST -H 'Content-Type: application/json' -d "$2" "$1/_sim/faults" >/dev/null; }

# pipeline.conf for the simulators; a fresh state
setup() {
    rm -rf "$T/state" "$T/public"
    cat >"$T/pipeline.conf" <<CONF
[host]
path = $T/public
base_url = https://media.example.org
[publish]
poll_interval = 20ms
poll_timeout = 20s
retry_base = 20ms
settle = 400ms
[destination tiktok]
platform = tiktok
api_base = $tiktok
mode = direct
privacy = SELF_ONLY
[destination reels]
platform = instagram
api_base = $instagram
account = 17841400000000000
[destination shorts]
platform = youtube
api_base = $youtube
CONF
    export CROSSCUT_TIKTOK_TOKEN=sim-token-tiktok CROSSCUT_REELS_TOKEN=sim-token-instagram CROSSCUT_SHORTS_TOKEN=sim-token-youtube
}
post() { run post --config "$T/pipeline.conf" --state "$T/state" --no-progress "$@"; }

finish() { printf '%s: %d passed, %d failed\n' "$CASE" "$passed" "$failed"; echo "$passed $failed" >"$RESULT"; [ "$failed" = 0 ]; }
