#!/usr/bin/env bats
# The commands against two nodes that run.

# A name set in one test is used in that test.
# shellcheck disable=SC2030,SC2031

load helper.bash

setup_file() {
	load helper.bash
	fresh_dir
	export dir
	start_pair
	printf 'Seen at 192.0.2.7:443 since 2026-11-20T10:00:00Z.\n' \
	    >"$dir/text"
	printf 'GET / \033[31mred\033[0m \302\233 end\n' >"$dir/access.log"
	head -c 9000000 /dev/urandom >"$dir/capture.pcap"
}

teardown_file() {
	load helper.bash
	remove_dir
}

# send_request [OPTION...]: a request of north's; its name is in $case
send_request() {
	case=$(north request --to cert.south.example --purpose mitigation \
	    --action block-host --action preserve --topic ransomware-business \
	    --urgency urgent --tlp AMBER --pap PAP:GREEN --subject "C2 server" \
	    --text "$dir/text" --json "$@" | member case)
	[ "${#case}" -eq 64 ]
}

@test "a request is delivered, acknowledged, decided and answered" {
	send_request --wait taken
	run south cases
	[ "$status" -eq 0 ]
	[[ "$output" == *"${case:0:8}"*"awaiting reaction"* ]]
	south acknowledge "${case:0:8}" --wait taken
	south decide "$case" --decision approved
	south result "$case" --outcome satisfied --final --action block-host \
	    --wait taken
	north appraise "$case" --appraisal confirmed --wait taken
	run north show "$case"
	[[ "$output" == *"satisfied, confirmed"* ]]
	[[ "$output" == *"subject: C2 server"* ]]
	[[ "$output" == *"192.0.2.7:443"* ]]
	run south show "$case"
	[[ "$output" == *"satisfied, confirmed"* ]]
}

@test "people see a short name, scripts the whole on a line" {
	run north report --to cert.south.example --topic ddos --subject s
	[ "$status" -eq 0 ]
	[[ "$output" =~ ^report\ [0-9a-f]{8}\ with\ cert.south.example: ]]
	run north report --to cert.south.example --topic ddos --subject s --json
	[[ "$output" =~ \"leaf\":\ \"[0-9a-f]{64}\" ]]
}

@test "evidence arrives as it was, under a safe name, and is not overwritten" {
	echo odd >"$dir/..  odd;name"
	send_request --evidence "$dir/access.log" --evidence-by analyst \
	    --evidence-at 2026-11-20 --evidence "$dir/capture.pcap" \
	    --evidence "$dir/..  odd;name" --wait taken
	for _ in $(seq 100); do
		south show "$case" --json >"$dir/shown"
		grep -q '"held": false' "$dir/shown" || break
		sleep 0.1
	done
	south show "$case" --save "$dir/saved" >"$dir/out"
	cmp "$dir/access.log" "$dir/saved/${case:0:8}-request-access.log"
	cmp "$dir/capture.pcap" "$dir/saved/${case:0:8}-request-capture.pcap"
	cmp "$dir/..  odd;name" "$dir/saved/${case:0:8}-request-..__odd_name"
	grep -q 192.0.2.7 "$dir/saved/${case:0:8}-request.txt"
	[ -z "$(find "$dir/saved" -name '.*.part')" ]
	run south show "$case" --save "$dir/saved"
	[ "$status" -eq 1 ]
}

@test "what a peer wrote cannot steer the terminal" {
	printf 'a\033[2Jb\302\233c\342\200\256d\r\n' >"$dir/evil"
	case=$(north query --to cert.south.example --subject $'x\e]0;y\a' \
	    --text "$dir/evil" --wait taken --json | member case)
	south show "$case" >"$dir/out"
	grep -q 'a\\u001b\[2Jb\\u009bc\\u202ed' "$dir/out"
	prints_only "$dir/out"
	south show "$case" --json >"$dir/out"
	prints_only "$dir/out"
}

@test "--preview signs nothing and shows it all" {
	north log >"$dir/before"
	run north request --to cert.south.example --purpose traceback \
	    --action investigate --topic ddos --urgency routine \
	    --subject "not yet" --preview
	[ "$status" -eq 0 ]
	[[ "$output" == *'"purpose":"traceback"'* ]]
	[[ "$output" == *'"subject": "not yet"'* ]]
	run north log
	[[ "$output" != *"not yet"* ]]
	run north cases --json
	[[ "$output" != *traceback* ]]
}

@test "a return, a supplement, a query, an answer, a denial, a withdrawal" {
	send_request --wait taken
	south return "$case" --reason insufficient-information --missing time \
	    --missing addresses --wait taken
	north supplement "$case" --subject more --text "$dir/text" --wait taken
	south query "$case" --subject "which port?" --wait taken
	north answer "$case" --subject "443" --wait taken
	south decide "$case" --decision denied --reason legal-bar --wait taken
	run north show "$case" --brief
	[[ "$output" == *"denied"* ]]
	send_request --wait taken
	north withdraw "$case" --wait taken
	run south show "$case" --brief
	[[ "$output" == *"withdrawn"* ]]
}

@test "a denial without a reason, or a step of the other's, is refused" {
	send_request --wait taken
	run south decide "$case" --decision denied
	[ "$status" -eq 1 ]
	[[ "$output" == *"a denial has a reason"* ]]
	run north acknowledge "$case"
	[ "$status" -eq 1 ]
	run south answer "$case" --subject nothing
	[ "$status" -eq 1 ]
	[[ "$output" == *"asked nothing"* ]]
}

@test "what is not there is said to be so" {
	run north show 00000000
	[ "$status" -eq 1 ]
	[[ "$output" == *"no such case"* ]]
	run north show zz
	[ "$status" -eq 1 ]
	run north request --to cert.west.example --purpose mitigation \
	    --action preserve --topic ddos --urgency routine --subject x
	[ "$status" -eq 1 ]
	run north request --to cert.south.example --purpose mitigation \
	    --action preserve --topic ddos --urgency routine --subject x \
	    --evidence "$dir/none"
	[ "$status" -eq 1 ]
	[[ "$output" == *"$dir/none"* ]]
}

@test "a draft that says nothing in words is refused" {
	run north request --to cert.south.example --purpose mitigation \
	    --action preserve --topic ddos --urgency routine
	[ "$status" -eq 1 ]
	[[ "$output" == *"--subject"* ]]
}

@test "both nodes print the same statement" {
	north statement --from 2020-01-01 --to 2050-01-01 --exercise \
	    --heads-out "$dir/heads" >"$dir/north.statement"
	south statement --from 2020-01-01T00:00:00Z --to 2050-01-01 \
	    --exercise --heads "$dir/heads" >"$dir/south.statement"
	[ -s "$dir/north.statement" ]
	cmp "$dir/north.statement" "$dir/south.statement"
	north statement --from 2020-01-01 --to 2050-01-01 --exercise --json \
	    --heads "$dir/heads" >"$dir/north.json"
	south statement --from 2020-01-01 --to 2050-01-01 --exercise --json \
	    --heads "$dir/heads" >"$dir/south.json"
	cmp "$dir/north.json" "$dir/south.json"
	run north statement --from 2020-01-01 --to 2050-01-01 --exercise \
	    --heads-out "$dir/heads"
	[ "$status" -eq 1 ]
}

@test "peers, log and status tell what there is" {
	run north peer list
	[[ "$output" == *"cert.south.example"* ]]
	run north peer show cert.south.example
	[ "$status" -eq 0 ]
	[[ "$output" == *"$(fingerprint south | cut -c 1-4) "* ]]
	run north peer show cert.west.example
	[ "$status" -eq 1 ]
	run north log --side theirs --limit 1
	[[ "$output" == *"cert.south.example/docket/cert.north.example/1"* ]]
	[[ "$output" == *"opening"* ]]
	run north log --side nobody
	[ "$status" -eq 1 ]
	run north status
	[[ "$output" == *"relation with cert.south.example: reachable"* ]]
	[[ "$output" == *"EXERCISE"* ]]
	run north cases --class no-such
	[ "$status" -eq 1 ]
}

@test "every --json is JSON" {
	command -v python3 >/dev/null || skip "no python3"
	for what in status "peer list" "peer show cert.south.example" cases \
	    log card rebuild; do
		# shellcheck disable=SC2086
		north $what --json | python3 -m json.tool >/dev/null
	done
}

@test "rebuild finds no difference" {
	run north rebuild
	[ "$status" -eq 0 ]
	run south rebuild
	[ "$status" -eq 0 ]
}

@test "a key is renewed and the next letter is good" {
	run north credential renew --use encryption
	[ "$status" -eq 0 ]
	run north credential renew --use seal
	[ "$status" -eq 0 ]
	send_request --wait taken
	run north credential compromise --use seal
	[ "$status" -eq 2 ]
}

@test "a second node on one home is refused" {
	run timeout 20 "$DEMARCHE" serve --home "$dir/north"
	[ "$status" -eq 1 ]
	[[ "$output" == *"another node runs on this home"* ]]
}

@test "a backup with keys runs again and loses nothing" {
	north backup "$dir/backup" --keys
	run north backup "$dir/backup"
	[ "$status" -eq 1 ]
	send_request --wait taken
	stop_node "$(head -n 1 "$dir/pids")"
	mv "$dir/north" "$dir/lost"
	"$DEMARCHE" restore "$dir/backup" --home "$dir/north"
	start_node north
	for _ in $(seq 100); do
		north show "$case" >"$dir/out" 2>&1 && break
		sleep 0.2
	done
	grep -q "request ${case:0:8}" "$dir/out"
	north rebuild
}

@test "a request that cannot be delivered waits, and is said to" {
	stop_node "$(sed -n 2p "$dir/pids")"
	run north request --to cert.south.example --purpose mitigation \
	    --action preserve --topic ddos --urgency routine --subject late \
	    --wait taken --timeout 2
	[ "$status" -eq 1 ]
	[[ "$output" == *"registered"* ]]
	[[ "$output" == *"not taken after 2 s"* ]]
	run north cases --class not-taken
	[[ "$output" == *"not delivered"* ]]
	start_node south
	for _ in $(seq 200); do
		[[ "$(north cases --class not-taken)" != "no cases" ]] || break
		sleep 0.2
	done
	run north cases --class not-taken
	[ "$output" = "no cases" ]
}

@test "a bundle is exported, and proven with both cards only" {
	send_request --wait taken
	run north bundle "$case" --claim taken --out "$dir/proof"
	[[ "$output" != *"no such"* ]] || skip "this node makes no bundles"
	[ "$status" -eq 0 ]
	run "$DEMARCHE" verify "$dir/proof"
	[ "$status" -eq 5 ]
	[[ "$output" == *"PROVEN IF"* ]]
	run "$DEMARCHE" verify "$dir/proof" --card "$dir/north.card" \
	    --fingerprint "$(fingerprint south)"
	[ "$status" -eq 0 ]
	[[ "$output" == *"PROVEN"* ]]
	north bundle "$case" --claim taken --out "$dir/proof.tar"
	run "$DEMARCHE" verify "$dir/proof.tar" --card "$dir/north.card" \
	    --card "$dir/south.card" --json
	[ "$status" -eq 0 ]
	run north bundle "$case" --claim taken --out "$dir/proof"
	[ "$status" -eq 1 ]
	run north bundle "$case" --claim everything --out "$dir/proof2"
	[ "$status" -eq 1 ]
	[ ! -e "$dir/proof2" ]
}
