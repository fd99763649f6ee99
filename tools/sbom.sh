#!/bin/sh
# Prints an SPDX 2.3 document (JSON) of what the two programs are linked with, from the programs themselves: each needed library,
# the Debian package it belongs to, and its version (goal B6). Usage: tools/sbom.sh [FOLDER]
set -eu
dir=${1:-build/release}
version=$(sed -n 's/^VERSION *:= *//p' "$(dirname "$0")/../Makefile")
needed() { readelf -dW "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'; }
path_of() { ldd "$1" | awk -v n="$2" '$1 == n {print $3}'; }
list=$(for p in crosscut crosscut-media; do
    for lib in $(needed "$dir/$p"); do
        path=$(path_of "$dir/$p" "$lib")
        real=$(readlink -f "${path:-/nonexistent}" || true)
        owner=$(dpkg-query -S "$real" 2>/dev/null || dpkg-query -S "$path" 2>/dev/null || dpkg-query -S "*/$(basename "${real:-$lib}")" 2>/dev/null || true)
        package=$(printf '%s\n' "$owner" | head -1 | sed 's/: .*//; s/:.*//')
        pv=$([ -n "$package" ] && dpkg-query -W -f '${Version}' "$package" 2>/dev/null || true)
        printf '%s\t%s\t%s\t%s\n' "$p" "$lib" "${package:-unknown}" "${pv:-unknown}"
    done
done)
printf '%s\n' "$list" | jq -Rs --arg version "$version" --arg created "$(date -u -d "@${SOURCE_DATE_EPOCH:-$(date +%s)}" +%Y-%m-%dT%H:%M:%SZ)" '
  [split("\n")[] | select(. != "") | split("\t") | {program: .[0], lib: .[1], package: .[2], version: .[3]}] as $rows |
  def id: "SPDXRef-" + gsub("[^A-Za-z0-9.-]"; "-");
  {spdxVersion: "SPDX-2.3", dataLicense: "CC0-1.0", SPDXID: "SPDXRef-DOCUMENT", name: ("crosscut-" + $version),
   documentNamespace: ("https://spdx.org/spdxdocs/crosscut-" + $version + "-" + ($created | gsub(":"; ""))),
   creationInfo: {created: $created, creators: ["Tool: crosscut-sbom.sh"]},
   packages: ([{name: "crosscut", SPDXID: "SPDXRef-crosscut", versionInfo: $version, downloadLocation: "NOASSERTION", filesAnalyzed: false,
                licenseConcluded: "MIT", licenseDeclared: "MIT", copyrightText: "NOASSERTION"}] +
     ($rows | group_by(.package) | map({name: .[0].package, SPDXID: (.[0].package | id), versionInfo: .[0].version, downloadLocation: "NOASSERTION",
        filesAnalyzed: false, licenseConcluded: "NOASSERTION", licenseDeclared: "NOASSERTION", copyrightText: "NOASSERTION",
        comment: ("provides " + (map(.lib) | unique | join(", ")) + " to " + (map(.program) | unique | join(", "))),
        externalRefs: [{referenceCategory: "PACKAGE-MANAGER", referenceType: "purl",
                        referenceLocator: ("pkg:deb/debian/" + .[0].package + "@" + (.[0].version | @uri))}]}))),
   relationships: ([{spdxElementId: "SPDXRef-DOCUMENT", relationshipType: "DESCRIBES", relatedSpdxElement: "SPDXRef-crosscut"}] +
     ($rows | group_by(.package) | map({spdxElementId: "SPDXRef-crosscut", relationshipType: "DYNAMIC_LINK", relatedSpdxElement: (.[0].package | id)})))}'
