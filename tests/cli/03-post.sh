# The main job: one landscape clip, three platforms and the own site, exactly once; the same command again does nothing.
. "$ROOT/tests/cli/lib.sh"
sim_start; setup
walk=$SAMPLES/walk.mp4

post "$walk" --json
equal "exit" "$status" 0
equal "schema" "$(json .schema)" "crosscut/1"
equal "all published" "$(json '[.posts[].state] | unique | join(",")')" "published"
equal "four posts" "$(json '.posts | length')" 4
equal "one encode" "$(json '[.renditions[] | select(.made=="encoded")] | length')" 1
equal "one rendition for all three" "$(json '.renditions[] | select(.made=="encoded") | .for | join(",")')" "tiktok,reels,shorts"
equal "the site keeps the master itself" "$(json '.renditions[] | select(.made=="original") | .for | join(",")')" "site"
equal "tiktok has one" "$(sim_posts "$tiktok")" 1
equal "instagram has one" "$(sim_posts "$instagram")" 1
equal "youtube has one" "$(sim_posts "$youtube")" 1
equal "tiktok refused nothing" "$(sim_refusals "$tiktok")" "[]"
equal "instagram refused nothing" "$(sim_refusals "$instagram")" "[]"
equal "youtube refused nothing" "$(sim_refusals "$youtube")" "[]"
equal "surface" "$(json '.posts[] | select(.platform=="youtube") | .surface')" "Short"
equal "visibility" "$(json '.posts[] | select(.platform=="youtube") | .visibility')" "private"
for p in tiktok reels shorts; do
    check "$p: count within limit" test "$(json ".posts[] | select(.destination==\"$p\") | .text | .count <= .limit")" = true
done
file=$(json '.renditions[] | select(.made=="encoded") | .path')
check "the rendition exists" test -s "$file"
equal "vertical" "$(json '.renditions[] | select(.made=="encoded") | .facts | "\(.video.width_px // .width_px)x\(.video.height_px // .height_px)"')" "1080x1920"
for p in tiktok instagram youtube; do check "rendition within the limits of $p" sh "$ROOT/tests/media/judge.sh" "$file" "$p"; done
equal "the platform got these bytes" "$(curl -s "$youtube/_sim/posts" | jq -r '.[0].sha256')" "$(sha256sum "$file" | cut -d' ' -f1)"
check "site: index" test -s "$T/public/index.html"
check "site: feed is XML" xmllint --noout "$T/public/feed.xml"
check "site: sitemap is XML" xmllint --noout "$T/public/sitemap.xml"
equal "site: one page" "$(find "$T/public/videos" -name index.html | wc -l)" 1

post "$walk" --json
equal "again: exit" "$status" 0
equal "again: still published" "$(json '[.posts[].state] | unique | join(",")')" "published"
equal "again: tiktok still has one" "$(sim_posts "$tiktok")" 1
equal "again: instagram still has one" "$(sim_posts "$instagram")" 1
equal "again: youtube still has one" "$(sim_posts "$youtube")" 1
equal "again: nothing was encoded" "$(json '[.renditions[] | select(.made=="encoded")] | length')" 0

run status --config "$T/pipeline.conf" --state "$T/state" --json
equal "status: four posts" "$(json '.posts | length')" 4
run resume --config "$T/pipeline.conf" --state "$T/state"
equal "resume: nothing to do" "$status" 0

# a vertical file that fits goes out untouched
post "$SAMPLES/talk-vertical.mp4" --to tiktok,reels,shorts --json
equal "fits: exit" "$status" 0
equal "fits: no encode" "$(json '[.renditions[].made] | unique | join(",")')" "original"
equal "fits: the same bytes" "$(curl -s "$youtube/_sim/posts" | jq -r '.[1].sha256')" "$(sha256sum "$SAMPLES/talk-vertical.mp4" | cut -d' ' -f1)"

# without credentials: held, with the line that unlocks it; the others go on
unset CROSSCUT_SHORTS_TOKEN
post "$SAMPLES/square.webm" --json
equal "held: exit" "$status" 7
equal "held: shorts" "$(json '.posts[] | select(.destination=="shorts") | .state')" "held"
contains "held: says how" "$(json '.posts[] | select(.destination=="shorts") | .error.text')" "CROSSCUT_SHORTS_TOKEN"
equal "held: the others" "$(json '[.posts[] | select(.destination!="shorts") | .state] | unique | join(",")')" "published"
export CROSSCUT_SHORTS_TOKEN=sim-token-youtube
run resume --config "$T/pipeline.conf" --state "$T/state" --json --no-progress
equal "unlocked: exit" "$status" 0
equal "unlocked: published" "$(json '.posts[] | select(.destination=="shorts") | .state' | sort -u)" "published"

# a dry run sends nothing
before=$(curl -s "$tiktok/_sim/requests" | jq length)
post "$SAMPLES/phone-rot90.mp4" --dry-run --json
equal "dry run: exit" "$status" 0
equal "dry run: nothing reached the platform" "$(curl -s "$tiktok/_sim/requests" | jq length)" "$before"

# the inbox: a draft that a person finishes
post "$SAMPLES/clap.mp4" --to tiktok --set tiktok.mode=inbox --json
equal "inbox: exit" "$status" 0
equal "inbox: surface" "$(json '.posts[0].surface')" "inbox draft"
contains "inbox: says what to do" "$(json '.posts[0].error.text')" "app"

# JUnit and events
post "$SAMPLES/silent-10fps.mp4" --to site --junit "$T/junit.xml" --events "$T/events"
check "junit is XML" xmllint --noout "$T/junit.xml"
check "every event is JSON" jq -e . "$T/events"
finish
