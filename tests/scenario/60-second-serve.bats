#!/usr/bin/env bats
# How a node starts, says that it is ready, stops; and what it refuses to
# start with.

# What lib.bash sets; a name set in one test is used in that test.
# shellcheck disable=SC2030,SC2031,SC2154

load lib.bash

setup_file() {
	load lib.bash
	open_dir
	make_home north XN
	start_node north
}

teardown_file() {
	load lib.bash
	close_dir
}

@test "a second node on one home is refused, and the first goes on" {
	run timeout 30 "$DEMARCHE" serve --home "$dir/north"
	[ "$status" -eq 1 ]
	[[ "$output" == *"another node runs on this home"* ]]
	[[ "$output" == *"process $(cat "$dir/north.pid")"* ]]
	north status >/dev/null
}

@test "a copy of the home's link is the same home" {
	ln -s north "$dir/link"
	run timeout 30 "$DEMARCHE" serve --home "$dir/link"
	[ "$status" -eq 1 ]
	[[ "$output" == *"another node runs on this home"* ]]
}

@test "a port that is taken is named, and the home is free again" {
	make_home south XS
	run timeout 30 "$DEMARCHE" serve --home "$dir/south" \
	    --listen "127.0.0.1:$(cat "$dir/north.port")"
	[ "$status" -eq 1 ]
	[[ "$output" == *"$(cat "$dir/north.port")"* ]]
	start_node south
	stop_node south
}

@test "a scripted clock is refused in a home that is no exercise" {
	"$DEMARCHE" init --home "$dir/real" --party cert.real.example \
	    --country XR --endpoint "https://127.0.0.1:$(free_port)" >/dev/null
	echo 2026-11-16T08:00:00Z >"$dir/script"
	run timeout 30 "$DEMARCHE" serve --home "$dir/real" \
	    --clock "$dir/script"
	[ "$status" -eq 1 ]
	[[ "$output" == *"scripted clock is only for a home made by"* ]]
	start_node real
	stop_node real
}

# gone PID...: none of them runs
gone() {
	local pid
	for pid in "$@"; do
		! alive "$pid" || return 1
	done
}

@test "SIGTERM ends it within 5 seconds, with 0, and leaves nothing" {
	make_home west XW
	"$DEMARCHE" serve --home "$dir/west" >"$dir/west.out" \
	    2>"$dir/west.log" 3>&- 4>&- &
	pid=$!
	echo $pid >"$dir/west.pid"
	echo $pid >>"$dir/started"
	await_ready west
	mapfile -t roles < <(pgrep -P $pid)
	[ ${#roles[@]} -eq 5 ]
	[ -S "$dir/west/node.socket" ]
	begun=$SECONDS
	kill -TERM $pid
	rc=0
	wait $pid || rc=$?
	[ $rc -eq 0 ]
	[ $((SECONDS - begun)) -le 5 ]
	wait_for 5 gone "${roles[@]}"
	[ ! -e "$dir/west/node.socket" ]
	cat "$dir/west.log"
	# The usual limit lets only root lock so much.
	run grep -v 'memory is not locked' "$dir/west.log"
	[ -z "$output" ]
	start_node west
	stop_node west
}

@test "SIGINT ends it as well" {
	start_node west
	pid=$(cat "$dir/west.pid")
	kill -INT "$pid"
	wait_for 10 gone "$pid"
}

@test "a supervisor that is killed takes its processes with it" {
	start_node west
	pid=$(cat "$dir/west.pid")
	mapfile -t roles < <(pgrep -P "$pid")
	[ ${#roles[@]} -eq 5 ]
	kill -KILL "$pid"
	wait_for 10 gone "$pid" "${roles[@]}"
	start_node west
	stop_node west
}

@test "killed and served again at once, ten times over" {
	launch west
	for _ in $(seq 10); do
		await_ready west
		kill -KILL "$(cat "$dir/west.pid")"
		launch west
	done
	await_ready west
	stop_node west
}

@test "the service manager is told: ready, then stopping" {
	perl -MSocket -e 1 2>/dev/null || skip "no perl with Socket"
	perl -MSocket -e '
		socket(my $s, PF_UNIX, SOCK_DGRAM, 0) or die;
		bind($s, pack_sockaddr_un($ARGV[0])) or die;
		alarm 60;
		$| = 1;
		while (defined recv($s, my $m, 4096, 0)) {
			print "$m\n";
			last if $m =~ /^STOPPING=1/m;
		}' "$dir/notify" >"$dir/told" 3>&- 4>&- &
	listener=$!
	echo $listener >>"$dir/started"
	wait_for 10 test -S "$dir/notify"
	NOTIFY_SOCKET=$dir/notify start_node west
	wait_for 10 grep -qx READY=1 "$dir/told"
	grep -q '^STATUS=ready' "$dir/told"
	stop_node west
	wait_for 10 grep -qx STOPPING=1 "$dir/told"
	wait_for 10 gone $listener
}
