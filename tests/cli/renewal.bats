#!/usr/bin/env bats
# Keys renewed and compromised on two nodes that run.

# A name set in one test is used in that test; dir is the helper's.
# shellcheck disable=SC2030,SC2031,SC2154

load helper.bash

setup() {
	load helper.bash
	fresh_dir
	start_pair
}

teardown() {
	load helper.bash
	remove_dir
}

east() {
	"$DEMARCHE" "$@" --home "$dir/east"
}

# letter NAME PEER: one that is taken
letter() {
	"$1" report --to "cert.$2.example" --topic ddos --subject s \
	    --wait taken >"$dir/out"
}

port_of() {
	sed -n 's/.*:\([0-9]*\).*/\1/p' <<<"$("$DEMARCHE" card --show \
	    --home "$dir/$1" | grep '^endpoint')"
}

# shown_pin NAME: the pin of the key that its server shows to the peer
shown_pin() {
	openssl s_client -connect "127.0.0.1:$(port_of "$1")" -tls1_3 \
	    -cert "$dir/$2/tls/certificate.pem" -key "$dir/$2/tls/key.pem" \
	    </dev/null 2>/dev/null | openssl x509 -pubkey -noout |
	    openssl pkey -pubin -outform DER | openssl dgst -sha256 -r |
	    cut -d' ' -f1
}

pin_of() {
	openssl x509 -in "$1" -pubkey -noout |
	    openssl pkey -pubin -outform DER | openssl dgst -sha256 -r |
	    cut -d' ' -f1
}

# until_shown NAME PEER FILE: its server shows the key of that certificate
until_shown() {
	for _ in $(seq 150); do
		[ "$(shown_pin "$1" "$2")" != "$(pin_of "$3")" ] || return 0
		sleep 0.1
	done
	return 1
}

# until_up NAME: it answers again
until_up() {
	for _ in $(seq 150); do
		! "$1" status >/dev/null 2>&1 || return 0
		sleep 0.1
	done
	return 1
}

# admits NAME CERTIFICATE KEY: does it talk HTTP with who has that key?
admits() {
	printf 'GET /card HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n' |
	    timeout 10 openssl s_client -connect "127.0.0.1:$(port_of "$1")" \
	    -tls1_3 -quiet -cert "$2" -key "$3" 2>/dev/null |
	    grep -q '^HTTP/1.1 200'
}

@test "a new TLS key is shown once the peer has taken it, and letters go on" {
	letter north south
	old=$(shown_pin north south)
	[ "$old" = "$(pin_of "$dir/north/tls/certificate.pem")" ]
	run north credential renew --use tls
	[ "$status" -eq 0 ]
	[[ "$output" == *"told cert.south.example"* ]]
	until_shown north south "$dir/north/tls/certificate-2.pem"
	until_up north
	letter north south
	letter south north
	run south peer show cert.north.example
	[[ "$output" == *"$old"* ]]
	[[ "$output" == *"$(pin_of "$dir/north/tls/certificate-2.pem")"* ]]
	# Both open the door until the next renewal.
	admits south "$dir/north/tls/certificate.pem" "$dir/north/tls/key.pem"
	admits south "$dir/north/tls/certificate-2.pem" \
	    "$dir/north/tls/key-2.pem"
	# It follows from the logs, so it outlives both processes.
	while read -r pid; do
		stop_node "$pid"
	done <"$dir/pids"
	start_node north
	start_node south
	until_shown north south "$dir/north/tls/certificate-2.pem"
	letter north south
	letter south north
}

@test "who has the old key after a compromise is refused" {
	letter north south
	run north credential compromise --use tls --since 2026-11-20
	[ "$status" -eq 0 ]
	until_shown north south "$dir/north/tls/certificate-2.pem"
	until_up north
	letter north south
	letter south north
	run admits south "$dir/north/tls/certificate.pem" \
	    "$dir/north/tls/key.pem"
	[ "$status" -ne 0 ]
	admits south "$dir/north/tls/certificate-2.pem" \
	    "$dir/north/tls/key-2.pem"
}

@test "a peer that stays away is waited for, until the operator says now" {
	letter north south
	stop_node "$(tail -n 1 "$dir/pids")"
	north credential renew --use tls >/dev/null
	sleep 3
	until_up north
	run north status
	[[ "$output" == *"it has not taken our new TLS key"* ]]
	run north credential renew --use tls
	[ "$status" -ne 0 ]
	run north credential renew --use tls --now
	[ "$status" -eq 0 ]
	until_shown north south "$dir/north/tls/certificate-2.pem"
	until_up north
	start_node south
	letter south north
	letter north south
	run north status
	[[ "$output" != *"has not taken our new TLS key"* ]]
	[ ! -e "$dir/north/tls/certificate-4.pem" ]
}

@test "seal, mirror and encryption are renewed, and new peers get them" {
	before=$("$DEMARCHE" card --home "$dir/north" --show)
	for use in seal mirror encryption; do
		north credential renew --use "$use" >/dev/null
		letter north south
		letter south north
	done
	north credential compromise --use mirror --since 2026-11-20 >/dev/null
	letter north south
	letter south north
	after=$("$DEMARCHE" card --home "$dir/north" --show)
	[ "$before" != "$after" ]
	make_home east XE
	start_node east
	"$DEMARCHE" card --home "$dir/north" >"$dir/north.card"
	north peer add "$dir/east.card" --fingerprint "$(fingerprint east)"
	east peer add "$dir/north.card" --fingerprint "$(fingerprint north)"
	letter north east
	letter east north
	letter north south
	north rebuild >/dev/null
	letter south north
}
