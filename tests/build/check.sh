#!/bin/sh
# Goals B1 and B5: what the linked programs are, read from the files themselves, and that two builds are one.
#     check.sh flags [FOLDER]     the two programs there (build/release)
#     check.sh twice              builds the source twice: other folder, time zone, locale, umask
set -eu
cd "$(dirname "$0")/../.."
failed=0
good=0
asserts() { what=$1; shift; if "$@" >/dev/null 2>&1; then good=$((good + 1)); else failed=$((failed + 1)); echo "FAIL build: $what" >&2; fi; }
has() { printf '%s\n' "$text" | grep -q -- "$1"; }
hasnt() { ! has "$1"; }

flags() {   # flags FILE
    f=$1
    text=$(readelf -hW "$f"); asserts "$f is position independent" has 'DYN '
    text=$(readelf -lW "$f")
    asserts "$f: RELRO" has GNU_RELRO
    asserts "$f: the stack is not executable" has 'GNU_STACK.* RW '
    asserts "$f: no segment is writable and executable" hasnt 'LOAD.* RWE'
    text=$(readelf -dW "$f")
    asserts "$f: BIND_NOW" has 'NOW'
    asserts "$f: PIE flag" has 'PIE'
    asserts "$f: no RPATH" hasnt 'RPATH'
    asserts "$f: no RUNPATH" hasnt 'RUNPATH'
    asserts "$f: no text relocations" hasnt 'TEXTREL'
    text=$(readelf -sW "$f" | awk '{print $8}')
    asserts "$f: stack protector" has '__stack_chk_fail'
    asserts "$f: fortified" has '_chk@\|_chk$'
    for name in strcpy strcat sprintf gets system popen; do asserts "$f: calls $name" hasnt "^$name@"; done
}
needed() { readelf -dW "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'; }

case ${1:-flags} in
flags)
    dir=${2:-build/release}
    flags "$dir/crosscut"
    flags "$dir/crosscut-media"
    # our own objects carry the mark; the start files of Debian 12's C library do not, so that the linker drops it
    if [ "$(uname -m)" = x86_64 ]; then text=$(readelf -nW "$dir/src/base/str.o"); asserts "objects: indirect branches are marked" has IBT; fi
    text=$(needed "$dir/crosscut"); asserts "crosscut needs no media library" hasnt '^lib\(av\|sw\)'
    text=$(needed "$dir/crosscut-media"); asserts "crosscut-media needs no network, database or crypto library" hasnt '^lib\(curl\|sqlite3\|ssl\|crypto\|microhttpd\)'
    text=$(strings "$dir/crosscut" "$dir/crosscut-media" 2>/dev/null || true); asserts "no path of the build machine" hasnt "$PWD"
    printf 'security B1: %d assertions on 2 programs, %d failed\n' $((good + failed)) "$failed"
    ;;
twice)
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    mkdir -p "$scratch/one" "$scratch/two-with-a-longer-name"
    git archive HEAD | tar -x -C "$scratch/one"
    git archive HEAD | tar -x -C "$scratch/two-with-a-longer-name"
    (cd "$scratch/one" && umask 022 && TZ=UTC LC_ALL=C make -j2 all >/dev/null 2>&1) || { echo "FAIL build: the first build"; exit 1; }
    (cd "$scratch/two-with-a-longer-name" && umask 077 && TZ=Pacific/Auckland LC_ALL=C.UTF-8 LANG=de_DE.UTF-8 make -j1 all >/dev/null 2>&1) || { echo "FAIL build: the second build"; exit 1; }
    for p in crosscut crosscut-media; do
        a=$(sha256sum <"$scratch/one/build/release/$p") b=$(sha256sum <"$scratch/two-with-a-longer-name/build/release/$p")
        asserts "$p differs: $a $b" [ "$a" = "$b" ]
    done
    printf 'security B5: 2 programs built twice, %d identical\n' "$good"
    ;;
esac
[ "$failed" = 0 ]
