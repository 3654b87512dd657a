#!/usr/bin/env bats
# What an officer does: looks before signing, waits for delivery, answers,
# asks back, gets texts and evidence back byte for byte; and changes keys.

# What lib.bash sets; a name set in one test is used in that test.
# shellcheck disable=SC2030,SC2031,SC2154

load lib.bash

setup_file() {
	load lib.bash
	open_dir
	start_pair
	printf 'Gesehen um 09:14 — bitte sperren: 192.0.2.44\n' >"$dir/text"
	head -c 9000000 /dev/urandom >"$dir/capture"
	printf '' >"$dir/empty"
}

teardown_file() {
	load lib.bash
	close_dir
}

# shown NAME CASE TEXT: the case as that node shows it has TEXT
shown() {
	"$DEMARCHE" show "$2" --home "$dir/$1" | grep -qF "$3"
}

# every entry of both logs is valid on both nodes, and the figures are equal
all_well() {
	wait_for 60 both_settled
	agreed
	all_valid
	same_figures
}

@test "--preview signs nothing, and shows what would be signed" {
	wait_for 60 both_settled
	entries north own >"$dir/before"
	run north request --to cert.south.example --purpose traceback \
	    --action investigate --topic elections --urgency emergency \
	    --subject "not yet" --text "$dir/text" --preview
	[ "$status" -eq 0 ]
	[[ "$output" == *'"kind":"request"'* ]]
	[[ "$output" == *'"urgency":"emergency"'* ]]
	[[ "$output" == *'not yet'* ]]
	[[ "$output" == *'192.0.2.44'* ]]
	entries north own | cmp - "$dir/before"
	run north cases --json
	[[ "$output" != *elections* ]]
}

@test "--wait taken returns when it is delivered" {
	case=$(ask north --wait taken --timeout 90)
	south show "$case" >/dev/null
	north show "$case" --json | grep -q '"taken"'
}

@test "texts and evidence come back byte for byte, on both nodes" {
	case=$(ask north --text "$dir/text" --evidence "$dir/capture" \
	    --evidence "$dir/empty" --wait taken)
	wait_for 60 both_settled
	for name in north south; do
		"$DEMARCHE" show "$case" --save "$dir/saved.$name" \
		    --home "$dir/$name" >/dev/null
		cmp "$dir/capture" \
		    "$dir/saved.$name/${case:0:8}-request-capture"
		cmp "$dir/empty" "$dir/saved.$name/${case:0:8}-request-empty"
		grep -qF "$(cat "$dir/text")" \
		    "$dir/saved.$name/${case:0:8}-request.txt"
	done
	diff -r "$dir/saved.north" "$dir/saved.south"
}

@test "a request is returned, supplemented, decided, answered, appraised" {
	case=$(ask north --wait taken)
	south return "$case" --reason insufficient-information \
	    --missing time --wait taken >/dev/null
	north supplement "$case" --subject "the time" --text "$dir/text" \
	    --wait taken >/dev/null
	south acknowledge "$case" --wait taken >/dev/null
	south decide "$case" --decision approved --wait taken >/dev/null
	south result "$case" --outcome satisfied --final --action preserve \
	    --wait taken >/dev/null
	north appraise "$case" --appraisal confirmed --wait taken >/dev/null
	for name in north south; do
		shown $name "$case" "satisfied, confirmed"
	done
	all_well
}

@test "a query and its answer; a report; a withdrawal" {
	case=$(ask south --wait taken)
	north query "$case" --subject "Which port?" --wait taken >/dev/null
	south answer "$case" --subject "443" --wait taken >/dev/null
	for name in north south; do
		shown $name "$case" "Which port?"
		shown $name "$case" "443"
	done
	south withdraw "$case" --wait taken >/dev/null
	for name in north south; do
		shown $name "$case" "withdrawn"
	done
	leaf=$(north report --to cert.south.example --topic phishing-fraud \
	    --subject "Seen today" --json --wait taken | member leaf)
	south show --record "$leaf" | grep -q "Seen today"
	all_well
}

@test "a new seal key: letters before and after are valid on both" {
	before=$(ask north --wait taken)
	for name in north south; do
		"$DEMARCHE" credential renew --use seal --home "$dir/$name"
	done
	after=$(ask north --wait taken)
	south acknowledge "$before" --wait taken >/dev/null
	south acknowledge "$after" --wait taken >/dev/null
	all_well
	for name in north south; do
		[ "$(wc -l <"$dir/$name.own")" -ge 3 ]
		stop_node $name
		start_node $name
	done
	south decide "$after" --decision approved --wait taken >/dev/null
	all_well
	same_rebuilt
}

@test "a key renewed while the peer is off: it learns of it in order" {
	stop_node south
	ask north >/dev/null
	north credential renew --use seal >/dev/null
	case=$(ask north)
	start_node south
	wait_for 90 south show "$case"
	all_well
}

@test "a compromised seal key: what was delivered before stays" {
	before=$(ask south --wait taken)
	south credential compromise --use seal --since 2026-01-01 >/dev/null
	after=$(ask south --wait taken)
	north acknowledge "$before" --wait taken >/dev/null
	north acknowledge "$after" --wait taken >/dev/null
	all_well
	wait_for 60 shown south "$before" "acknowledged"
	same_rebuilt
}
