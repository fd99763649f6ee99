#!/usr/bin/env python3
"""The table of the last `make faults` or `make nightly`, in Markdown for the README."""
import json
import os
import sys

folder = os.path.join(os.environ.get("BUILD", "build/release"), "faults")
if not os.path.isdir(folder):
    sys.exit("faults-report: nothing in %s; run `make faults` or `make nightly` first" % folder)
columns = ("once", "waits", "unknown", "failed", "lost", "false", "double")
print("| test | platform | runs | published once | waits | unknown | failed | lost | false claim | **double** |")
print("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|")
for name in sorted(f for f in os.listdir(folder) if f.endswith(".json")):
    table = json.load(open(os.path.join(folder, name)))
    for place, row in table["rows"].items():
        print("| %s | %s | %d | %s |" % (table["name"], place, sum(row.values()), " | ".join(str(row[c]) for c in columns)))
for name in ("matrix", "powercut"):
    path = os.path.join(folder, name + ".txt")
    if os.path.exists(path):
        print("\n```\n%s```" % open(path).read())
