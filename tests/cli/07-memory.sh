# Memory of an upload does not grow with the file: 2 GiB, sparse, to a simulator.
. "$ROOT/tests/cli/lib.sh"
sim_start; setup
cp "$SAMPLES/talk-vertical.mp4" "$T/big.mp4"
# a free box of 2 GiB behind the media: 64-bit size, content sparse
size=$((2 * 1024 * 1024 * 1024))
printf '\0\0\0\001free\0\0\0\0\200\0\0\020' >>"$T/big.mp4"
truncate -s "+$size" "$T/big.mp4"
python3 - "$T" "$CROSSCUT" <<'PY' >"$T/rss" || true
import os, subprocess, sys, json
t, crosscut = sys.argv[1:]
p = subprocess.Popen([crosscut, "post", t + "/big.mp4", "--config", t + "/pipeline.conf", "--state", t + "/state", "--to", "shorts",
                      "--json", "--no-progress"], stdout=open(t + "/out", "w"), stderr=open(t + "/err", "w"), stdin=subprocess.DEVNULL)
_, status, usage = os.wait4(p.pid, 0)
print(os.waitstatus_to_exitcode(status), usage.ru_maxrss // 1024)
PY
read -r status rss <"$T/rss"
equal "exit" "$status" 0
equal "sent as it is" "$(json '.renditions[0].made')" "original"
equal "arrived whole" "$(curl -s "$youtube/_sim/posts" | jq '.[0].bytes')" "$(stat -c %s "$T/big.mp4")"
check "peak memory $rss MiB is under 64" test "$rss" -lt 64
finish
