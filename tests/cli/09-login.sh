# Linking accounts, posting with what was linked, renewing in the middle of a post, and no secret anywhere else.
. "$ROOT/tests/cli/lib.sh"
secret="appsecret-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
sim_start --option client_secret="$secret" --option token_ttl_ms=3600000 --option token=unused-$$; setup
unset CROSSCUT_TIKTOK_TOKEN CROSSCUT_REELS_TOKEN CROSSCUT_SHORTS_TOKEN
cat >>"$T/pipeline.conf" <<CONF
client_id = app
[pipeline]
destinations = tiktok reels shorts site
CONF
sed -i 's/^platform = tiktok$/&\nclient_key = app/; s|^platform = instagram$|&\nclient_id = app\nredirect_uri = https://a.example/cb|' "$T/pipeline.conf"
state="--config $T/pipeline.conf --state $T/state"
printf '#!/bin/sh\nprintf "%%s\\n" "$1" >%s/browsed\nenv >%s/browser-env\nexec curl -sL "$1" >%s/page\n' "$T" "$T" "$T" >"$T/browser"
chmod +x "$T/browser"

# without a person: exit 4 and what to do, at once
run accounts $state
equal "nothing linked: exit" "$status" 4
contains "nothing linked: way out" "$out" "crosscut login tiktok"
run login tiktok $state
equal "no person: exit" "$status" 4
contains "no person: says so" "$errs" "no terminal"
run login site $state
equal "site needs no login" "$status" 2
run login nowhere $state
equal "no such destination" "$status" 2
export BROWSER="$T/browser"
run login tiktok $state
equal "no secret of the app: exit" "$status" 4
contains "no secret of the app: way out" "$errs" "CLIENT_SECRET"
post "$SAMPLES/talk-vertical.mp4" --to shorts --json
equal "not linked: exit" "$status" 4
equal "not linked: held" "$(json '.posts[0].state')" held

# linked in the browser
export CROSSCUT_TIKTOK_CLIENT_SECRET="$secret" CROSSCUT_SHORTS_CLIENT_SECRET="$secret" CROSSCUT_REELS_CLIENT_SECRET="$secret"
run login tiktok $state
equal "tiktok: exit" "$status" 0
contains "tiktok: who" "$out" "Ana"
contains "tiktok: the address is printed" "$errs" "$tiktok/v2/auth/authorize/"
contains "tiktok: page" "$(cat "$T/page")" "Thank you"
equal "the browser gets no secret" "$(grep -c "$secret" "$T/browser-env" "$T/browsed" | awk -F: '{n += $2} END {print n}')" 0
run login shorts $state --json
equal "shorts: exit" "$status" 0
equal "shorts: scopes" "$(json .scopes)" "https://www.googleapis.com/auth/youtube.force-ssl"
equal "the vault is private" "$(stat -c %a "$T/state/vault" "$T/state/vault.key" | sort -u)" 600

# pasted, at a terminal: a wrong state is refused, the right address links
paste_login() { python3 - "$CROSSCUT" "$T" "$1" <<'PY'
import os, pty, re, subprocess, sys
crosscut, t, kind = sys.argv[1:]
pid, fd = pty.fork()
if not pid:
    os.execv(crosscut, [crosscut, "login", "reels", "--config", t + "/pipeline.conf", "--state", t + "/state"])
seen = b""
def until(word):
    global seen
    while word not in seen:
        piece = os.read(fd, 4096)
        if not piece: break
        seen += piece
until(b"not shown): ")
url = re.search(rb"(http://127\S+/dialog/oauth\S+)", seen).group(1).decode()
there = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{redirect_url}", url], capture_output=True, text=True).stdout
if kind == "wrong": there = re.sub(r"state=[^&]*", "state=somebody-elses", there)
os.write(fd, (there + "#_\n").encode())
try:
    while True:
        piece = os.read(fd, 4096)
        if not piece: break
        seen += piece
except OSError: pass
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
open(t + "/terminal", "ab").write(seen)
print(status)
PY
}
equal "pasted, another state: exit" "$(paste_login wrong)" 4
equal "pasted: exit" "$(paste_login right)" 0
check "what was pasted is not shown" sh -c "! grep -q 'sim%2Acode\|sim\*code' '$T/terminal'"

run accounts $state --json
equal "accounts: exit" "$status" 0
equal "accounts: linked" "$(json '[.accounts[].state] | unique | join(",")')" linked
equal "accounts: tiktok's days" "$(json '.accounts[] | select(.destination=="tiktok") | .days_left')" 364
equal "accounts: instagram's days" "$(json '.accounts[] | select(.destination=="reels") | .days_left')" 59

# post with it; the platforms refuse a token in the middle, on the guarded request and during the upload
sim_fault "$tiktok" '{"match": {"path_contains": "/video/init/"}, "fault": "status", "status": 401, "body": "{\"error\": {\"code\": \"access_token_invalid\"}}"}'
sim_fault "$youtube" '{"match": {"method": "PUT"}, "fault": "status", "status": 401, "body": "{}"}'
export CROSSCUT_EXTRA_TOKEN="$secret"    # of another destination: no child may see it
status=0
strace -f -qq -v -s 100000 -e trace=execve -o "$T/execs" "$CROSSCUT" post "$SAMPLES/square.webm" $state --no-progress --json -v -v --events "$T/events" \
    --junit "$T/junit" >"$T/out" 2>"$T/err" </dev/null || status=$?
equal "post: exit" "$status" 0
equal "post: all published" "$(json '[.posts[].state] | unique | join(",")')" published
for p in tiktok instagram youtube; do
    eval "address=\$$p"
    equal "$p: once" "$(sim_posts "$address")" 1
    equal "$p: no refusals" "$(sim_refusals "$address")" "[]"
done
renewals() { curl -s "$1/_sim/requests" | jq '[(.requests? // .)[] | select(.method=="POST" and (.path | test("/token/?$")))] | length'; }
equal "tiktok: exchanged once, renewed once" "$(renewals "$tiktok")" 2
equal "youtube: exchanged once, renewed once" "$(renewals "$youtube")" 2

# the platform ends every token: the next post renews and goes on
curl -s -X POST -d '{"forward_ms": 3600001}' "$tiktok/_sim/clock" >/dev/null
curl -s -X POST -d '{"forward_ms": 3600001}' "$youtube/_sim/clock" >/dev/null
post "$SAMPLES/walk.mp4" --to tiktok,shorts --json
equal "after expiry: exit" "$status" 0
equal "after expiry: renewed" "$(renewals "$tiktok") $(renewals "$youtube")" "3 3"

# RELIABILITY S1: nothing but the vault holds a secret
cp "$T/browsed" "$T/page" "$T/browser-env" "$T/state/" 2>/dev/null || true
python3 - "$T" "$secret" <<'PY' >"$T/leaks"
import base64, os, sys, urllib.parse
t, secret = sys.argv[1:]
secrets = [secret.encode(), b"sim-token-tiktok", b"sim-token-youtube", b"sim-token-instagram", b"sim-refresh-tiktok", b"sim-refresh-youtube", b"sim*code!1234"]
forms = set()
for s in secrets:
    for i in range(len(s) - 11):
        w = s[i:i + 12]
        forms |= {w, w.hex().encode(), urllib.parse.quote(w, safe="").encode()}
    for phase in range(3):
        forms.add(base64.b64encode(s[phase:phase + 12]))
# the names of platforms are no secret
forms = {f for f in forms if f not in (b"en-instagram",)}
files = [os.path.join(d, f) for d, _, fs in os.walk(t) for f in fs
         if not d.startswith(t + "/sim") and f not in ("sim.log", "vault", "vault.key", "browser", "leaks", "browser-env", "execs")]
for f in files:
    data = open(f, "rb").read()
    for form in forms:
        if form in data: print(f, form)
# strace shows the environment of crosscut itself first; what follows are its children
for line in open(t + "/execs", "rb").read().splitlines()[1:]:
    for form in forms:
        if form in line: print("execve", form, line[:200])
print(len(files), "files", len(forms), "forms", file=sys.stderr)
PY
equal "no secret outside the vault" "$(cat "$T/leaks")" ""
check "children were seen" test "$(wc -l <"$T/execs")" -gt 1
check "the journal was looked at" test -s "$T/state/journal.sqlite"
# the test itself can fail
check "the vault is not where a secret is readable" sh -c "! grep -q sim-refresh '$T/state/vault'"

# rights that are too wide
chmod 644 "$T/state/vault"
run accounts $state
equal "readable vault: exit" "$status" 4
contains "readable vault: way out" "$errs" "chmod 600"
post "$SAMPLES/walk.mp4" --again --to shorts --json
equal "readable vault: held" "$status $(json '.posts[0].state')" "4 held"
chmod 600 "$T/state/vault"

# the grant is over: held, and says how to go on; after the login the same post goes on
curl -s -X POST -d "token=x" "$youtube/revoke" >/dev/null
curl -s -X POST -d '{"forward_ms": 3600001}' "$youtube/_sim/clock" >/dev/null
run resume $state --no-progress --json
equal "over: exit" "$status" 4
contains "over: way out" "$(json '.posts[] | select(.destination=="shorts") | .error.text')" "crosscut login shorts"
run accounts $state
equal "over: accounts" "$status" 4
contains "over: accounts" "$out" "login needed"
run login shorts $state
equal "again: login" "$status" 0
run resume $state --no-progress --json
equal "again: resume" "$status" 0

run logout tiktok $state
equal "logout: exit" "$status" 0
contains "logout: ended" "$out" "TikTok ended the grant"
run accounts tiktok $state
equal "logout: not linked" "$status" 4
finish
