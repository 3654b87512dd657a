#!/usr/bin/env bats
# The clock of two nodes leaps: an hour ahead, an hour back, past 2038.

# What lib.bash sets; a name set in one test is used in that test.
# shellcheck disable=SC2030,SC2031,SC2154

load lib.bash

setup_file() {
	load lib.bash
	open_dir
	set_clock 2026-11-16T08:00:00Z
	start_pair --from 2026-11-01 --until 2045-01-01
	advance 61
}

teardown_file() {
	load lib.bash
	close_dir
}

# exchange: a letter each way, taken, with a reaction; and all is equal
exchange() {
	local case
	case=$(ask north --wait taken)
	[ ${#case} -eq 64 ]
	south acknowledge "$case" --wait taken >/dev/null
	ask south --wait taken >/dev/null
	wait_for 60 both_settled
	agreed
	all_valid
	same_figures
}

@test "a letter before" {
	exchange
}

@test "an hour ahead: letters go on, figures are equal" {
	set_clock 2026-11-16T09:00:00Z
	exchange
}

@test "an hour back: nothing is signed, an alarm says why" {
	set_clock 2026-11-16T08:00:00Z
	entries north own >"$dir/before"
	run north request --to cert.south.example --purpose mitigation \
	    --action preserve --topic ddos --urgency routine --subject "now"
	[ "$status" -eq 1 ]
	[[ "$output" == *"the clock is behind"* ]]
	[[ "$output" == *"fault: the machine or network"* ]]
	entries north own >"$dir/after"
	cmp "$dir/before" "$dir/after"
	grep -q '^<1>.*behind the last signature' "$dir/north.log"
	north status >/dev/null
	south cases >/dev/null
}

@test "back at the time it was, it goes on by itself" {
	set_clock 2026-11-16T09:00:30Z
	wait_for 60 exchange
}

@test "an hour back, started again: refused until an operator confirms" {
	set_clock 2026-11-16T08:00:30Z
	for name in north south; do
		stop_node $name
		: >"$dir/$name.log"
		start_node $name
		wait_for 30 grep -q '^<1>.*behind the last signature' \
		    "$dir/$name.log"
	done
	run north request --to cert.south.example --purpose mitigation \
	    --action preserve --topic ddos --urgency routine --subject "now"
	[ "$status" -eq 1 ]
	for name in north south; do
		stop_node $name
		start_node $name "$dir/clock" --confirm-clock
	done
	exchange
}

@test "one node alone is an hour ahead: it is told, and nothing breaks" {
	stop_node south
	printf '2026-11-16T10:00:00Z\n' >"$dir/fast"
	start_node south "$dir/fast"
	case=$(ask north)
	wait_for 60 south show "$case"
	wait_for 60 grep -q '^<1>.*from the future is no line' "$dir/north.log"
	north status >/dev/null
	south cases >/dev/null
	set_clock 2026-11-16T10:00:30Z
	wait_for 60 both_settled
	agreed
	all_valid
	same_figures
	stop_node south
	start_node south
	exchange
}

@test "2038-01-19T03:14:08Z, the second that does not fit in 32 bits" {
	set_clock 2038-01-19T03:14:06Z
	exchange
	set_clock 2038-01-19T03:14:07Z
	exchange
	set_clock 2038-01-19T03:14:08Z
	exchange
	stop_node north
	start_node north
	exchange
}

@test "2040: a case of years ago is decided, the figures are equal" {
	case=$(ask north --wait taken)
	set_clock 2040-02-29T23:59:59Z
	south decide "$case" --decision approved --wait taken >/dev/null
	exchange
	north statement --from 2038-01-01 --to 2041-01-01 --exercise |
	    grep -q "total"
	same_rebuilt
}
