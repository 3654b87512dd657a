#!/usr/bin/env bats
# The disk of a node is full, and then is not.

# What lib.bash sets; a name set in one test is used in that test.
# shellcheck disable=SC2030,SC2031,SC2154

load lib.bash

setup_file() {
	load lib.bash
	open_dir
	mkdir "$dir/disk"
	if [ "$(id -u)" -ne 0 ]; then
		echo "a small file system takes root" >"$dir/why"
	elif ! mount -t tmpfs -o size=24m,mode=700 demarche-test "$dir/disk" \
	    2>"$dir/why"; then
		echo "no small file system here: $(cat "$dir/why")" >"$dir/why"
	else
		rm -f "$dir/why"
		ln -s disk/north "$dir/north"
		make_home south XS
		"$DEMARCHE" init --home "$dir/disk/north" \
		    --party cert.north.example --country XN --exercise \
		    --endpoint "https://127.0.0.1:$(free_port)" >/dev/null
		"$DEMARCHE" card --home "$dir/disk/north" >"$dir/north.card"
		start_node north
		start_node south
		join
		head -c 4000000 /dev/urandom >"$dir/evidence"
	fi
}

teardown_file() {
	load lib.bash
	while read -r pid; do
		stop_pid "$pid"
	done <"$dir/started"
	! mountpoint -q "$dir/disk" || umount "$dir/disk"
	close_dir
}

setup() {
	[ ! -e "$dir/why" ] || skip "$(cat "$dir/why")"
}

# fill: to the last byte
fill() {
	dd if=/dev/zero of="$dir/disk/filler" bs=4k oflag=append \
	    conv=notrunc 2>/dev/null || :
	dd if=/dev/zero of="$dir/disk/filler" bs=1 count=4096 oflag=append \
	    conv=notrunc 2>/dev/null || :
}

@test "letters are refused with a clear error, and the node stays up" {
	for _ in 1 2 3; do
		ask north --wait taken >>"$dir/taken"
	done
	pid=$(cat "$dir/north.pid")
	fill
	refused=0
	for i in $(seq 200); do
		if ! case=$(ask north --evidence "$dir/evidence" \
		    2>"$dir/refusal") || [ -z "$case" ]; then
			refused=$i
			break
		fi
		echo "$case" >>"$dir/taken"
		fill
	done
	[ "$refused" -gt 0 ]
	cat "$dir/refusal"
	grep -q "no space left on the disk" "$dir/refusal"
	grep -q "fault: the machine or network" "$dir/refusal"
	alive "$pid"
	north status >/dev/null
	north cases >/dev/null
}

@test "letters without documents are refused too, or are kept" {
	for _ in $(seq 300); do
		fill
		if north report --to cert.south.example --topic ddos \
		    --subject "s" --json >"$dir/out" 2>"$dir/refusal"; then
			member leaf <"$dir/out" >>"$dir/taken"
		else
			break
		fi
	done
	cat "$dir/refusal"
	grep -q "no space left on the disk" "$dir/refusal"
	north status >/dev/null
}

@test "what the peer sends meanwhile waits there" {
	fill
	for _ in 1 2 3; do
		ask south >>"$dir/theirs"
	done
	alive "$(cat "$dir/north.pid")"
	south status >/dev/null
}

@test "with space again it goes on, and nothing acknowledged is lost" {
	rm "$dir/disk/filler"
	wait_for 60 ask north --wait taken
	wait_for 150 both_settled
	agreed
	all_valid
	while read -r leaf; do
		grep -q " $leaf " "$dir/north.own"
	done <"$dir/taken"
	while read -r leaf; do
		grep -q " $leaf " "$dir/south.own"
	done <"$dir/theirs"
	same_figures
	same_rebuilt
}

@test "a node that is killed with its disk full starts when there is space" {
	fill
	run ask north --evidence "$dir/evidence"
	pid=$(cat "$dir/north.pid")
	kill -KILL "$pid"
	wait_for 20 eval "! alive $pid"
	rm "$dir/disk/filler"
	start_node north
	ask north --wait taken >/dev/null
	wait_for 150 both_settled
	agreed
	same_figures
	same_rebuilt
}
