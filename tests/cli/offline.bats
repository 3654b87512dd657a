#!/usr/bin/env bats
# What needs no running node: init, card, verify, restore, and what is said
# where there is none.

# shellcheck disable=SC2154 # dir and root are the helper's
load helper.bash

setup() {
	fresh_dir
}

teardown() {
	remove_dir
}

@test "init makes a home, prints the fingerprint, and does so once" {
	run make_home north XN
	[ "$status" -eq 0 ]
	run "$DEMARCHE" init --home "$dir/north" --party cert.north.example \
	    --country XN --endpoint https://127.0.0.1:1 --exercise
	[ "$status" -eq 1 ]
	[[ "$output" == *"there is something at"* ]]
	run "$DEMARCHE" card --home "$dir/north" --show
	[[ "$output" == *"EXERCISE"* ]]
	[ "$("$DEMARCHE" card --home "$dir/north" --json | member fingerprint |
	    wc -c)" -eq 65 ]
}

@test "init keeps the home private" {
	make_home north XN
	[ "$(stat -c %a "$dir/north")" = 700 ]
	run find "$dir/north/keys" "$dir/north/tls" -type f -perm /077
	[ -z "$output" ]
}

@test "init refuses names that cannot be" {
	for party in north UPPER.example -a.example a..b 'a b.c'; do
		run "$DEMARCHE" init --home "$dir/x" --party "$party" \
		    --country XN --endpoint https://127.0.0.1:1
		[ "$status" -eq 1 ]
		[ ! -e "$dir/x" ]
	done
	run "$DEMARCHE" init --home "$dir/x" --party a.example --country XN \
	    --endpoint http://127.0.0.1:1
	[ "$status" -eq 1 ]
	[ ! -e "$dir/x" ]
	run "$DEMARCHE" init --home "$dir/x" --party a.example --country XN \
	    --endpoint https://127.0.0.1:1 --from 2020-01-01
	[ "$status" -eq 1 ]
}

@test "the home comes from --home, else DEMARCHE_HOME, else XDG" {
	make_home north XN
	DEMARCHE_HOME="$dir/north" run "$DEMARCHE" card --show
	[ "$status" -eq 0 ]
	mkdir "$dir/data"
	cp -a "$dir/north" "$dir/data/demarche"
	XDG_DATA_HOME="$dir/data" run "$DEMARCHE" card --show
	[ "$status" -eq 0 ]
	DEMARCHE_HOME="$dir/north" run "$DEMARCHE" card --home "$dir/none"
	[ "$status" -eq 1 ]
	[[ "$output" == *"demarche init"* ]]
}

@test "a command without a node says how to start one" {
	make_home north XN
	run "$DEMARCHE" cases --home "$dir/north"
	[ "$status" -eq 1 ]
	[[ "$output" == *"the node is not running"* ]]
	[[ "$output" == *"demarche serve"* ]]
	[[ "$output" == *"fault: the operator"* ]]
}

@test "a normal home refuses a scripted clock" {
	"$DEMARCHE" init --home "$dir/north" --party cert.north.example \
	    --country XN --endpoint "https://127.0.0.1:$(free_port)"
	echo 2026-11-22T10:00:00Z >"$dir/clock"
	run timeout 20 "$DEMARCHE" serve --home "$dir/north" \
	    --clock "$dir/clock"
	[ "$status" -eq 1 ]
	[[ "$output" == *"scripted clock"* ]]
}

@test "card shows another's card, and no damaged one" {
	make_home north XN
	run "$DEMARCHE" card --show "$dir/north.card"
	[ "$status" -eq 0 ]
	[[ "$output" == *"cert.north.example"* ]]
	tr 'A' 'B' <"$dir/north.card" >"$dir/bad.card"
	run "$DEMARCHE" card --show "$dir/bad.card"
	[ "$status" -eq 1 ]
}

@test "peer add compares the fingerprint before anything else" {
	make_home north XN
	make_home south XS
	run "$DEMARCHE" peer add "$dir/south.card" --home "$dir/north" \
	    --fingerprint "$(fingerprint north)"
	[ "$status" -eq 1 ]
	[[ "$output" == *"another fingerprint"* ]]
	run "$DEMARCHE" peer add "$dir/south.card" --home "$dir/north" \
	    --fingerprint abcd
	[ "$status" -eq 1 ]
}

@test "peer add without a terminal needs --fingerprint" {
	make_home north XN
	make_home south XS
	command -v setsid >/dev/null || skip "no setsid"
	run setsid -w "$DEMARCHE" peer add "$dir/south.card" \
	    --home "$dir/north" </dev/null
	[ "$status" -eq 1 ]
	[[ "$output" == *"no terminal"* ]]
}

@test "verify needs no home and refuses garbage" {
	echo garbage >"$dir/garbage"
	head -c 100000 /dev/urandom >"$dir/noise.tar"
	mkdir "$dir/empty"
	for what in garbage noise.tar empty missing; do
		run env -i "$DEMARCHE" verify "$dir/$what"
		[ "$status" -eq 1 ]
		[[ "$output" == "demarche: verify: "* ]]
	done
	run "$DEMARCHE" verify "$dir/empty" --card "$dir/garbage"
	[ "$status" -eq 1 ]
	run "$DEMARCHE" verify
	[ "$status" -eq 2 ]
}

@test "restore wants a backup, keys, and an empty place" {
	make_home north XN
	run "$DEMARCHE" restore "$dir/none" --home "$dir/again"
	[ "$status" -eq 1 ]
	[[ "$output" == *"is no backup"* ]]
	cp -a "$dir/north" "$dir/copy"
	rm -r "$dir/copy/keys"
	run "$DEMARCHE" restore "$dir/copy" --home "$dir/again"
	[ "$status" -eq 1 ]
	[[ "$output" == *"there are no keys"* ]]
	[ ! -e "$dir/again" ]
	run "$DEMARCHE" restore "$dir/copy" --keys "$dir/north" \
	    --home "$dir/north"
	[ "$status" -eq 1 ]
	[[ "$output" == *"there is something at"* ]]
	run "$DEMARCHE" restore "$dir/copy" --keys "$dir/north" \
	    --home "$dir/again"
	[ "$status" -eq 0 ]
	[ -f "$dir/again/data/restored" ]
	cmp "$dir/north/keys/log.key" "$dir/again/keys/log.key"
}

@test "a full standard output is an error" {
	[ -c /dev/full ] || skip "no /dev/full"
	make_home north XN
	run bash -c '"$DEMARCHE" card --home "$0" >/dev/full' "$dir/north"
	[ "$status" -eq 1 ]
}
