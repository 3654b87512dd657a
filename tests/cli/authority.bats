#!/usr/bin/env bats
# A party whose seal certificate an authority issued, from the request for it
# to a proof with lists of revoked certificates.

# shellcheck disable=SC2154 # dir, root, status and output
load helper.bash

setup() {
	command -v openssl >/dev/null || skip "no openssl command"
	fresh_dir
	make_authorities
}

teardown() {
	remove_dir
}

# sign_request NAME ISSUER EXTENSIONS DAYS: $dir/NAME.pem from $dir/NAME.csr
sign_request() {
	openssl x509 -req -in "$dir/$1.csr" -CA "$dir/$2.pem" \
	    -CAkey "$dir/$2.key" -set_serial "0x$(openssl rand -hex 8)" \
	    -days "$4" -extfile "$dir/ca.cnf" -extensions "$3" \
	    -out "$dir/$1.pem" 2>/dev/null
}

# make_key NAME SUBJECT: a key and a request
make_key() {
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -keyout "$dir/$1.key" -subj "$2" -out "$dir/$1.csr" 2>/dev/null
}

# make_authorities: a root, and one below it that issues seals
make_authorities() {
	cat >"$dir/ca.cnf" <<-CONF
	[authority]
	basicConstraints=critical,CA:TRUE
	keyUsage=critical,keyCertSign,cRLSign
	subjectKeyIdentifier=hash
	[seal]
	basicConstraints=critical,CA:FALSE
	keyUsage=critical,digitalSignature
	subjectKeyIdentifier=hash
	authorityKeyIdentifier=keyid
	[ca]
	default_ca=here
	[here]
	database=$dir/index
	default_md=sha256
	CONF
	: >"$dir/index"
	make_key root '/C=XN/O=Ministry/CN=Root'
	openssl x509 -req -in "$dir/root.csr" -signkey "$dir/root.key" \
	    -days 3650 -extfile "$dir/ca.cnf" -extensions authority \
	    -out "$dir/root.pem" 2>/dev/null
	make_key seals '/C=XN/O=Ministry/CN=Seals'
	sign_request seals root authority 3000
}

# make_list NAME ISSUER: $dir/NAME.crl, good for two days from now
make_list() {
	openssl ca -gencrl -config "$dir/ca.cnf" -cert "$dir/$2.pem" \
	    -keyfile "$dir/$2.key" -crldays 2 -out "$dir/$1.crl" 2>/dev/null
}

# init_north [OPTION...]
init_north() {
	"$DEMARCHE" init --home "$dir/north" --party cert.north.example \
	    --country XN --endpoint "https://127.0.0.1:$port" --exercise "$@"
}

# issue_north: north's home with a certificate of the authority
issue_north() {
	port=$(free_port)
	init_north --request >"$dir/north.csr"
	sign_request north seals seal 365
	init_north --certificate "$dir/north.pem" --chain "$dir/seals.pem" \
	    --chain "$dir/root.pem"
	"$DEMARCHE" card --home "$dir/north" >"$dir/north.card"
}

# start_issued: north with the authority's certificate, south without
start_issued() {
	issue_north
	make_home south XS
	start_node north
	start_node south
	north peer add "$dir/south.card" --fingerprint "$(fingerprint south)"
	south peer add "$dir/north.card" --fingerprint "$(fingerprint north)"
}

# send_request: one that south takes; prints the case
send_request() {
	north request --to cert.south.example --purpose mitigation \
	    --action preserve --topic ransomware-business --urgency urgent \
	    --by duty-officer --subject "Keep the logs" --wait taken --json |
	    member case
}

# verify BUNDLE: with both cards
verify() {
	"$DEMARCHE" verify "$1" --card "$dir/north.card" \
	    --card "$dir/south.card"
}

@test "the key of a request stays, and takes its own certificate only" {
	port=$(free_port)
	run init_north --certificate "$dir/seals.pem"
	[ "$status" -eq 1 ]
	init_north --request >"$dir/north.csr"
	openssl req -in "$dir/north.csr" -noout -verify
	openssl req -in "$dir/north.csr" -noout -subject |
	    grep 'CN = cert.north.example'
	[ "$(stat -c %a "$dir/north.request")" = 700 ]
	[ "$(stat -c %a "$dir/north.request/seal.key")" = 600 ]
	before=$(sha256sum <"$dir/north.request/seal.key")
	init_north --request >/dev/null
	[ "$before" = "$(sha256sum <"$dir/north.request/seal.key")" ]
	make_key other '/C=XN/CN=cert.north.example'
	sign_request other seals seal 365
	run init_north --certificate "$dir/other.pem" \
	    --chain "$dir/seals.pem" --chain "$dir/root.pem"
	[ "$status" -eq 1 ]
	[[ "$output" == *"not the certificate's key"* ]]
	sign_request north seals seal 365
	run init_north --certificate "$dir/north.pem" --chain "$dir/seals.pem"
	[ "$status" -eq 1 ]
	[ ! -e "$dir/north" ]
	[ -e "$dir/north.request/seal.key" ]
	init_north --certificate "$dir/north.pem" --chain "$dir/seals.pem" \
	    --chain "$dir/root.pem"
	[ ! -e "$dir/north.request" ]
	openssl x509 -in "$dir/north.pem" -noout -pubkey >"$dir/public"
	openssl pkey -in "$dir/north/keys/seal.key" -pubout |
	    cmp - "$dir/public"
}

@test "an authority that ends before the certificate is no authority" {
	port=$(free_port)
	sign_request seals root authority 100
	init_north --request >"$dir/north.csr"
	sign_request north seals seal 365
	run init_north --certificate "$dir/north.pem" \
	    --chain "$dir/seals.pem" --chain "$dir/root.pem"
	[ "$status" -eq 1 ]
	[[ "$output" == *"expired"* ]]
	sign_request north seals seal 99
	init_north --certificate "$dir/north.pem" --chain "$dir/seals.pem" \
	    --chain "$dir/root.pem"
}

@test "lists of the time go with the proof, and openssl takes them" {
	make_list seals seals
	make_list root root
	start_issued
	case=$(send_request)
	north bundle "$case" --out "$dir/bare"
	run verify "$dir/bare"
	[ "$status" -eq 0 ]
	[[ "$output" == *"no list of revoked certificates shows it"* ]]
	(cd "$dir/bare" && sh HOWTO.txt)
	north bundle "$case" --crl "$dir/seals.crl" --out "$dir/one"
	run verify "$dir/one"
	[ "$status" -eq 0 ]
	[[ "$output" == *"CN = Seals"*"which does not have it"* ]]
	[[ "$output" == *"none is shown for the authorities above"* ]]
	grep -- '-crl_check ' "$dir/one/HOWTO.txt"
	(cd "$dir/one" && sh HOWTO.txt)
	openssl crl -in "$dir/root.crl" -outform DER -out "$dir/root.der"
	north bundle "$case" --crl "$dir/seals.crl" --crl "$dir/root.der" \
	    --out "$dir/two.tar"
	run verify "$dir/two.tar"
	[ "$status" -eq 0 ]
	[[ "$output" != *"none is shown for"* ]]
	mkdir "$dir/two"
	tar -xf "$dir/two.tar" -C "$dir/two"
	grep -- '-crl_check_all ' "$dir/two/HOWTO.txt"
	(cd "$dir/two" && sh HOWTO.txt)
	# and the other side has no lists to give, but may add them too
	south bundle "$case" --crl "$dir/seals.crl" --out "$dir/south.tar"
	run verify "$dir/south.tar"
	[ "$status" -eq 0 ]
}

@test "a certificate that was revoked before proves nothing" {
	issue_north
	openssl ca -revoke "$dir/north.pem" -config "$dir/ca.cnf" \
	    -cert "$dir/seals.pem" -keyfile "$dir/seals.key" 2>/dev/null
	make_list seals seals
	make_home south XS
	start_node north
	start_node south
	north peer add "$dir/south.card" --fingerprint "$(fingerprint south)"
	south peer add "$dir/north.card" --fingerprint "$(fingerprint north)"
	case=$(send_request)
	run north bundle "$case" --crl "$dir/seals.crl" --out "$dir/revoked"
	[ "$status" -eq 1 ]
	[[ "$output" == *"CN = Seals"*"seal certificate"*"since"* ]]
	[ ! -e "$dir/revoked" ]
}

@test "lists of another issuer, another time, or another kind are refused" {
	make_key strange '/C=XN/O=Ministry/CN=Seals'
	sign_request strange root authority 3000
	make_list strange strange
	openssl ca -gencrl -config "$dir/ca.cnf" -cert "$dir/seals.pem" \
	    -keyfile "$dir/seals.key" -crl_lastupdate 20200101000000Z \
	    -crl_nextupdate 20200201000000Z -out "$dir/old.crl" 2>/dev/null
	make_list seals seals
	start_issued
	case=$(send_request)
	run north bundle "$case" --crl "$dir/strange.crl" --out "$dir/x"
	[ "$status" -eq 1 ]
	[[ "$output" == *"no certificate above the seal's issued it"* ]]
	run north bundle "$case" --crl "$dir/old.crl" --out "$dir/x"
	[ "$status" -eq 1 ]
	[[ "$output" == *"no record shown is of that time"* ]]
	run north bundle "$case" --crl "$dir/north.pem" --out "$dir/x"
	[ "$status" -eq 1 ]
	{
		cat "$dir/seals.crl"
		head -c 9000000 /dev/zero
	} >"$dir/large.crl"
	run north bundle "$case" --crl "$dir/large.crl" --out "$dir/x"
	[ "$status" -eq 1 ]
	[[ "$output" == *"bytes"* ]]
	[ ! -e "$dir/x" ]
}
