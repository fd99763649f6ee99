#!/bin/sh
# The linters of goal B4. Every finding must be a row of lint.md, with its reason. Usage: lint.sh (a few minutes)
set -eu
cd "$(dirname "$0")/../.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
printf '%s\n' -std=c11 -Iinclude -Isrc -I. -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 '-DCROSSCUT_VERSION="0"' '-DCROSSCUT_PREFIX="/usr"' \
    -include base/banned.h >"$scratch/flags"
export FLAGS="$(tr '\n' ' ' <"$scratch/flags") $(pkg-config --cflags libavformat libavfilter libcurl jansson sqlite3)"
files=$(ls src/*/*.c adapters/*.c | grep -v src/publish/scenarios.c)    # its text is made by the build
jobs=$(nproc)
here=$PWD/

printf '%s\n' $files | xargs -P"$jobs" -n4 sh -c 'clang-tidy --quiet "$@" -- $FLAGS 2>/dev/null || true' sh >"$scratch/tidy"
printf '%s\n' $files | xargs -P"$jobs" -n1 sh -c 'gcc $FLAGS -O1 -fanalyzer -c -o /dev/null "$1" 2>&1 || true' sh >"$scratch/gcc"
cppcheck --quiet --std=c11 --enable=warning,portability -j"$jobs" -Iinclude -Isrc -I. -D_GNU_SOURCE -D__GNUC__=12 '-DCROSSCUT_VERSION="0"' \
    '-DCROSSCUT_PREFIX="/usr"' --suppress=missingIncludeSystem --suppress=unknownMacro --template='{file}:{line}: warning: {message} [{id}]' \
    $files >"$scratch/cppcheck" 2>&1 || true
findings() { grep -aE '^[^ ]*:[0-9]+(:[0-9]+)?: (warning|error): ' "$scratch/$2" | sed "s|^$here||" | sort -u |
    sed -nE "s/^([^:]*):.*\[(-Wanalyzer-)?([A-Za-z0-9_.-]*).*\]\$/$1 | \1 | \3/p"; }
{ findings clang-tidy tidy; findings gcc gcc; findings cppcheck cppcheck; } | sort >"$scratch/found"
sed -n 's/^| \(clang-tidy\|gcc\|cppcheck\) | \([^|]*\) | \([^|]*\) | .*/\1 | \2 | \3/p' tests/build/lint.md | sort -u >"$scratch/explained"
sort -u "$scratch/found" | comm -23 - "$scratch/explained" >"$scratch/new"
while read -r line; do
    echo "FAIL lint: $line" >&2
    f=$(printf '%s' "$line" | sed 's/^[^|]*| //; s/ |.*//')
    grep -ahF "$f" "$scratch/tidy" "$scratch/gcc" "$scratch/cppcheck" | grep -aE '(warning|error): ' >&2 || true
done <"$scratch/new"
printf 'security B4: %d findings of 3 linters in %d files, %d unexplained\n' "$(wc -l <"$scratch/found")" "$(printf '%s\n' $files | wc -l)" "$(wc -l <"$scratch/new")"
[ ! -s "$scratch/new" ]
