#!/bin/sh
# Runs the command-line tests: sh tests/cli/run.sh [CASE...]. Prints "N passed, N failed" as its last line.
set -eu
cd "$(dirname "$0")/../.."
BUILD=${BUILD:-build/release}
sh samples/make-samples.sh >/dev/null
export CROSSCUT="$PWD/$BUILD/crosscut" SIM="$PWD/$BUILD/crosscut-sim" CHECK="$PWD/$BUILD/tests/media-check" SAMPLES="$PWD/samples/out"
MEDIA=$(cd ../shared/media 2>/dev/null && pwd || true)
export MEDIA ROOT="$PWD"
unset CROSSCUT_MEDIA XDG_CONFIG_HOME XDG_STATE_HOME XDG_CACHE_HOME
passed=0
failed=0
[ $# -gt 0 ] || set -- tests/cli/[0-9]*.sh
for file in "$@"; do
    T=$(mktemp -d)
    CASE=$(basename "$file" .sh)
    RESULT="$T/result"
    export T CASE RESULT HOME="$T"
    timeout 900 sh "$file" || true
    read -r p f 2>/dev/null <"$RESULT" || { p=0; f=1; echo "FAIL $CASE: did not finish" >&2; }
    passed=$((passed + p))
    failed=$((failed + f))
    rm -rf "$T"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
