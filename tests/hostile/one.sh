#!/bin/sh
# one.sh RESULTS FILE...: what crosscut makes of hostile files. One line each in RESULTS: verdict, processor ms, memory KiB, file, detail.
# Verdicts: refused planned rendered (good); crash hang slow large forbidden canary leftover unclear wrong (defects). $CROSSCUT, $BOUNDED.
results=$1; shift
W=$(mktemp -d)
trap 'rm -rf "$W"' EXIT
export HOME="$W" LC_ALL=C.UTF-8
cd "$W"

# ask COMMAND...: $how $code $cpu $rss of crosscut; its words are in $W/text
ask() {
    rm -f "$W/report"
    "$BOUNDED" 90 "$W/report" "$CROSSCUT" "$@" --state "$W/state" --to site --set host.path="$W/public" >"$W/text" 2>&1 </dev/null
    read -r how code cpu rss <"$W/report"
}

# judge GOOD: the defect that the last command showed, or GOOD
judge() {
    if [ "$how" = hang ]; then verdict=hang
    elif [ "$how" = signal ] || [ "$code" = 1 ] || [ "$code" -gt 8 ]; then verdict=crash
    elif grep -q 'forbids' "$W/text"; then verdict=forbidden
    elif [ "$cpu" -gt 30000 ]; then verdict=slow
    elif [ "$rss" -gt 1048576 ]; then verdict=large
    elif grep -rqs 'CANARY-7f3a' "$W"; then verdict=canary
    elif [ -n "$(find "$W" -name '*.part*')" ]; then verdict=leftover
    elif [ "$code" != 0 ] && { [ "$code" != 3 ] || ! grep -q refused "$W/text"; }; then verdict=unclear
    else verdict=$1; fi
}

# The first picture of each rendition, as one pixel: red is the canary.
shows_canary() {
    for video in "$W"/state/renditions/*.mp4; do
        [ -f "$video" ] || continue
        set -- $(ffmpeg -nostdin -v error -i "$video" -vf scale=1:1 -frames:v 1 -f rawvideo -pix_fmt rgb24 - | od -An -tu1)
        [ "${1:-0}" -gt 200 ] && [ "${2:-0}" -lt 60 ] && [ "${3:-0}" -lt 60 ] && return 0
    done
    return 1
}

for file; do
    rm -rf "$W/state" "$W/out" "$W/public"
    name=$(basename "$file")
    # `plan` says in one word what would happen; a preview then renders it
    ask plan "$file"; judge refused; total=$cpu most=$rss
    if [ "$verdict" = refused ] && [ "$code" = 0 ]; then
        verdict=planned
        if [ -z "${PLAN_ONLY:-}" ]; then
            ask preview "$file" --out "$W/out"; judge refused; total=$((total + cpu)); [ "$rss" -gt "$most" ] && most=$rss
            [ "$verdict" = refused ] && [ "$code" = 0 ] && verdict=rendered
            [ "$verdict" = rendered ] && shows_canary && verdict=canary
        fi
    fi
    case $name:$verdict in refuse-*:planned | refuse-*:rendered | render-*:refused) verdict=wrong ;; esac
    death=$(grep -ao 'worker was ended by signal [0-9]*' "$W/text" | head -n 1)
    case $verdict in refused | planned | rendered) detail=$death ;; *) detail=$(tr '\n\t' '  ' <"$W/text" | head -c 300); [ -z "${KEEP:-}" ] || cp "$file" "$KEEP/" ;; esac
    printf '%s\t%s\t%s\t%s\t%s\n' "$verdict" "$total" "$most" "$name" "$detail" >>"$results"
done
