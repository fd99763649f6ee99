#!/bin/sh
# Seeds that other files of the tree already are: scenarios as answers, the shipped pipeline.conf, a file of the zone
# database, small media heads. Written to a folder, so that the repository keeps only what was made by hand or was found.
set -eu
out=$1
mkdir -p "$out/answers" "$out/config" "$out/zone" "$out/boxes" "$out/journal"
cp pipeline.conf "$out/config/shipped"
for file in tests/scenarios/*/*.json; do
    platform=$(basename "$(dirname "$file")")
    case $platform in tiktok) letter=A ;; instagram) letter=B ;; youtube) letter=C ;; *) letter=D ;; esac
    jq -rj --arg a "$letter" '$a + ((.post // {}) | tojson), (.script[] | "\u001e" + ((.response.status // 0) | tostring) + "\n" +
        ((.response.headers // {}) | to_entries | map(.key + ": " + (.value | tostring) + "\n") | join("")) + "\n" +
        (if (.response.body | type) == "string" then .response.body elif .response.body == null then "" else .response.body | tojson end))' \
        "$file" >"$out/answers/$platform-$(basename "$file" .json)"
done
for zone in Europe/Berlin UTC America/New_York; do
    [ ! -f "/usr/share/zoneinfo/$zone" ] || { printf 'F\003'; cat "/usr/share/zoneinfo/$zone"; } >"$out/zone/$(basename "$zone")"
done
