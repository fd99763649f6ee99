#!/usr/bin/env python3
"""kill -9 at every counted system call of `crosscut post`, then what a person does: resume, post again. Each platform must
have the post exactly once, or the journal must say honestly that it is unknown.
  kill.py [--every N] [--double N] [--fresh]     every Nth call (1: all of them); N random double kills; from an empty state"""
import argparse
import random
import re
import sys

import lab

CALLS = "write pwrite64 fdatasync ftruncate rename unlink openat close socket connect sendto recvfrom poll fcntl".split()


def count_calls(job, command):
    """How often each call is made by a run that nobody disturbs."""
    counts = dict.fromkeys(CALLS, 0)
    status, _, err = job.run(*command, strace=["-e", "trace=" + ",".join(CALLS)])
    if status:
        sys.exit("kill.py: the undisturbed run ended with %d: %s" % (status, err))
    for line in open(job.folder + "/trace"):
        name = re.match(r"\w+", line)
        if name and name.group() in counts:
            counts[name.group()] += 1
    return counts


def kill_at(job, command, name, n):
    return job.run(*command, strace=["-e", "trace=" + name, "-e", "inject=%s:signal=KILL:when=%d" % (name, n)])[0]


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--every", type=int, default=25)
    options.add_argument("--double", type=int, default=0)
    options.add_argument("--fresh", action="store_true")
    options = options.parse_args()
    table, chance, killed = lab.Table("kill -9" + (" from nothing" if options.fresh else "")), random.Random(20261124), 0
    with lab.Lab() as world:
        post = ("post", world.clip)
        counts = count_calls(lab.Job(world, fresh=options.fresh), post)
        points = [(name, n) for name in CALLS for n in range(1, counts[name] + 1)]
        plan = [(p, None) for p in points[7 % options.every::options.every]]
        plan += [(chance.choice(points), chance.choice(points)) for _ in range(options.double)]
        for (name, n), second in plan:
            world.reset()
            job = lab.Job(world, fresh=options.fresh)
            status = kill_at(job, post, name, n)
            killed += status == -9 or status == 137
            if second:
                kill_at(job, ("resume",), second[0], 1 + second[1] // 3)
            for place, word in job.verdicts(job.recover()).items():
                table.add(place, word, "killed at %s %d%s" % (name, n, ", again at %s %d" % second if second else ""))
            job.drop()
    print("%d counted calls, %d runs, %d of them killed" % (len(points), len(plan), killed))
    if killed < len(plan) * 3 // 4:
        table.bad.append("only %d of %d runs were killed: the calls are counted wrongly" % (killed, len(plan)))
    return table.finish()


if __name__ == "__main__":
    sys.exit(main())
