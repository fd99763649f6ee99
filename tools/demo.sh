#!/bin/sh
# The main job, for real, with no account: a landscape clip becomes a vertical one, goes to three platforms (simulators on
# loopback) and to a website in a folder, exactly once; the same command again does nothing.
set -eu
cd "$(dirname "$0")/.."
BUILD=${BUILD:-build/release}
crosscut="$PWD/$BUILD/crosscut"
demo="$PWD/build/demo"
clip=${1:-samples/out/walk.mp4}
rm -rf "$demo"
mkdir -p "$demo/sim"

echo "== a clip, drawn and spoken by samples/make-samples.sh"
sh samples/make-samples.sh --small

echo "== simulators of TikTok, Instagram and YouTube"
"$PWD/$BUILD/crosscut-sim" --platform all --port 0 --dir "$demo/sim" --ready-file "$demo/ready" --seconds 1800 >"$demo/sim.log" 2>&1 &
sim=$!
trap 'kill $sim 2>/dev/null || true' EXIT INT TERM
i=0
while [ ! -s "$demo/ready" ] && [ $i -lt 100 ]; do sleep 0.1; i=$((i + 1)); done
address() { awk -v p="$1" '$1==p{print $2}' "$demo/ready"; }

cat >"$demo/pipeline.conf" <<CONF
[host]
path = $demo/public
[publish]
poll_interval = 300ms
[destination tiktok]
platform = tiktok
mode = direct
privacy = SELF_ONLY
api_base = $(address tiktok)
[destination reels]
platform = instagram
account = 17841400000000000
api_base = $(address instagram)
[destination shorts]
platform = youtube
api_base = $(address youtube)
CONF
export CROSSCUT_TIKTOK_TOKEN=sim-token-tiktok CROSSCUT_REELS_TOKEN=sim-token-instagram CROSSCUT_SHORTS_TOKEN=sim-token-youtube
common="--config $demo/pipeline.conf --state $demo/state"

echo; echo "== crosscut preview: every output, before anything leaves"
"$crosscut" preview "$clip" $common --out "$demo/preview"
echo; echo "== crosscut post: three platforms and the own site"
"$crosscut" post "$clip" $common --junit "$demo/junit.xml"
echo; echo "== the same command again: nothing is posted twice"
"$crosscut" post "$clip" $common

for p in tiktok instagram youtube; do
    n=$(curl -s "$(address $p)/_sim/posts" | jq length)
    [ "$n" = 1 ] || { echo "demo: $p has $n posts, wanted 1" >&2; exit 1; }
done
cat <<TXT

4 destinations published, each exactly once.
  preview   file://$demo/preview/index.html
  site      file://$demo/public/index.html
  posts     $(address tiktok)/_sim/   $(address instagram)/_sim/   $(address youtube)/_sim/
TXT
if [ -t 0 ] && [ -t 1 ]; then
    printf 'The simulators run until you press Enter. '
    read -r _ || true
fi
