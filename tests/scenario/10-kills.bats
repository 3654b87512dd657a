#!/usr/bin/env bats
# Processes of two nodes are killed at any moment while letters go both ways.
# SEED repeats the choices, KILLS says how many (make soak: 5000).

# What lib.bash sets; a name set in one test is used in that test.
# shellcheck disable=SC2030,SC2031,SC2154

# Seconds, for a machine ten times slower than one that is slow; none of them
# is waited for where things go well.
export BATS_TEST_TIMEOUT=$((900 + ${KILLS:-200} * 9))
load lib.bash

setup_file() {
	load lib.bash
	open_dir
	export SEED=${SEED:-$((RANDOM * 32768 + RANDOM))}
	export KILLS=${KILLS:-200}
	set_clock 2026-11-16T08:00:00Z
	start_pair --from 2026-11-01 --until 2035-01-01
	echo "Addresses as told by phone." >"$dir/text"
	head -c 3000000 /dev/urandom >"$dir/evidence"
}

teardown_file() {
	load lib.bash
	touch "$dir/halt"
	close_dir
}

# write_letters NAME N: letters until told to halt; what the node has
# acknowledged stands in $dir/taken.NAME.N.  No two letters have one due time.
write_letters() {
	local i=0 leaf more due
	while [ ! -e "$dir/halt" ]; do
		i=$((i + 1))
		more=()
		case $((i % 8)) in
		0) more=(--evidence "$dir/evidence") ;;
		1 | 5) more=(--text "$dir/text") ;;
		esac
		due=$(date -u -d "@$((2000000000 + $2 * 10000000 + i))" \
		    +%Y-%m-%dT%H:%M:%SZ)
		if leaf=$(ask "$1" --due "$due" "${more[@]}" 2>/dev/null) &&
		    [ ${#leaf} -eq 64 ]; then
			echo "$leaf $due" >>"$dir/taken.$1.$2"
		else
			sleep 0.1
		fi
	done
}

# roles_of NAME: the process ids of its roles, keeper to desk
roles_of() {
	pgrep -P "$(cat "$dir/$1.pid")" 2>/dev/null | sort -n
}

# again NAME: serve the home again, and wait for it in half of the cases
again() {
	launch "$1"
	roles_killed[$1]=0
	[ $((RANDOM % 2)) -eq 0 ] || await_ready "$1" >/dev/null || :
}

# kill_one NAME: one of its roles, or the supervisor; every third death of a
# role is followed by the supervisor's, whose pauses would grow otherwise
kill_one() {
	local victims supervisor
	supervisor=$(cat "$dir/$1.pid")
	mapfile -t victims < <(roles_of "$1")
	if ! alive "$supervisor"; then
		again "$1"
		return
	fi
	if [ ${#victims[@]} -eq 0 ] || [ $((RANDOM % 6)) -eq 0 ] ||
	    [ "${roles_killed[$1]}" -ge 3 ]; then
		! kill -KILL "$supervisor" 2>/dev/null || count 1 supervisor
		again "$1"
	elif kill -KILL "${victims[RANDOM % ${#victims[@]}]}" 2>/dev/null; then
		roles_killed[$1]=$((roles_killed[$1] + 1))
		count 1 role
	fi
}

count() {
	killed=$((killed + $1))
	by[$2]=$((by[$2] + $1))
}

# acknowledged: how many letters so far
acknowledged() {
	cat "$dir"/taken.* 2>/dev/null | wc -l
}

# has_more N: so many letters are acknowledged
has_more() {
	local name
	for name in "${names[@]}"; do
		alive "$(cat "$dir/$name.pid")" || again "$name"
	done
	advance 7
	[ "$(acknowledged)" -ge "$1" ]
}

# breathe: after each 20 deaths the nodes are let be until three more letters
# are taken: however slow they are, it is load that they are killed under
breathe() {
	[ $killed -ge $((breathed + 20)) ] || return 0
	breathed=$killed
	wait_for 240 has_more $(($(acknowledged) + 3))
}

# both_wrote: letters of both nodes are acknowledged
both_wrote() {
	local name
	has_more 1
	for name in "${names[@]}"; do
		cat "$dir"/taken."$name".* >/dev/null 2>&1 || return 1
	done
}

@test "processes are killed at any moment while letters go both ways" {
	declare -A roles_killed=([north]=0 [south]=0)
	declare -A by=([role]=0 [supervisor]=0)
	names=(north south)
	writers=()
	killed=0
	breathed=0
	echo "# SEED=$SEED KILLS=$KILLS" >&3
	for w in "north 1" "north 2" "south 3" "south 4"; do
		# shellcheck disable=SC2086
		write_letters $w 3>&- 4>&- &
		writers+=($!)
		echo $! >>"$dir/started"
	done
	RANDOM=$((SEED % 32768))
	while [ $killed -lt "$KILLS" ]; do
		sleep "0.$((RANDOM % 6))$((RANDOM % 10))"
		name=${names[RANDOM % 2]}
		for _ in $(seq $((1 + RANDOM % 2))); do
			kill_one "$name"
			sleep "0.0$((RANDOM % 10))"
		done
		advance 7
		breathe
	done
	wait_for 240 both_wrote
	touch "$dir/halt"
	wait "${writers[@]}"
	echo "# $killed killed (${by[role]} roles, ${by[supervisor]}" \
	    "supervisors), $(acknowledged) letters acknowledged," \
	    "in $SECONDS s" >&3
	[ "$(acknowledged)" -ge $((KILLS / 10)) ]
	for name in north south; do
		[ "$(cat "$dir"/taken.$name.* | wc -l)" -gt 0 ]
	done
}

# heal: start what is down; a minute passes, for what waits to be tried again
heal() {
	local name
	sleep 1
	for name in north south; do
		alive "$(cat "$dir/$name.pid")" || launch "$name" || return 1
	done
	advance 61
	both_settled
}

@test "then both nodes agree, and no log is forked" {
	wait_for 600 heal
	agreed
	all_valid
	same_figures
}

@test "nothing that was acknowledged is missing" {
	for name in north south; do
		cut -d' ' -f2 "$dir/$name.own" | sort >"$dir/has"
		cat "$dir"/taken.$name.* | cut -d' ' -f1 | sort >"$dir/wanted"
		[ -z "$(comm -13 "$dir/has" "$dir/wanted")" ]
		[ -z "$(uniq -d "$dir/wanted")" ]
	done
}

@test "rebuild finds no difference" {
	same_rebuilt
}

@test "evidence that was acknowledged came over whole" {
	for name in north south; do
		other=north
		[ $name = south ] || other=south
		case=$(cut -d' ' -f1 <(cat "$dir"/taken.$name.*) | head -n 8 |
		    while read -r leaf; do
			"$DEMARCHE" show "$leaf" --json --home "$dir/$name" |
			    grep -q '"evidence"' || continue
			echo "$leaf"
			break
		    done)
		[ -n "$case" ] || continue
		"$DEMARCHE" show "$case" --save "$dir/saved.$name" \
		    --home "$dir/$other" >/dev/null
		cmp "$dir/evidence" "$dir/saved.$name/${case:0:8}-request-evidence"
	done
}

@test "nothing is there twice, and the keeper signed one root a size" {
	command -v sqlite3 >/dev/null || skip "no sqlite3"
	for name in north south; do
		stop_node $name
		db="$dir/$name/data/demarche.db"
		[ -z "$(sqlite3 "$db" "SELECT log, size FROM head
		    GROUP BY log, size HAVING count(DISTINCT root) > 1")" ]
		sqlite3 "$db" "SELECT json_extract(content, '\$.request.due')
		    FROM record WHERE kind = 'request'" >"$dir/due"
		[ -s "$dir/due" ]
		sort "$dir/due" | uniq -d | tee "$dir/twice"
		[ ! -s "$dir/twice" ]
		[ "$(sqlite3 "$db" "PRAGMA integrity_check")" = ok ]
	done
}
