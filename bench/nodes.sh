#!/usr/bin/env bash
# Two nodes for a benchmark, on loopback, with the real clock.
#
#   nodes.sh up DIR     make DIR/north and DIR/south, introduce them, print ready
#                       and wait; ends both and removes DIR when standard input
#                       ends
set -euo pipefail
demarche=${DEMARCHE:?the program}
dir=$2
pids=()

finish() {
	for pid in "${pids[@]}"; do
		kill -TERM "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	rm -rf "$dir"
}
trap finish EXIT

free_port() {
	local port
	while :; do
		port=$((20000 + RANDOM % 30000))
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
	done
	echo "$port"
}

mkdir -p "$dir"
for side in north south; do
	"$demarche" init --home "$dir/$side" --party "cert.$side.example" \
	    --country XN --endpoint "https://127.0.0.1:$(free_port)" \
	    --exercise >/dev/null
	"$demarche" card --home "$dir/$side" >"$dir/$side.card"
	"$demarche" serve --home "$dir/$side" >"$dir/$side.log" 2>&1 &
	pids+=($!)
	for _ in $(seq 100); do
		grep -q ready "$dir/$side.log" && break
		sleep 0.1
	done
done
fingerprint() {
	"$demarche" card --home "$dir/$1" --json |
	    sed -n 's/^ *"fingerprint": "\([0-9a-f]*\)",*$/\1/p'
}
"$demarche" peer add --home "$dir/north" "$dir/south.card" \
    --fingerprint "$(fingerprint south)" >/dev/null
"$demarche" peer add --home "$dir/south" "$dir/north.card" \
    --fingerprint "$(fingerprint north)" >/dev/null
echo "ready ${pids[*]}"
cat >/dev/null
