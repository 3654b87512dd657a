#!/usr/bin/env bats
# The end of a log is lost for good: it is closed where the peer signed for
# it, and another goes on.

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

is_lost() {
	north status --json | grep -q '"tail-lost": true'
}

@test "a restored node whose keeper signed what nobody holds stops, and says how to go on" {
	ask north --wait taken --text "$dir/text" >"$dir/old"
	ask south --wait taken >"$dir/theirs"
	wait_for 60 both_settled
	north backup "$dir/backup"
	stop_node south
	ask north >"$dir/gone"
	ask north >/dev/null
	stop_node north
	mv "$dir/north" "$dir/north.old"
	"$DEMARCHE" restore "$dir/backup" --keys "$dir/north.old" \
	    --home "$dir/north" >/dev/null
	start_node south
	start_node north
	wait_for 60 is_lost
	north status >"$dir/out"
	grep -q "demarche peer reopen" "$dir/out"
	run ask north
	[[ $output == *"demarche peer reopen"* ]]
}

@test "peer reopen wants a yes, and a peer" {
	run north peer reopen cert.south.example </dev/null
	[ "$status" -ne 0 ]
	run north peer reopen cert.west.example --yes
	[ "$status" -ne 0 ]
	is_lost
}

@test "the next log begins, and old and new cases go on" {
	north peer reopen cert.south.example --yes >"$dir/out"
	grep -q "opens with" "$dir/out"
	wait_for 60 both_settled
	north supplement "$(cat "$dir/old")" --subject More \
	    --text "$dir/text"
	north acknowledge "$(cat "$dir/theirs")"
	south acknowledge "$(cat "$dir/old")"
	ask north --wait taken >/dev/null
	ask south --wait taken >/dev/null
	wait_for 60 both_settled
	wait_for 60 agreed
	all_valid
	if north show "$(cat "$dir/gone")"; then
		return 1
	fi
}

@test "both count the same over all logs, before and after a rebuild" {
	same_figures
	[ "$(wc -l <"$dir/heads")" -eq 3 ]
	same_rebuilt
	same_figures
}

@test "a log that can go on is not closed while records are on their way" {
	stop_node south
	ask north >/dev/null
	run north peer reopen cert.south.example --yes
	[ "$status" -ne 0 ]
	[[ $output == *"epoch-open"* || $output == *"can go on"* ]]
	start_node south
	wait_for 60 both_settled
	wait_for 60 agreed
}
