# shellcheck shell=sh disable=SC2154 # run sets what is not set here
# The part of run that starts litewitness on a free port of loopback, with an
# ssh-agent that holds its key, and sends it our add-checkpoint requests.
# Both end with run, by their process IDs.

witness_name=witness.example/lite
origin=$(sed -n 's/^log \([^+]*\)+.*/\1/p' "$ours/keys")
log_vkey=$(sed -n 's/^log //p' "$ours/keys")

witness_key() { # an agent with one new key; sets fingerprint and vkey
	ssh-keygen -q -t ed25519 -N '' -C '' -f "$dir/key" || return 1
	"$agent" -D -a "$dir/agent" >"$dir/agent.log" 2>&1 &
	pids="$pids $!"
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ ! -S "$dir/agent" ] || break
		sleep 0.2
	done
	SSH_AUTH_SOCK=$dir/agent timeout 10 ssh-add -q "$dir/key" || return 1
	fingerprint=$(ssh-keygen -lf "$dir/key.pub" | cut -d ' ' -f 2)
	vkey=$("$export" vkey $witness_name \
	    "$(cut -d ' ' -f 2 "$dir/key.pub")") || return 1
	echo "$vkey"
}

witness_answers() { # until it answers or has ended
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		kill -0 "$1" 2>/dev/null || return 1
		curl -s --noproxy '*' --max-time 2 -o /dev/null \
		    "http://127.0.0.1:$port/" && kill -0 "$1" && return 0
		sleep 0.2
	done
	return 1
}

witness_start() { # on a port that nobody else has; sets port, up
	for _ in 1 2 3 4 5; do
		port=$((20000 + $(od -An -tu2 -N 2 /dev/urandom) % 20000))
		"$bin/litewitness" -db "$dir/witness.db" -key "$fingerprint" \
		    -listen "127.0.0.1:$port" -name $witness_name \
		    -ssh-agent "$dir/agent" >"$dir/witness.log" 2>&1 &
		pids="$pids $!"
		witness_answers $! && up=yes && return 0
	done
	tail -n 5 "$dir/witness.log"
	return 1
}

# ask OLD SIZE HOW: answers the status and leaves the body in $dir/answer
ask() {
	"$export" request "$ours" "$1" "$2" "$3" >"$dir/body" || return 1
	curl -sS --noproxy '*' --max-time 20 -o "$dir/answer" -D "$dir/head" \
	    -w '%{http_code}' --data-binary @"$dir/body" \
	    "http://127.0.0.1:$port/add-checkpoint"
}

# cosigns OLD SIZE: 200, and its lines verify; sets time
cosigns() {
	status=$(ask "$1" "$2" good)
	if [ "$status" != 200 ]; then
		echo "from $1 to $2: $status $(cat "$dir/answer")"
		return 1
	fi
	time=$("$export" cosigned "$ours" "$2" "$vkey" "$dir/answer")
}

# answers STATUS OLD SIZE HOW
answers() {
	status=$(ask "$2" "$3" "$4")
	echo "$status $(head -c 200 "$dir/answer" | tr '\n' ' ')"
	[ "$status" = "$1" ]
}

grows() { # by every step, and then by larger ones
	from=5
	for to in 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 \
	    27 28 29 30 31 32 33 34 35 63 64 65 127 128 129 200 255 256 257; do
		cosigns $from $to || return 1
		from=$to
	done
}

refreshes() {
	before=$time
	sleep 1
	cosigns 257 257 || return 1
	echo "$before, then $time"
	[ "$time" -gt "$before" ]
}

tells_its_size() {
	answers 409 5 300 good || return 1
	grep -qi '^content-type: text/x.tlog.size' "$dir/head" || return 1
	[ "$("$export" known "$dir/answer")" -eq 257 ]
}

logs() {
	"$bin/witnessctl" add-log -db "$dir/witness.db" -origin "$origin" &&
	    "$bin/witnessctl" add-key -db "$dir/witness.db" \
		-origin "$origin" -key "$log_vkey"
}

note "$(cat "$bin/../../version" 2>/dev/null || echo "$bin/litewitness")"
up=
works "an ssh-agent holds a key for the witness" witness_key
works "litewitness listens on loopback" witness_start
if [ -n "$up" ]; then
	works "it refuses a log that it does not know" answers 404 0 5 good
	works "it is told of our log and its key" logs
	works "it cosigns our first head, and the line verifies" cosigns 0 5
	works "it follows our log by our consistency proofs" grows
	works "it signs the same head again with a later time" refreshes
	works "it tells the size that it knows when ours is another" \
	    tells_its_size
	works "it refuses a proof with a bit flipped" answers 422 257 300 proof
	works "it refuses a head with a bit of our signature flipped" \
	    answers 403 257 300 note
	works "it refuses a fork of the same size" answers 422 257 257 fork
	works "it refuses a fork that is larger" answers 422 257 300 fork
	works "it cosigns the true head after that" cosigns 257 300
	if [ -x "$verify" ]; then
		works "golang.org/x/mod opens the head with both lines" \
		    "$verify" open "$ours/witnessed" "$log_vkey" "$vkey"
	else
		skip "golang.org/x/mod opens the head with both lines" \
		    "it could not be had, see above"
	fi
fi
