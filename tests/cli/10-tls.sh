# Whom we talk to (goal S10): a server that cannot prove who it is never sees a request, and nothing turns the check off.
# In a mount namespace the test's own authority stands in for the system's, so that each row is refused for its own reason.
. "$ROOT/tests/cli/lib.sh"
if [ -z "${TLS_INSIDE:-}" ] && unshare -m true 2>/dev/null; then
    TLS_INSIDE=yes unshare -m sh "$0"
    exit
fi
cd "$T"
certificate() {   # certificate NAME SAN DAYS: signed by the authority
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.csr" -subj /CN=server 2>/dev/null
    echo "subjectAltName=$2" >"$1.ext"
    openssl x509 -req -in "$1.csr" -CA authority.pem -CAkey authority.key -CAcreateserial -days "$3" -extfile "$1.ext" -out "$1.pem" 2>/dev/null
}
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout authority.key -out authority.pem -subj /CN=authority -days 2 2>/dev/null
certificate good DNS:localhost 2
certificate expired DNS:localhost -1
certificate elsewhere DNS:other.example 2
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout alone.key -out alone.pem -subj /CN=localhost -addext subjectAltName=DNS:localhost -days 2 2>/dev/null
trusted=no
if [ -n "${TLS_INSIDE:-}" ] && mount --bind authority.pem /etc/ssl/certs/ca-certificates.crt 2>/dev/null; then trusted=yes; fi

ask() {   # ask NAME OPTIONS: posts to a server with that certificate; $seen is what the server read of it
    name=$1; shift
    rm -f hold server.log; mkfifo hold; : >server.log; sleep 300 >hold & holder=$!
    openssl s_server -accept 127.0.0.1:0 -cert "$name.pem" -key "$name.key" "$@" <hold >server.log 2>&1 & server=$!
    i=0; while ! grep -q '^ACCEPT' server.log && [ $i -lt 50 ]; do sleep 0.1; i=$((i + 1)); done
    port=$(sed -n 's/^ACCEPT .*:\([0-9]*\)$/\1/p' server.log | head -1)
    printf '[publish]\nretry_base = 20ms\nretry_max = 1\n[destination s%s]\nplatform = youtube\napi_base = https://localhost:%s\n' "$rows" "$port" >tls.conf
    export "CROSSCUT_S${rows}_TOKEN=canary-token-for-tls"
    run post --config tls.conf --state "$T/state" --no-progress --to "s$rows" "$SAMPLES/walk.mp4"
    kill $server $holder 2>/dev/null; wait $server $holder 2>/dev/null || true
    rm hold
    seen=$(grep -ac 'POST /\|canary-token' server.log || true)
    port_seen=$port
}
refused() {   # refused WHAT WORDS
    equal "$1: the server saw a request" "$seen" 0
    equal "$1: the port" "$([ -n "$port_seen" ] && echo known)" known
    case $status in 5 | 6) ok ;; *) bad "$1: exit $status: $errs$out" ;; esac
    contains "$1: says why" "$out$errs" "$2"
    rows=$((rows + 1)) refusals=$((refusals + 1))
}
refusals=0
rows=0    # each a destination of its own: the rendition is made once
why="certificate"
ask good
if [ $trusted = yes ]; then [ "$seen" -gt 0 ] && ok || bad "the good server saw nothing: $out$errs"; rows=1; else refused "unknown authority" "$why"; fi
ask expired; refused "expired" "$why"
ask elsewhere; refused "wrong name" "$why"
ask alone; refused "self-signed" "$why"
ask good -tls1_1 -cipher 'ALL@SECLEVEL=0'; refused "TLS 1.1" ""
[ $trusted = no ] || umount /etc/ssl/certs/ca-certificates.crt

# no setting, option or variable turns the check off
"$CROSSCUT" help post >"$T/help" 2>&1; "$CROSSCUT" config --json >>"$T/help" 2>&1 || true
equal "an option against verification" "$(grep -ci 'insecure\|no-verify\|no-check\|skip-tls\|verify *= *no' "$T/help" || true)" 0
equal "verification set to anything but on" "$(grep -rn 'VERIFYPEER\|VERIFYHOST' "$ROOT/src" "$ROOT/adapters" | grep -vc '1L)\|2L)' || true)" 0
equal "another place that makes a handle" "$(grep -rln 'curl_easy_init' "$ROOT/src" "$ROOT/adapters" | grep -vc transport_curl.c || true)" 0
printf "security S10: %d servers without proof, 0 requests seen, trusted control %s\n" "$refusals" "$trusted"
finish
