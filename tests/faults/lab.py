"""What the fault tests share: simulators on loopback, a clip that goes out untouched, a job with its own state, and the
verdict over it. A job is one post per platform; its folder is thrown away unless something was wrong."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.path.join(ROOT, os.environ.get("BUILD", "build/debug"))
CROSSCUT = os.path.join(BUILD, "crosscut")
SIM = os.path.join(BUILD, "crosscut-sim")
PLACES = {"tiktok": "tiktok", "reels": "instagram", "shorts": "youtube", "site": None}   # destination: simulator
SETTLE_MS = 400

CONF = """[host]
path = {folder}/public
base_url = https://media.example.org
[publish]
poll_interval = 20ms
poll_timeout = 20s
retry_base = 10ms
settle = {settle}ms
[destination tiktok]
platform = tiktok
api_base = {tiktok}
mode = direct
privacy = SELF_ONLY
[destination reels]
platform = instagram
api_base = {instagram}
account = 17841400000000000
[destination shorts]
platform = youtube
api_base = {youtube}
"""


def call(url, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers={"Content-Type": "application/json"}, method="GET" if body is None else "POST")
    with urllib.request.urlopen(request, timeout=20) as answer:
        text = answer.read()
    return json.loads(text) if text[:1] in b"[{" else text


class Lab:
    """Simulators and a template of the state; `with Lab() as lab`."""

    def __init__(self, *options):
        self.folder = tempfile.mkdtemp(prefix="crosscut-faults-")
        self.options = options
        self.clip = os.path.join(self.folder, "clip.mp4")
        self.jobs = 0

    def __enter__(self):
        make_clip(self.clip)
        ready = os.path.join(self.folder, "ready")
        os.mkdir(os.path.join(self.folder, "sim"))
        self.sim = subprocess.Popen([SIM, "--platform", "all", "--port", "0", "--dir", os.path.join(self.folder, "sim"), "--ready-file", ready,
                                     "--seconds", "7200", *[x for o in self.options for x in ("--option", o)]],
                                    stdout=subprocess.DEVNULL, stderr=open(os.path.join(self.folder, "sim.log"), "w"))
        for _ in range(300):
            if os.path.exists(ready) and os.path.getsize(ready):
                break
            time.sleep(0.05)
        self.address = dict(line.split() for line in open(ready))
        template = Job(self)
        template.run("plan", self.clip)
        self.template = template.state
        return self

    def __exit__(self, *what):
        self.sim.kill()
        self.sim.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def text(self, job, command, *args):
        """What a person reads."""
        return subprocess.run(job.argv(command, *args), env=job.env, stdin=subprocess.DEVNULL, capture_output=True, timeout=120).stdout.decode()

    def reset(self):
        for address in self.address.values():
            call(address + "/_sim/reset", {})


def make_clip(path):
    """1080x1920 H.264 and AAC, about 200 kB, within every platform's limits: it goes out as it is."""
    kept = os.path.join(BUILD, "faults-clip.mp4")
    if not os.path.exists(kept):
        subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", "gradients=s=1080x1920:r=30:d=5:speed=0.01",
                        "-f", "lavfi", "-i", "sine=frequency=330:sample_rate=48000:duration=5", "-filter_complex",
                        "[1:a]volume=-3dB,pan=stereo|c0=c0|c1=c0[a]", "-map", "0:v", "-map", "[a]", "-c:v", "libx264", "-preset", "veryfast",
                        "-crf", "30", "-pix_fmt", "yuv420p", "-g", "60", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc",
                        "bt709", "-c:a", "aac", "-b:a", "128k", "-movflags", "+faststart", "-use_editlist", "0", "-t", "5", kept + ".part.mp4"],
                       check=True)
        os.rename(kept + ".part.mp4", kept)
    shutil.copy(kept, path)


class Job:
    def __init__(self, lab, places=tuple(PLACES), fresh=False, settle=SETTLE_MS, extra=""):
        lab.jobs += 1
        self.lab, self.places = lab, places
        self.folder = os.path.join(lab.folder, "job-%d-%d" % (os.getpid(), lab.jobs))
        self.state = os.path.join(self.folder, "state")
        os.mkdir(self.folder)
        if hasattr(lab, "template") and not fresh:
            shutil.copytree(lab.template, self.state)
        with open(os.path.join(self.folder, "pipeline.conf"), "w") as conf:
            conf.write(CONF.format(folder=self.folder, settle=settle, **lab.address) + extra)
        self.env = {"PATH": os.environ["PATH"], "HOME": self.folder, "CROSSCUT_TIKTOK_TOKEN": "sim-token-tiktok",
                    "CROSSCUT_REELS_TOKEN": "sim-token-instagram", "CROSSCUT_SHORTS_TOKEN": "sim-token-youtube"}

    def argv(self, command, *args):
        argv = [CROSSCUT, command, *args, "--config", os.path.join(self.folder, "pipeline.conf"), "--state", self.state]
        if command in ("post", "plan"):
            argv += ["--to", ",".join(self.places)]
        if command in ("post", "resume"):
            argv += ["--no-progress"]
        return argv

    def run(self, command, *args, strace=None, timeout=120):
        """Exit status, the JSON document or None, and stderr."""
        argv = self.argv(command, *args, "--json")
        if strace:
            argv = ["strace", "-qq", "-o", os.path.join(self.folder, "trace"), *strace] + argv
        done = subprocess.run(argv, env=self.env, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout)
        try:
            document = json.loads(done.stdout)
        except ValueError:
            document = None
        return done.returncode, document, done.stderr.decode(errors="replace")

    def post(self, **how):
        return self.run("post", self.lab.clip, **how)

    def states(self):
        """Of the journal: destination -> post."""
        document = self.run("status")[1]
        return {p["destination"]: p for p in (document or {}).get("posts", [])}

    def recover(self, rounds=6):
        """What a person does after a crash: resume, and the same command again, until nothing changes any more."""
        for _ in range(rounds):
            self.run("resume")
            self.post()
            states = self.states()
            if len(states) == len(self.places) and all(p["state"] in ("published", "unknown", "failed") for p in states.values()):
                break
        return states

    def public(self, place):
        if PLACES[place]:
            return len(call(self.lab.address[PLACES[place]] + "/_sim/posts"))
        pages = os.path.join(self.folder, "public", "videos")
        return len(os.listdir(pages)) if os.path.isdir(pages) else 0

    def verdicts(self, states):
        """destination -> a word of COLUMNS."""
        return {place: verdict(states.get(place, {}), self.public(place)) for place in self.places}

    def drop(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def verdict(post, public):
    state = post.get("state")
    if public > 1:
        return "double"
    if state == "published":
        return "once" if public == 1 else "false"
    if state == "unknown":
        return "unknown"
    if state == "deferred" and post["due_at"]:
        return "waits"    # for the time it says; resume goes on then
    if state == "failed":
        return "failed" if not public else "lost"
    return "lost"


COLUMNS = ("once", "waits", "unknown", "failed", "lost", "false", "double")


class Table:
    """platform -> counts; printed, and added to FAULTS_REPORT for `make faults-report`."""

    def __init__(self, name):
        self.name, self.rows, self.bad = name, {}, []

    def add(self, place, word, what):
        row = self.rows.setdefault(place, dict.fromkeys(COLUMNS, 0))
        row[word] += 1
        if word in ("lost", "false", "double"):
            self.bad.append("%s: %s: %s" % (place, word, what))

    def finish(self):
        print("%-22s %6s %6s %6s %8s %7s %5s %6s %7s" % (self.name, "runs", *COLUMNS))
        for place, row in self.rows.items():
            print("  %-20s %6d %6d %6d %8d %7d %5d %6d %7d" % (place, sum(row.values()), *[row[c] for c in COLUMNS]))
        for line in self.bad[:20]:
            print("  BAD " + line)
        sys.stdout.flush()
        folder = os.path.join(BUILD, "faults")
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, self.name.replace(" ", "-").replace(",", "") + ".json"), "w") as out:
            json.dump({"name": self.name, "rows": self.rows, "bad": self.bad, "date": time.strftime("%Y-%m-%d")}, out, indent=1)
        return 1 if self.bad else 0
