#!/bin/sh
# Checks the model with spin, and that spin finds the harm when a part of the protocol is missing.
#   sh tests/model/run.sh FOLDER      (for spin's generated code)
set -eu
model=$(cd "$(dirname "$0")" && pwd)/publish.pml
mkdir -p "$1" && cd "$1"

# verify NAME SPIN-OPTIONS -- PAN-OPTIONS: sets $errors and $states
verify() {
    name=$1; shift
    options=
    while [ "$1" != -- ]; do options="$options $1"; shift; done
    shift
    rm -f pan.* "$name"
    spin -a $options "$model" >"$name.log" 2>&1
    ${CC:-gcc} -O1 -w -DNFAIR=3 -DNOREDUCE -o "$name" pan.c
    "./$name" -m200000 -w20 "$@" >>"$name.log" 2>&1 || true
    errors=$(sed -n 's/.*errors: \([0-9]*\).*/\1/p' "$name.log")
    states=$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' "$name.log")
    ! grep -q 'max search depth too small\|out of memory' "$name.log" || errors=unfinished
}
wanted() {
    if [ "$errors" = "$3" ]; then printf '  %-28s %s\n' "$1" "$2 ($states states)"
    else printf '  %-28s WRONG: %s errors; see %s/%s.log\n' "$1" "${errors:-?}" "$PWD" "$name"; bad=1; fi
}
bad=0
verify whole -- ; wanted "the protocol" "never twice: 0 errors" 0
verify lost -DNEVER_LOST -- -a -f; wanted "the protocol, to its end" "never lost: 0 errors" 0
for part in NO_ARM NO_SETTLE NO_RECONCILE NO_LEASE NO_SYNC TAKEOVER; do
    verify "$part" "-D$part" --
    wanted "$part" "spin finds the harm" 1
done
exit $bad
