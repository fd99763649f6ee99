#!/bin/sh
# The fault tests: sh tests/faults/run.sh sampled|nightly. Tables go to $BUILD/faults/, for `make faults-report`.
set -eu
cd "$(dirname "$0")/../.."
: "${BUILD:=build/release}"
export BUILD
mkdir -p "$BUILD/faults"
bad=0
# part NAME COMMAND...: keeps what it prints
part() {
    name=$1; shift
    "$@" >"$BUILD/faults/$name.txt" 2>&1 || { bad=1; echo "FAIL $name"; }
    cat "$BUILD/faults/$name.txt"
}
if [ "${1:-sampled}" = nightly ]; then
    part matrix "$BUILD/tests/fault-matrix"
    part powercut "$BUILD/tests/powercut" 10000
    part kill python3 tests/faults/kill.py --every 1 --double 500
    part kill-fresh python3 tests/faults/kill.py --every 11 --fresh
    part net python3 tests/faults/net.py --every 1
    part syserr python3 tests/faults/syserr.py --every 3
    part together python3 tests/faults/together.py --rounds 200
else
    part matrix "$BUILD/tests/fault-matrix" --every 7
    part powercut "$BUILD/tests/powercut" 1500
    part kill python3 tests/faults/kill.py --every 125 --double 2
    part net python3 tests/faults/net.py --every 73
    part syserr python3 tests/faults/syserr.py --every 200
    part together python3 tests/faults/together.py --rounds 2
fi
part unknown python3 tests/faults/unknown.py
part restored python3 tests/faults/restored.py
exit $bad
