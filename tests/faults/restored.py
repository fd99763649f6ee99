#!/usr/bin/env python3
"""A journal that was put back from a backup, deleted, or is another one: nothing is published twice (RELIABILITY R13)."""
import os
import shutil
import sys

import lab

bad = []


def check(what, good, more=""):
    if not good:
        bad.append(what)
        print("  BAD %s %s" % (what, more))


def files(job):
    return [f for f in os.listdir(job.state) if f.startswith("journal.sqlite") and not f.endswith(".counter")]


def save(job, folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.mkdir(folder)
    for name in files(job):
        shutil.copy(os.path.join(job.state, name), folder)


def put_back(job, folder):
    for name in files(job):
        os.remove(os.path.join(job.state, name))
    for name in os.listdir(folder):
        shutil.copy(os.path.join(folder, name), job.state)


def stopped(world, place, what, backup_first):
    """A job whose post is on its way or not begun when the backup is made, then published."""
    world.reset()
    job = lab.Job(world, places=(place,))
    backup = os.path.join(job.folder, "backup")
    if backup_first:
        save(job, backup)
    else:    # the upload is open, nothing is armed
        job.run("post", world.clip, strace=["-e", "trace=sendto", "-e", "inject=sendto:signal=KILL:when=%d" % what])
        save(job, backup)
    status, _, err = job.post()
    check("published", status == 0 and job.public(place) == 1, (status, err))
    put_back(job, backup)
    return job


def guarded(job, place, name):
    """Nothing goes out, doctor says so, --adopt makes it unknown or leaves it to a look; never a second post."""
    for command in (("post", job.lab.clip), ("resume",), ("post", job.lab.clip)):
        job.run(*command)
        check(name + ": still one", job.public(place) == 1)
    status, document, _ = job.run("doctor")
    check(name + ": doctor sees it", status == 8 and any(c["what"] == "backup" for c in document["checks"]), (status, document))
    status, _, _ = job.run("doctor", "--adopt")
    check(name + ": adopt", status == 0, status)
    status, document, _ = job.run("doctor")
    check(name + ": adopted", status == 0, document)
    for _ in range(2):
        job.run("resume")
    states = job.states()
    check(name + ": published or unknown", not states or states[place]["state"] in ("published", "unknown"), states)
    check(name + ": one post", job.public(place) == 1, job.public(place))
    return states


def main():
    with lab.Lab() as world:
        for place in ("tiktok", "reels", "shorts"):
            for n in (1, 2):
                states = guarded(stopped(world, place, n, False), place, "%s, backup after %d requests" % (place, n))
                if n == 2 and place == "shorts":
                    check("the session still knows: found by the look", states[place]["state"] == "published", states)
        job = stopped(world, "shorts", 0, True)    # the backup does not know the post at all
        for _ in range(2):
            job.post()
        check("backup from before the post: nothing goes out", job.public("shorts") == 1)
        world.reset()
        job = lab.Job(world, places=("reels",))
        job.post()
        for name in files(job):
            os.remove(os.path.join(job.state, name))
        job.post()
        check("deleted journal: nothing goes out", job.public("reels") == 1)
        other = lab.Job(world, places=("reels",), fresh=True)
        other.run("plan", world.clip)
        save(other, os.path.join(job.folder, "other"))
        put_back(job, os.path.join(job.folder, "other"))
        job.post()
        check("journal of another machine: nothing goes out", job.public("reels") == 1)
    print("%-22s %s" % ("restored journals", "%d BAD" % len(bad) if bad else "9 scenarios: nothing twice, doctor says what to do"))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
