#!/bin/sh
# One line per security and build goal (S1 to S12, B1 to B6) with the figure that the tests print for it. Tests say
# "security GOAL: figure"; what no test says is "not shown". Usage: security-report.sh FILE...
set -eu
goals='S1 canary secrets
S2 files at rest
S3 one refresh per expiry
S4 egress
S5 injection
S6 hostile media
S7 sandbox
S8 fuzzing
S9 secrets in memory
S10 TLS
S11 argv and environment
S12 patch clock
B1 build flags
B2 sanitizers
B3 coverage
B4 linters
B5 reproducible
B6 SBOM'
printf '%s\n' "$goals" | while read -r goal name; do
    lines=$(cat "$@" 2>/dev/null | sed "s/^hostile: /security S6: /" | grep -a "^security $goal: " | sort -u | sed "s/^security $goal: //; s/;/,/g" |
        paste -sd ';' | sed 's/;/; /g')
    printf '%-4s %-22s %s\n' "$goal" "$name" "${lines:-not shown}"
done
