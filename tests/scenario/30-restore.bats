#!/usr/bin/env bats
# A home is lost and comes back from a backup that knows less than the peer.

# What lib.bash sets; a name set in one test is used in that test.
# shellcheck disable=SC2030,SC2031,SC2154

load lib.bash

setup_file() {
	load lib.bash
	open_dir
	start_pair
	echo "Addresses as told by phone." >"$dir/text"
}

teardown_file() {
	load lib.bash
	close_dir
}

# lose_and_restore DIR: north's home is gone; that backup takes its place
lose_and_restore() {
	stop_node north
	rm -rf "$dir/north"
	"$DEMARCHE" restore "$1" --home "$dir/north" >"$dir/out"
	grep -q "signs" "$dir/out"
}

is_checked() {
	north status --json | grep -q '"restored": false'
}

@test "a backup, more letters, a restore: what was lost is fetched back" {
	ask north --wait taken --text "$dir/text" >/dev/null
	ask south --wait taken >/dev/null
	north backup "$dir/backup" --keys
	for _ in 1 2 3 4 5; do
		ask north --wait taken --text "$dir/text" >>"$dir/later"
		ask south --wait taken >/dev/null
	done
	wait_for 60 both_settled
	agreed
	cp "$dir/north.own" "$dir/before"
	lose_and_restore "$dir/backup"
	start_node north
	wait_for 60 is_checked
	wait_for 60 agreed
	all_valid
	n=$(wc -l <"$dir/before")
	head -n "$n" "$dir/north.own" | cmp - "$dir/before"
	while read -r case; do
		north show "$case" >/dev/null
	done <"$dir/later"
}

@test "it goes on: letters both ways, equal figures, no fork" {
	ask north --wait taken --text "$dir/text" >/dev/null
	ask south --wait taken >/dev/null
	wait_for 60 both_settled
	agreed
	all_valid
	same_figures
	same_rebuilt
}

@test "letters asked for at once after a restore never fork the log" {
	rm -rf "$dir/backup"
	north backup "$dir/backup" --keys
	for _ in $(seq 12); do
		ask north >/dev/null
	done
	wait_for 60 both_settled
	lose_and_restore "$dir/backup"
	launch north
	: >"$dir/taken"
	end=$((SECONDS + 90))
	while [ "$(wc -l <"$dir/taken")" -lt 10 ] && [ $SECONDS -lt $end ]; do
		ask north 2>/dev/null >>"$dir/taken"
	done
	[ "$(wc -l <"$dir/taken")" -ge 10 ]
	wait_for 60 both_settled
	agreed
	all_valid
	while read -r case; do
		grep -q " $case " "$dir/north.own"
	done <"$dir/taken"
	same_figures
	same_rebuilt
}

@test "while the peer is off nothing is signed, and status says so" {
	rm -rf "$dir/backup"
	north backup "$dir/backup" --keys
	for _ in 1 2 3; do
		ask north >/dev/null
	done
	wait_for 60 both_settled
	stop_node south
	lose_and_restore "$dir/backup"
	start_node north
	entries north own >"$dir/north.own"
	n=$(wc -l <"$dir/north.own")
	run ask north
	[ -z "$(member case <<<"$output")" ]
	[[ "$output" == *"restored from a backup"* ]]
	run north status
	[[ "$output" == *"RESTORED from a backup"* ]]
	[[ "$output" == *"nothing is signed"* ]]
	stop_node north
	start_node north
	run north request --to cert.south.example --purpose mitigation \
	    --action preserve --topic ddos --urgency routine --subject "now"
	[ "$status" -eq 1 ]
	entries north own | cmp - "$dir/north.own"
	start_node south
	wait_for 120 is_checked
	wait_for 120 both_settled
	agreed
	[ "$(wc -l <"$dir/north.own")" -ge $((n + 3)) ]
	all_valid
	ask north --wait taken >/dev/null
	wait_for 60 both_settled
	agreed
	same_figures
	same_rebuilt
}

@test "a backup without keys needs them from elsewhere" {
	north backup "$dir/bare"
	[ ! -e "$dir/bare/keys" ]
	run "$DEMARCHE" restore "$dir/bare" --home "$dir/elsewhere"
	[ "$status" -eq 1 ]
	[[ "$output" == *"there are no keys"* ]]
	run "$DEMARCHE" restore "$dir/bare" --home "$dir/south"
	[ "$status" -eq 1 ]
	ask north --wait taken >/dev/null
	wait_for 60 both_settled
	stop_node north
	mv "$dir/north" "$dir/lost"
	"$DEMARCHE" restore "$dir/bare" --keys "$dir/lost" --home "$dir/north"
	start_node north
	wait_for 60 is_checked
	ask north --wait taken >/dev/null
	wait_for 60 both_settled
	agreed
	same_figures
	same_rebuilt
}
