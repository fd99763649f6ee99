#!/usr/bin/env python3
"""An unknown post: every resume looks again and only looks, `status` says what to do, and a person resolves it."""
import sys

import lab

bad = []


def check(what, good, more=""):
    if not good:
        bad.append(what)
        print("  BAD %s %s" % (what, more))


def order(world, place, *faults):
    lab.call(world.address[lab.PLACES[place]] + "/_sim/faults", list(faults))


def sent(world, place, method):
    return [r for r in lab.call(world.address[lab.PLACES[place]] + "/_sim/requests") if r["method"] == method]


def make_unknown(world, lost, looks):
    """YouTube: the last byte's answer is lost, and the session's answers to `looks` questions say nothing."""
    world.reset()
    job = lab.Job(world, places=("shorts",))
    order(world, "shorts", {"match": {"method": "PUT"}, "nth": 1, "fault": lost},
          {"match": {"method": "PUT"}, "nth": 2, "times": looks, "fault": "status", "status": 422, "body": "{}", "act": False})
    status, document, _ = job.post()
    check("exit 8", status == 8, status)
    check("unknown", job.states()["shorts"]["state"] == "unknown", job.states())
    return job


def seen_by_resume(world):
    job = make_unknown(world, "drop_after", 1)
    text = world.text(job, "status")
    for part in ("resolve", "--live", "--not-live", "resume"):
        check("status names " + part, part in text, text)
    status, _, _ = job.run("resume")
    check("resume finds it", status == 0 and job.states()["shorts"]["state"] == "published", (status, job.states()))
    check("one post", job.public("shorts") == 1)


def seen_by_post(world):
    job = make_unknown(world, "drop_after", 1)
    status, _, _ = job.post()
    check("post finds it too", status == 0 and job.states()["shorts"]["state"] == "published", (status, job.states()))
    check("one post", job.public("shorts") == 1)


def not_there(world):
    job = make_unknown(world, "drop_before", 1)
    before = [r for r in sent(world, "shorts", "PUT") if r["bytes"]]
    for _ in range(3):
        status, _, _ = job.run("resume")
        check("stays unknown", status == 8 and job.states()["shorts"]["state"] == "unknown", (status, job.states()))
    after = [r for r in sent(world, "shorts", "PUT") if r["bytes"]]
    check("looking sends nothing", len(before) == len(after), (before, after))
    post = job.states()["shorts"]["id"]
    check("a wrong use is refused", job.run("resolve", post)[0] == 2 and job.run("resolve", post, "--live", "https://x/", "--not-live")[0] == 2)
    check("not live", job.run("resolve", post, "--not-live")[0] == 0)
    status, _, _ = job.run("resume")
    check("then it is published", status == 0 and job.states()["shorts"]["state"] == "published" and job.public("shorts") == 1, (status, job.states()))
    check("nothing is left to resolve", job.run("resolve", post, "--not-live")[0] == 2)


def live(world):
    job = make_unknown(world, "drop_after", -1)
    post = job.states()["shorts"]["id"]
    check("live", job.run("resolve", post, "--live", "https://www.youtube.com/shorts/abc")[0] == 0)
    states = job.states()
    check("published, with the address", states["shorts"]["state"] == "published" and states["shorts"]["permalink"].endswith("/abc"), states)
    job.run("resume")
    job.post()
    check("and stays one", job.public("shorts") == 1)


def main():
    with lab.Lab() as world:
        for case in (seen_by_resume, seen_by_post, not_there, live):
            case(world)
    print("%-22s %s" % ("unknown posts", "%d BAD" % len(bad) if bad else "looked for again, resolved by a person: all as promised"))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
