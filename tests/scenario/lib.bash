# For the scenarios: two nodes that run on loopback in a fresh directory, and
# what has to hold between them in the end.
#
# DEMARCHE is the program.  Waiting is by looking, with bounds that a slow
# machine keeps; nothing is concluded from a pause.  A test that fails shows
# what the nodes said.

BATS_TEST_TIMEOUT=${BATS_TEST_TIMEOUT:-300}
export BATS_TEST_TIMEOUT
root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
DEMARCHE=${DEMARCHE:-$root/build/debug/demarche}
export DEMARCHE
unset DEMARCHE_HOME

# open_dir: a directory of this file's, in $dir; short enough for sockets
open_dir() {
	dir=$(mktemp -d "${TMPDIR:-/tmp}/demarche-scn-XXXXXX")
	export dir
	: >"$dir/started"
}

# close_dir: end every process that was started, and remove it
close_dir() {
	[ -n "${dir:-}" ] || return 0
	while read -r pid; do
		stop_pid "$pid"
	done <"$dir/started"
	rm -rf "$dir"
}

# told: what the nodes said, where a test failed
told() {
	for log in "$dir"/*.log; do
		echo "--- ${log##*/}"
		tail -n 40 "$log"
	done
	for log in north south; do
		[ -e "$dir/$log" ] || continue
		echo "--- status of $log"
		"$DEMARCHE" status --json --home "$dir/$log" 2>&1 |
		    grep -v sandbox || :
	done
}

teardown() {
	[ -n "${BATS_TEST_COMPLETED:-}" ] || [ -n "${BATS_TEST_SKIPPED:-}" ] ||
	    told
}

# alive PID: it runs, and is not a body that nobody has buried
alive() {
	local state
	[ -r "/proc/$1/stat" ] || return 1
	state=$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -c 1)
	[ -n "$state" ] && [ "$state" != Z ]
}

# stop_pid PID: in peace if it can be had, within a bound
stop_pid() {
	kill -TERM "$1" 2>/dev/null || return 0
	for _ in $(seq 300); do
		alive "$1" || return 0
		sleep 0.1
	done
	kill -KILL "$1" 2>/dev/null || :
}

# wait_for SECONDS COMMAND...: until it holds
wait_for() {
	local end=$((SECONDS + $1))
	shift
	while ! "$@" >/dev/null 2>&1; do
		if [ $SECONDS -ge $end ]; then
			echo "waited in vain for: $*"
			return 1
		fi
		sleep 0.2
	done
}

# free_port: one on loopback that nobody listens on; below those that the
# kernel gives to clients, so that none of them takes it meanwhile
free_port() {
	local port
	while :; do
		port=$((10000 + RANDOM % 20000))
		if ! (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
			echo "$port"
			return
		fi
	done
}

# make_home NAME CC [OPTION...]: an exercise home whose port is in the file
# $dir/NAME.port
make_home() {
	local name=$1 country=$2
	shift 2
	free_port >"$dir/$name.port"
	"$DEMARCHE" init --home "$dir/$name" --party "cert.$name.example" \
	    --country "$country" \
	    --endpoint "https://127.0.0.1:$(cat "$dir/$name.port")" \
	    --exercise "$@" >/dev/null
	"$DEMARCHE" card --home "$dir/$name" >"$dir/$name.card"
}

# set_clock T: what the script says, in one write of the same length
set_clock() {
	printf '%s\n' "$1" 1<>"$dir/clock"
}

# advance SECONDS: the scripted clock
advance() {
	set_clock "$(date -u -d "@$(($(date -d "$(cat "$dir/clock")" +%s) + $1))" \
	    +%Y-%m-%dT%H:%M:%SZ)"
}

# launch NAME [CLOCK [OPTION...]]: serve $dir/NAME; its process is in $node
# and in the file $dir/NAME.pid.  By the scripted clock CLOCK, else $dir/clock
# where there is one.
launch() {
	local name=$1 clock=${2:-$dir/clock}
	shift
	[ $# -eq 0 ] || shift
	[ ! -e "$clock" ] || set -- --clock "$clock" "$@"
	"$DEMARCHE" serve --home "$dir/$name" "$@" >"$dir/$name.out" \
	    2>>"$dir/$name.log" 3>&- 4>&- </dev/null &
	node=$!
	disown "$node"
	echo "$node" >>"$dir/started"
	echo "$node" >"$dir/$name.pid"
}

# await_ready NAME: the node that was launched says so
await_ready() {
	for _ in $(seq 1200); do
		! grep -q ready "$dir/$1.out" || return 0
		alive "$(cat "$dir/$1.pid")" || break
		sleep 0.05
	done
	echo "$1 is not ready"
	cat "$dir/$1.out"
	return 1
}

start_node() {
	launch "$@"
	await_ready "$1"
}

stop_node() {
	stop_pid "$(cat "$dir/$1.pid")"
}

# north, south ARGUMENTS: a command on that node
north() {
	"$DEMARCHE" "$@" --home "$dir/north"
}
south() {
	"$DEMARCHE" "$@" --home "$dir/south"
}

# member NAME: the first text or number of that name in the JSON read
member() {
	sed -n "s/^ *\"$1\": \"\\{0,1\\}\\([^\"]*[^\",]\\)\"\\{0,1\\},\\{0,1\\}\$/\\1/p" |
	    head -n 1
}

fingerprint() {
	"$DEMARCHE" card --json "$dir/$1.card" | member fingerprint
}

# join: the two know each other
join() {
	north peer add "$dir/south.card" --fingerprint "$(fingerprint south)" \
	    >/dev/null
	south peer add "$dir/north.card" --fingerprint "$(fingerprint north)" \
	    >/dev/null
}

# start_pair [OPTION...]: two nodes that are each other's peers; options of
# init for both
start_pair() {
	make_home north XN "$@"
	make_home south XS "$@"
	start_node north
	start_node south
	join
}

# ask NAME [OPTION...]: a request by that node; prints its whole name
ask() {
	local home=$1 to=cert.south.example
	shift
	[ "$home" = north ] || to=cert.north.example
	"$DEMARCHE" request --to $to --purpose mitigation --action preserve \
	    --topic ddos --urgency routine --subject "Please keep" --json \
	    --home "$dir/$home" "$@" | member case
}

# settled NAME: all it has is signed and delivered
settled() {
	local status
	status=$("$DEMARCHE" status --json --home "$dir/$1") || return 1
	[ "$(member entries <<<"$status")" = "$(member delivered <<<"$status")" ] &&
	    [ "$(member held <<<"$status")" = "$(member held-signed <<<"$status")" ] &&
	    [ "$(member documents-undelivered <<<"$status")" = 0 ]
}

# both_settled: nothing is under way; receipts may still follow each other,
# so it has to hold twice
both_settled() {
	settled north && settled south && settled north && settled south
}

# entries NAME SIDE: a whole log as lines "index leaf verdict"
entries() {
	local from=0 page n
	while :; do
		page=$("$DEMARCHE" log --home "$dir/$1" --side "$2" \
		    --from $from --limit 500 --json) || return 1
		n=$(grep -c '^ *"index":' <<<"$page" || :)
		[ "$n" -gt 0 ] || return 0
		awk -F'"' '
			/"index":/ { gsub(/[^0-9]/, "", $3); index_ = $3 }
			/"leaf":/ { leaf = $4 }
			/"verdict":/ { verdict = $4 }
			/^ *}/ && leaf != "" {
				print index_, leaf, verdict; leaf = ""
			}' <<<"$page"
		from=$((from + n))
	done
}

# agreed: each log is the same on both sides, and nothing is in one twice; the
# lists are $dir/NAME.own and $dir/NAME.theirs
agreed() {
	local name
	for name in north south; do
		entries $name own >"$dir/$name.own" || return 1
		entries $name theirs >"$dir/$name.theirs" || return 1
		[ -s "$dir/$name.own" ] || return 1
		[ -z "$(cut -d' ' -f2 "$dir/$name.own" | sort | uniq -d)" ] ||
		    return 1
		"$DEMARCHE" status --json --home "$dir/$name" \
		    >"$dir/$name.status" || return 1
		grep -q '"forked": false' "$dir/$name.status" || return 1
		if grep '"forked": true' "$dir/$name.status"; then
			return 1
		fi
	done
	diff "$dir/north.own" "$dir/south.theirs" &&
	    diff "$dir/south.own" "$dir/north.theirs"
}

# all_valid: no entry was set aside
all_valid() {
	if grep -hv ' valid$' "$dir"/*.own; then
		return 1
	fi
}

# same_figures: one statement on both nodes, byte for byte, from one pair of
# heads
same_figures() {
	local period=(--from 2020-01-01 --to 2055-01-01 --exercise)
	rm -f "$dir/heads"
	north statement "${period[@]}" --heads-out "$dir/heads" --json \
	    >"$dir/north.figures"
	south statement "${period[@]}" --heads "$dir/heads" --json \
	    >"$dir/south.figures"
	[ -s "$dir/north.figures" ]
	cmp "$dir/north.figures" "$dir/south.figures"
}

# same_rebuilt: the tables of both follow from the logs
same_rebuilt() {
	north rebuild
	south rebuild
}
