#!/usr/bin/env python3
"""System calls that fail: the disk is full or broken under the journal, no descriptors are left, signals come
(RELIABILITY R7). When the arming write cannot be made, no byte that could publish leaves.
  syserr.py [--every N]"""
import argparse
import sys

import kill
import lab

JOURNAL = ("pwrite64", "fdatasync")
FAILURES = [(name, error) for name in JOURNAL for error in ("ENOSPC", "EIO")] + \
           [("openat", "EMFILE"), ("socket", "EMFILE"), ("ftruncate", "EIO"), ("rename", "ENOSPC"), ("poll", "EINTR"), ("recvfrom", "EINTR"),
            ("sendto", "ECONNRESET"), ("connect", "ETIMEDOUT"), ("recvfrom", "ECONNRESET"), ("write", "ENOSPC")]
PUBLISHES = {"reels": lambda r: r["path"].endswith("media_publish"),
             "tiktok": lambda r: r["method"] == "PUT" and r["bytes"] > 0,
             "shorts": lambda r: r["method"] == "PUT" and r["bytes"] > 0}


def published_bytes(world, place):
    return any(PUBLISHES[place](r) for r in lab.call(world.address[lab.PLACES[place]] + "/_sim/requests"))


def broken_disk(world, table, place, error):
    """From some write on the disk takes nothing: whoever could not arm has not sent."""
    world.reset()
    job = lab.Job(world, places=(place,))
    status, _, _ = job.post(strace=["-e", "trace=pwrite64,fdatasync", "-e", "inject=pwrite64,fdatasync:error=%s:when=1+" % error])
    if published_bytes(world, place):
        table.bad.append("%s: %s at every write of the journal, and bytes left all the same" % (place, error))
    if status in (0, -6, -11, 134, 139):
        table.bad.append("%s: exit %d with a broken disk" % (place, status))
    for where, word in job.verdicts(job.recover()).items():
        table.add(where, word, "%s from the first write on" % error)
    job.drop()


def one_failure(world, table, name, error, n, mode):
    world.reset()
    job = lab.Job(world)
    status, _, err = job.post(strace=["-e", "trace=" + name, "-e", "inject=%s:error=%s:when=%d%s" % (name, error, n, mode)])
    if status in (-6, -11, 134, 139) or status not in (0, 1, 2, 3, 4, 5, 6, 7, 8, 127):
        table.bad.append("exit %d after %s from %s %d: %s" % (status, error, name, n, err.strip()[:200]))
    for place, word in job.verdicts(job.recover()).items():
        table.add(place, word, "%s from %s %d%s" % (error, name, n, mode))
    job.drop()


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--every", type=int, default=25)
    options = options.parse_args()
    table = lab.Table("system-call errors")
    with lab.Lab() as world:
        counts = kill.count_calls(lab.Job(world), ("post", world.clip))
        for place in PUBLISHES:
            for error in ("ENOSPC", "EIO"):
                broken_disk(world, table, place, error)
        points = [(name, error, n, mode) for name, error in FAILURES for n in range(1, counts[name] + 1) for mode in ("", "+")
                  if not (mode and error == "EINTR")]
        for point in points[3 % options.every::options.every]:
            one_failure(world, table, *point)
    return table.finish()


if __name__ == "__main__":
    sys.exit(main())
