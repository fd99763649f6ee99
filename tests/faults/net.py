#!/usr/bin/env python3
"""Network faults over real connections: what fault-matrix does on a virtual clock, sampled through curl and sockets, and
what only exists there: half answers, resets in the middle of an upload.
  net.py [--every N]"""
import argparse
import sys

import lab

FAULTS = [
    {"fault": "drop_before"}, {"fault": "drop_after"}, {"fault": "500_before"}, {"fault": "500_after"}, {"fault": "truncate"},
    {"fault": "reset_mid_body", "bytes": 1}, {"fault": "reset_mid_body", "bytes": 100000}, {"fault": "stall", "ms": 1200, "act": True},
    {"fault": "garbage", "act": False}, {"fault": "garbage", "act": True},
    {"fault": "429", "retry_after": 1}, {"fault": "429", "retry_after": "Mon, 24 Nov 1997 06:00:00 GMT"}, {"fault": "429", "retry_after": -5},
    {"fault": "status", "status": 200, "body": "[" * 10000, "act": True},
    {"fault": "status", "status": 200, "body": "{\"error\":{\"code\":\"internal_error\"}}", "act": True},
    {"fault": "status", "status": 200, "body": "{}", "act": True},
    {"fault": "status", "status": 302, "body": "", "headers": {"Location": "https://evil.example/"}, "act": False},
    {"fault": "status", "status": 307, "body": "", "headers": {"Location": "https://evil.example/"}, "act": True},
    {"fault": "status", "status": 409, "body": "{}", "act": True}, {"fault": "status", "status": 422, "body": "{}", "act": True},
    {"fault": "status", "status": 503, "body": "", "act": False},
]


def cell(world, table, place, n, fault, times):
    world.reset()
    job = lab.Job(world, places=(place,))
    lab.call(world.address[lab.PLACES[place]] + "/_sim/faults", [dict(fault, nth=n, times=times)])
    status, document, _ = job.post()
    said = [p["error"]["text"] for p in (document or {}).get("posts", []) if p["error"]]
    if status not in (0, 1, 3, 4, 5, 6, 7, 8) or (status and not (said and all(said))):
        table.bad.append("exit %d without a word, or a crash: %s request %d %s" % (status, place, n, fault["fault"]))
    alone = status != 8
    for where, word in job.verdicts(job.recover()).items():
        table.add(where, word, "%s x%d at request %d" % (str(fault)[:80], times, n))
    job.drop()
    return alone


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--every", type=int, default=25)
    options = options.parse_args()
    table, alone, runs = lab.Table("faults on the wire"), 0, 0
    with lab.Lab() as world:
        cells = []
        for place in ("tiktok", "reels", "shorts"):
            world.reset()
            job = lab.Job(world, places=(place,))
            job.post()
            nb = len(lab.call(world.address[lab.PLACES[place]] + "/_sim/requests"))
            cells += [(place, n, fault, times) for n in range(1, nb + 1) for fault in FAULTS for times in (1, 3)]
        for c in cells[5 % options.every::options.every]:
            alone += cell(world, table, *c)
            runs += 1
    print("%d of %d cells, %d ended without a person" % (runs, len(cells), alone))
    if alone * 100 < runs * 95:
        table.bad.append("fewer than 95 % end without a person")
    return table.finish()


if __name__ == "__main__":
    sys.exit(main())
