#!/usr/bin/env python3
"""Several processes at one job: cron, a watch and an impatient person (RELIABILITY R5). Exactly one post, nobody sees a
locked database, and a stopped holder is not robbed.
  together.py [--rounds N] [--processes N]"""
import argparse
import os
import signal
import subprocess
import sys
import time

import lab


def start(job, *command):
    return subprocess.Popen(job.argv(*command), env=job.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def at_once(world, table, n, round_number):
    world.reset()
    job = lab.Job(world, fresh=round_number % 2 == 1)
    running = [start(job, "post", world.clip) if i % 4 else start(job, "resume") for i in range(n)]
    if round_number % 3 == 2:    # one of them dies on the way
        time.sleep(0.15)
        running[1].kill()
    said = [p.communicate(timeout=120)[0].decode(errors="replace") for p in running]
    for text in said:
        if "locked" in text or "busy" in text.lower():
            table.bad.append("a person read: " + text.strip()[:200])
    for place, word in job.verdicts(job.recover()).items():
        table.add(place, word, "%d processes, round %d" % (n, round_number))
    job.drop()


def guarded_sent(world):
    """The holder is on its way with something that makes the post public."""
    return any(r["path"].endswith("media_publish") for r in lab.call(world.address["instagram"] + "/_sim/requests"))


def stopped_holder(world, table):
    """SIGSTOP while the publishing request waits for its answer, others try, SIGCONT."""
    world.reset()
    lab.call(world.address["instagram"] + "/_sim/faults", [{"match": {"path_contains": "media_publish"}, "fault": "stall", "ms": 1500, "act": True}])
    job = lab.Job(world, places=("reels",))
    holder = start(job, "post", world.clip)
    for _ in range(200):
        if guarded_sent(world) or holder.poll() is not None:
            break
        time.sleep(0.02)
    os.kill(holder.pid, signal.SIGSTOP)
    time.sleep(3 * lab.SETTLE_MS / 1000)    # longer than its window: a lease by time would be over
    for command in (("post", world.clip), ("resume",)):
        job.run(*command)
    sent = [r for r in lab.call(world.address["instagram"] + "/_sim/requests") if r["path"].endswith("media_publish")]
    if len(sent) > 1:
        table.bad.append("a stopped holder was robbed: %d requests to publish" % len(sent))
    os.kill(holder.pid, signal.SIGCONT)
    holder.communicate(timeout=120)
    for place, word in job.verdicts(job.recover()).items():
        table.add(place, word, "stopped holder")
    job.drop()


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--rounds", type=int, default=4)
    options.add_argument("--processes", type=int, default=8)
    options = options.parse_args()
    table = lab.Table("%d at once" % options.processes)
    with lab.Lab() as world:
        for i in range(options.rounds):
            at_once(world, table, options.processes, i)
        for _ in range(max(1, options.rounds // 10)):
            stopped_holder(world, table)
    return table.finish()


if __name__ == "__main__":
    sys.exit(main())
