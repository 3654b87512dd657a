#!/usr/bin/env bats
# Two nodes that are no exercise, by the machine's own clock: from init to a
# proof.  The peer adds us later than we add it.

# What lib.bash sets; a name set in one test is used in that test.
# shellcheck disable=SC2030,SC2031,SC2154

load lib.bash

# make_real NAME CC: a home that is no exercise
make_real() {
	free_port >"$dir/$1.port"
	"$DEMARCHE" init --home "$dir/$1" --party "cert.$1.example" \
	    --country "$2" \
	    --endpoint "https://127.0.0.1:$(cat "$dir/$1.port")" >/dev/null
	"$DEMARCHE" card --home "$dir/$1" >"$dir/$1.card"
}

setup_file() {
	load lib.bash
	open_dir
	make_real north XN
	make_real south XS
}

teardown_file() {
	load lib.bash
	close_dir
}

@test "a scripted clock is refused" {
	echo 2026-11-16T08:00:00Z >"$dir/scripted"
	for name in north south; do
		run timeout 30 "$DEMARCHE" serve --home "$dir/$name" \
		    --clock "$dir/scripted"
		[ "$status" -ne 0 ]
		[[ "$output" == *"exercise"* ]]
		[ ! -e "$dir/$name/node.socket" ]
	done
}

# says NAME WORDS: they stand in its status
says() {
	"$DEMARCHE" status --home "$dir/$1" | grep -q "$2"
}

@test "a peer that has not added us yet is expected, and waited for" {
	start_node north
	start_node south
	north peer add "$dir/south.card" --fingerprint "$(fingerprint south)" \
	    >/dev/null
	wait_for 60 says north 'cert.south.example: HAS NOT ADDED US YET'
	# It is tried again, and said once; the other says nothing of strangers.
	wait_for 60 says north 'tried [3-9] times'
	[ "$(grep -c peer-not-added "$dir/north.log")" -eq 1 ]
	grep -q 'cert.south.example answers; its operator has to run "demarche peer add"' \
	    "$dir/north.log"
	[ ! -s "$dir/south.log" ]
	south peer add "$dir/north.card" --fingerprint "$(fingerprint north)" \
	    >/dev/null
	wait_for 90 says north 'cert.south.example: reachable'
	wait_for 90 says south 'cert.north.example: reachable'
}

@test "a request is taken, acknowledged, decided and answered" {
	case=$(ask north --wait taken --timeout 90)
	echo "$case" >"$dir/case"
	south acknowledge "$case" --wait taken --timeout 90 >/dev/null
	south decide "$case" --decision approved --wait taken >/dev/null
	south result "$case" --outcome satisfied --final --action preserve \
	    --wait taken >/dev/null
	north show "$case" >"$dir/shown"
	if grep -i exercise "$dir/shown"; then
		return 1
	fi
	wait_for 60 both_settled
	agreed
	all_valid
	same_rebuilt
}

@test "what was taken is proven to whoever has both cards" {
	north bundle "$(cat "$dir/case")" --claim taken \
	    --out "$dir/taken.tar" >/dev/null
	run "$DEMARCHE" verify "$dir/taken.tar" --card "$dir/north.card" \
	    --card "$dir/south.card"
	[ "$status" -eq 0 ]
	[[ "$output" == *"PROVEN"* ]]
	run "$DEMARCHE" verify "$dir/taken.tar" --card "$dir/north.card"
	[ "$status" -ne 0 ]
}

@test "the figures are the same, and not those of an exercise" {
	# Both at one instant, which is over.
	now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
	period=(--from "$(date -u +%Y)-01-01" --to "$(($(date -u +%Y) + 1))-01-01"
	    --as-of "$now" --json)
	rm -f "$dir/heads"
	north statement "${period[@]}" --heads-out "$dir/heads" >"$dir/n"
	south statement "${period[@]}" --heads "$dir/heads" >"$dir/s"
	cmp "$dir/n" "$dir/s"
	grep -q cert.north.example "$dir/n"
}
