#!/bin/sh
# Installs the Debian packages that are missing: as root or through sudo; otherwise names them and stops.
set -eu
packages="gcc make pkg-config libavformat-dev libavcodec-dev libavfilter-dev libavutil-dev libswscale-dev libswresample-dev
libcurl4-openssl-dev libssl-dev libjansson-dev libsqlite3-dev libutf8proc-dev libinih-dev libmicrohttpd-dev libcmocka-dev libsodium-dev
libseccomp-dev ffmpeg espeak-ng python3 jq libxml2-utils strace clang curl spin"
missing=""
for p in $packages; do
    dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
done
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null; then
    echo "setup: this is not a Debian system; install the equivalents of:$missing" >&2
    exit 1
fi
if [ "$(id -u)" = 0 ]; then run=""
elif command -v sudo >/dev/null; then run="sudo"
else
    echo "setup: not root and no sudo. As root: apt-get install --no-install-recommends$missing" >&2
    exit 1
fi
echo "setup: installing$missing" >&2
export DEBIAN_FRONTEND=noninteractive
$run apt-get -qq update
$run apt-get -qq install -y --no-install-recommends $missing >/dev/null
