# Every real clip: each rendition passes the platforms' limits when probed again, is upright, has no edit list, and keeps sound and picture together.
. "$ROOT/tests/cli/lib.sh"
[ -n "$MEDIA" ] || { echo "$CASE: no shared media here, only samples are used"; MEDIA="$T"; }
sim_start; setup
# each rendition is decoded and measured once, whoever shares it
printf '#!/bin/sh\ncat "%s/facts"\n' "$T" >"$T/measured"
chmod +x "$T/measured"
export MEDIA_CHECK="$T/measured"
for clip in "$SAMPLES"/*.mp4 "$SAMPLES"/*.webm "$MEDIA"/footage/* "$MEDIA"/phone/*; do
    [ -f "$clip" ] || continue
    name=$(basename "$clip")
    case "$name" in README*) continue ;; esac
    post "$clip" --to tiktok,reels,shorts --json
    # what is under a platform's minimum length is refused there, and said so
    short=$(json '[.posts[] | select(.error != null) | select(.error.rule | test("duration"))] | length')
    refused=$(json '[.posts[] | select(.error != null)] | length')
    equal "$name: refused only for its length" "$refused" "$short"
    case "$status" in 0 | 3 | 7) ok ;; *) bad "$name: exit $status: $errs" ;; esac
    equal "$name: everything else is published" "$(json '[.posts[] | select(.error == null) | .state] | unique | join(",")' | sed 's/^$/published/')" published
    seen=
    for p in tiktok instagram youtube; do
        id=$(json ".posts[] | select(.platform==\"$p\" and .error == null) | .rendition")
        [ -n "$id" ] || continue
        file=$(json "first(.renditions[] | select(.id==\"$id\") | .path)")
        [ "$id" = "$seen" ] || "$CHECK" "$file" --json >"$T/facts" 2>/dev/null || bad "$name: not readable"
        seen=$id
        made=$(json "first(.renditions[] | select(.id==\"$id\") | .made)")
        strict=rendition
        [ "$made" != original ] || strict=    # an untouched file only has to be what the platform takes
        verdict=$(sh "$ROOT/tests/media/judge.sh" "$file" "$p" $strict 2>&1) && ok || bad "$name: $p: $(printf '%s' "$verdict" | grep FAIL | tr '\n' ';')"
        offset=$(jq '.av_start_ms // 0 | if . < 0 then -. else . end' <"$T/facts")
        check "$name: $p: A/V offset $offset ms" test "$(printf '%.0f' "$offset")" -le 20
        equal "$name: $p: no decode errors" "$(jq .video.decode_errors <"$T/facts")" 0
    done
done
finish
