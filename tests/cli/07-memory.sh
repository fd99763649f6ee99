# Memory of an upload does not grow with the file: 2 GiB, sparse, to a simulator.
. "$ROOT/tests/cli/lib.sh"
sim_start; setup
cp "$SAMPLES/talk-vertical.mp4" "$T/big.mp4"
# a free box of 2 GiB behind the media: 64-bit size, content sparse
size=$((2 * 1024 * 1024 * 1024))
printf '\0\0\0\001free\0\0\0\0\200\0\0\020' >>"$T/big.mp4"
truncate -s "+$size" "$T/big.mp4"
python3 - "$T" "$CROSSCUT" <<'PY' >"$T/rss" || true
import subprocess, sys, time
t, crosscut = sys.argv[1:]
p = subprocess.Popen([crosscut, "post", t + "/big.mp4", "--config", t + "/pipeline.conf", "--state", t + "/state", "--to", "shorts",
                      "--json", "--no-progress"], stdout=open(t + "/out", "w"), stderr=open(t + "/err", "w"), stdin=subprocess.DEVNULL)
peak = 0    # of the program that uploads; wait4's figure would be the larger of it and of the media worker
while p.poll() is None:
    with open("/proc/%d/status" % p.pid) as status:
        peak = max([peak] + [int(line.split()[1]) for line in status if line.startswith("VmHWM")])
    time.sleep(0.02)
print(p.returncode, peak // 1024)
PY
read -r status rss <"$T/rss"
equal "exit" "$status" 0
equal "sent as it is" "$(json '.renditions[0].made')" "original"
equal "arrived whole" "$(curl -s "$youtube/_sim/posts" | jq '.[0].bytes')" "$(stat -c %s "$T/big.mp4")"
check "peak memory $rss MiB was seen, and is under 64" test "$rss" -gt 4 -a "$rss" -lt 64
finish
