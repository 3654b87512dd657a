# For the tests of the commands: homes below a fresh directory, nodes on free
# ports, and every process that was started is ended.
#
# DEMARCHE is the program; one test may take BATS_TEST_TIMEOUT seconds.

BATS_TEST_TIMEOUT=${BATS_TEST_TIMEOUT:-120}
export BATS_TEST_TIMEOUT
root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
DEMARCHE=${DEMARCHE:-$root/build/debug/demarche}
export DEMARCHE
unset DEMARCHE_HOME

# fresh_dir: a directory of this file's tests, whose path is short enough
# for sockets; it is in $dir and is gone in the end
fresh_dir() {
	dir=$(mktemp -d "${TMPDIR:-/tmp}/demarche-cli-XXXXXX")
	: >"$dir/pids"
}

# remove_dir: end the nodes and remove it
remove_dir() {
	[ -n "$dir" ] || return 0
	while read -r pid; do
		stop_node "$pid"
	done <"$dir/pids"
	rm -rf "$dir"
}

# stop_node PID: end it, in peace if it can be had
stop_node() {
	kill -TERM "$1" 2>/dev/null || return 0
	for _ in $(seq 100); do
		kill -0 "$1" 2>/dev/null || return 0
		sleep 0.1
	done
	kill -KILL "$1" 2>/dev/null || :
}

# free_port: one on loopback that nobody listens on
free_port() {
	while :; do
		port=$((20000 + RANDOM % 40000))
		if ! (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
			echo "$port"
			return
		fi
	done
}

# make_home NAME CC [OPTION...]: the exercise home $dir/NAME
make_home() {
	name=$1
	country=$2
	shift 2
	"$DEMARCHE" init --home "$dir/$name" --party "cert.$name.example" \
	    --country "$country" --endpoint "https://127.0.0.1:$(free_port)" \
	    --exercise "$@" >/dev/null
	"$DEMARCHE" card --home "$dir/$name" >"$dir/$name.card"
}

# start_node NAME: serve $dir/NAME and wait until it is ready; its pid is in
# $node
start_node() {
	"$DEMARCHE" serve --home "$dir/$1" >"$dir/$1.out" 2>"$dir/$1.err" \
	    3>&- 4>&- &
	node=$!
	echo "$node" >>"$dir/pids"
	for _ in $(seq 200); do
		! grep -q 'ready' "$dir/$1.out" || return 0
		kill -0 "$node" 2>/dev/null || break
		sleep 0.05
	done
	cat "$dir/$1.out" "$dir/$1.err" >&2
	return 1
}

# member NAME: the text of that member in the JSON on standard input
member() {
	sed -n "s/^ *\"$1\": \"\\(.*\\)\",\\{0,1\\}\$/\\1/p" | head -n 1
}

# north, south ARGUMENTS: a command on that node
north() {
	"$DEMARCHE" "$@" --home "$dir/north"
}
south() {
	"$DEMARCHE" "$@" --home "$dir/south"
}

# fingerprint NAME: of the card $dir/NAME.card
fingerprint() {
	"$DEMARCHE" card --json "$dir/$1.card" | member fingerprint
}

# start_pair: two nodes that are each other's peers
start_pair() {
	make_home north XN
	make_home south XS
	start_node north
	start_node south
	north peer add "$dir/south.card" --fingerprint "$(fingerprint south)"
	south peer add "$dir/north.card" --fingerprint "$(fingerprint north)"
}

# commands: every command, one a line, from the program itself
commands() {
	"$DEMARCHE" --help | sed -n 's/^  \([a-z]*\( [a-z]\{3,\}\)\{0,1\}\)  .*/\1/p'
}

# prints_only FILE: there is nothing in it that steers a terminal
prints_only() {
	if LC_ALL=C grep -n $'[\001-\010\013-\037\177]' "$1" |
	    cat -v | grep .; then
		return 1
	fi
}
