#!/bin/sh
# Joins scenario files to one JSON object: {"tiktok": [{...}, {...}], ...}. Files of a platform follow each other.
last=""
printf '{'
for file in "$@"; do
    platform=$(basename "$(dirname "$file")")
    [ "$platform" = "$last" ] && printf ',\n' || { [ -z "$last" ] || printf '],\n'; printf '"%s": [\n' "$platform"; }
    cat "$file"
    last=$platform
done
printf ']}\n'
