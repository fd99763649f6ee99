#!/bin/sh
# Are the fault tests worth anything? Each patch in mutants/ plants a defect into a copy of the tree; the check that its
# second line names must fail there.   sh tests/faults/mutants.sh [PATCH...]
set -eu
cd "$(dirname "$0")/../.."
root=$PWD
: "${BUILD:=build/debug}"
mode=${BUILD#build/}
copy=$root/$BUILD/mutants
mkdir -p "$copy/$BUILD"
tar cf - Makefile adapters include pipeline.conf src tests tools docs | (cd "$copy" && tar xf -)
# objects of the healthy tree, so that only what a patch touches is compiled
(cd "$BUILD" && find src adapters tests -name '*.[od]' -print | tar cf - -T - ./*.a scenarios.json crosscut crosscut-media crosscut-sim $(ls faults-clip.mp4 2>/dev/null)) |
    (cd "$copy/$BUILD" && tar xf -)
[ $# -gt 0 ] || set -- "$root"/tests/faults/mutants/*.patch
caught=0 missed=0
for patch; do
    name=$(basename "$patch" .patch)
    by=$(sed -n 's/^caught-by: //p' "$patch")
    file=$(sed -n 's,^+++ b/,,p' "$patch")
    if ! (cd "$copy" && patch -s -p1 <"$patch" && touch "$file"); then
        echo "  $name: does not apply any more"; missed=$((missed + 1))
        cp "$file" "$copy/$file"
        continue
    fi
    program=${by%% *}
    case $program in
    *.py) targets="all $BUILD/crosscut-sim" run="python3 tests/faults/$by" ;;
    *) targets="$BUILD/tests/$program" run="$BUILD/tests/$by" ;;
    esac
    if ! (cd "$copy" && make -s MODE="$mode" CFLAGS=-Wno-error $targets >"$copy/$name.log" 2>&1); then
        echo "  $name: does not build, see $copy/$name.log"; missed=$((missed + 1))
    elif (cd "$copy" && BUILD=$BUILD timeout 600 $run >>"$copy/$name.log" 2>&1); then
        echo "  $name: NOT CAUGHT by $by"; missed=$((missed + 1))
    else
        printf '  %-24s caught by %-28s %s\n' "$name" "$by" "$(grep -m1 -o 'TWO POSTS\|double:.*\|published, but there is no post\|failed, but there is a post\|BAD .*\|FAILED.*\|only .* end by themselves.*' "$copy/$name.log" | cut -c1-70)"
        caught=$((caught + 1))
    fi
    cp "$file" "$copy/$file"
    touch "$copy/$file"
done
echo "mutants: $caught caught, $missed not"
[ "$missed" = 0 ]
