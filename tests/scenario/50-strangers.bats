#!/usr/bin/env bats
# Whoever can reach a node's port and is no peer: it is told nothing, and
# delivery goes on.

# What lib.bash sets; a name set in one test is used in that test.
# shellcheck disable=SC2030,SC2031,SC2154

load lib.bash

setup_file() {
	load lib.bash
	open_dir
	start_pair
	ask north --wait taken >/dev/null
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -keyout "$dir/other.key" -out "$dir/other.pem" -days 30 \
	    -subj /CN=cert.north.example 2>/dev/null
	cat "$dir/south.pid" >"$dir/first"
}

teardown_file() {
	load lib.bash
	close_dir
}

# fetch OPTION...: the card of south's node, by a stranger
fetch() {
	curl -sS -k --max-time 30 -o "$dir/answer" "$@" \
	    "https://127.0.0.1:$(cat "$dir/south.port")/card"
}

# unharmed: the same supervisor, all its roles, and a letter is taken
unharmed() {
	[ "$(cat "$dir/south.pid")" = "$(cat "$dir/first")" ]
	[ "$(pgrep -P "$(cat "$dir/south.pid")" | wc -l)" -eq 5 ]
	if grep 'all are stopped' "$dir/south.log"; then
		return 1
	fi
	[ -n "$(ask north --wait taken --timeout 90)" ]
}

@test "a client with another certificate is not let in" {
	rm -f "$dir/answer"
	run fetch --cert "$dir/other.pem" --key "$dir/other.key"
	[ "$status" -ne 0 ]
	[ ! -s "$dir/answer" ]
	[[ "$output" == *"alert"* ]]
	unharmed
}

@test "a client without a certificate is not let in" {
	run fetch
	[ "$status" -ne 0 ]
	[ ! -s "$dir/answer" ]
	unharmed
}

@test "the peer's own certificate and key are let in" {
	fetch --cert "$dir/north/tls/certificate.pem" \
	    --key "$dir/north/tls/key.pem"
	cmp "$dir/answer" "$dir/south.card"
}

# answered STATUS NAME OPTION...: that is what the peer itself gets for it
answered() {
	local status=$1 name=$2 path=$3
	shift 3
	curl -sS -k --max-time 30 --cert "$dir/north/tls/certificate.pem" \
	    --key "$dir/north/tls/key.pem" -D "$dir/head" -o "$dir/answer" \
	    "$@" "https://127.0.0.1:$(cat "$dir/south.port")$path"
	grep -q "^HTTP/1.1 $status " "$dir/head"
	grep -qi "^content-type: application/problem+json" "$dir/head"
	grep -q "error/$name\"" "$dir/answer"
}

@test "what is wrong with a peer's request is told as a problem" {
	answered 405 method /card -X DELETE
	grep -q '^Allow: GET, HEAD' "$dir/head"
	answered 501 http-method /card -X BREW
	answered 400 http-request /card -H Host:
	answered 417 http-expect /card -H 'Expect: tea'
	answered 501 http-transfer /add-entries -X POST \
	    -H 'Transfer-Encoding: gzip'
	answered 431 http-head /card -H "A: $(printf '%017000d' 0)"
	head -c 65537 /dev/zero >"$dir/large"
	answered 413 too-large /add-checkpoint --data-binary "@$dir/large"
	answered 413 too-large /add-checkpoint --data-binary "@$dir/large" \
	    -H 'Transfer-Encoding: chunked'
	answered 404 route '/card?a=b'
	unharmed
}

@test "TLS 1.2 and older are not spoken, nor is plain HTTP" {
	port=$(cat "$dir/south.port")
	for version in -tls1_2 -tls1_1; do
		run timeout 30 openssl s_client "$version" \
		    -connect "127.0.0.1:$port" </dev/null
		[ "$status" -ne 0 ]
		[[ "$output" == *"alert"* || "$output" == *"no protocols"* ||
		    "$output" == *"unsupported protocol"* ]]
		[[ "$output" != *"Cipher is TLS"* ]]
	done
	run timeout 30 openssl s_client -tls1_3 -connect "127.0.0.1:$port" \
	    </dev/null
	[[ "$output" == *"TLSv1.3"* ]]
	run curl -sS --max-time 30 "http://127.0.0.1:$port/card"
	[ "$status" -ne 0 ]
	unharmed
}

@test "a handshake of a byte a second is ended, and nobody waits for it" {
	perl -MSocket -MIO::Poll -MTime::HiRes -e 1 2>/dev/null ||
	    skip "no perl"
	"$root/tests/scenario/crowd.pl" "$(cat "$dir/south.port")" slow 15 \
	    >"$dir/slow" 3>&- 4>&- &
	slow=$!
	echo $slow >>"$dir/started"
	unharmed
	unharmed
	wait $slow
	unharmed
}

@test "ten thousand connections: the peer's letters are delivered meanwhile" {
	perl -MSocket -MIO::Poll -MTime::HiRes -e 1 2>/dev/null ||
	    skip "no perl"
	(ulimit -n 10300) 2>/dev/null ||
	    skip "no more than $(ulimit -Hn) files may be open"
	(
		ulimit -n 10300
		exec "$root/tests/scenario/crowd.pl" \
		    "$(cat "$dir/south.port")" 10000 30
	) >"$dir/crowd" 2>&1 3>&- 4>&- &
	crowd=$!
	echo $crowd >>"$dir/started"
	sleep 3
	n=0
	begun=$SECONDS
	while alive $crowd && [ $((SECONDS - begun)) -lt 100 ]; do
		unharmed
		n=$((n + 1))
	done
	echo "# $(cat "$dir/crowd"); $n letters taken meanwhile" >&3
	wait $crowd
	[ $n -ge 1 ]
	grep -q '10000 at a time' "$dir/crowd"
	unharmed
}

@test "a node that starts amid them reaches its peer" {
	perl -MSocket -MIO::Poll -MTime::HiRes -e 1 2>/dev/null ||
	    skip "no perl"
	(ulimit -n 2300) 2>/dev/null ||
	    skip "no more than $(ulimit -Hn) files may be open"
	stop_node north
	(
		ulimit -n 2300
		exec "$root/tests/scenario/crowd.pl" \
		    "$(cat "$dir/south.port")" 2000 25
	) >"$dir/crowd" 2>&1 3>&- 4>&- &
	crowd=$!
	echo $crowd >>"$dir/started"
	sleep 2
	start_node north
	unharmed
	wait $crowd
}

@test "afterwards both agree" {
	wait_for 60 both_settled
	agreed
	all_valid
	same_figures
	same_rebuilt
}
