#!/usr/bin/env bats
# What every command has: --help, a man page with the same options, and an
# exit status of 2 for wrong usage.

# shellcheck disable=SC2154 # dir and root are the helper's
load helper.bash

@test "the program lists its commands" {
	run "$DEMARCHE" --help
	[ "$status" -eq 0 ]
	for name in init card serve request acknowledge verify rebuild; do
		[[ "$output" == *"  $name "* ]]
	done
	[ "$(commands | wc -l)" -ge 29 ]
}

@test "no command or an unknown one is wrong usage" {
	run "$DEMARCHE"
	[ "$status" -eq 2 ]
	run "$DEMARCHE" frobnicate
	[ "$status" -eq 2 ]
	run "$DEMARCHE" peer
	[ "$status" -eq 2 ]
	run "$DEMARCHE" peer frobnicate
	[ "$status" -eq 2 ]
	run "$DEMARCHE" --role frobnicate
	[ "$status" -eq 1 ]
}

@test "every command has --help" {
	commands | while read -r name; do
		# shellcheck disable=SC2086 # a name may be two words
		"$DEMARCHE" $name --help >"$BATS_TEST_TMPDIR/help"
		grep -q "^usage: demarche $name " "$BATS_TEST_TMPDIR/help"
		grep -q '^  --help ' "$BATS_TEST_TMPDIR/help"
	done
}

@test "every command refuses an unknown option" {
	commands | while read -r name; do
		rc=0
		# shellcheck disable=SC2086
		"$DEMARCHE" $name --frobnicate >"$BATS_TEST_TMPDIR/out" \
		    2>"$BATS_TEST_TMPDIR/err" || rc=$?
		[ "$rc" -eq 2 ]
		[ ! -s "$BATS_TEST_TMPDIR/out" ]
		grep -q 'there is no option --frobnicate' \
		    "$BATS_TEST_TMPDIR/err"
	done
}

# options_of NAME: what --help lists
options_of() {
	# shellcheck disable=SC2086
	"$DEMARCHE" $1 --help | sed -n 's/^  --\([a-z-]*\).*/\1/p' |
	    grep -vx help
}

@test "every man page has exactly the options of --help" {
	for first in $(commands | cut -d' ' -f1 | uniq); do
		page=$root/man/demarche-$first.1
		[ -f "$page" ]
		commands | grep -E "^$first( |\$)" | while read -r name; do
			options_of "$name"
		done | sort -u >"$BATS_TEST_TMPDIR/help"
		sed -n 's/^\.It Fl -\([a-z-]*\).*/\1/p' "$page" | sort -u \
		    >"$BATS_TEST_TMPDIR/man"
		diff "$BATS_TEST_TMPDIR/help" "$BATS_TEST_TMPDIR/man"
		sed -n 's/^\.\(Op \)*Fl -\([a-z-]*\).*/\2/p' "$page" |
		    sort -u >"$BATS_TEST_TMPDIR/synopsis"
		comm -23 "$BATS_TEST_TMPDIR/help" "$BATS_TEST_TMPDIR/synopsis" \
		    >"$BATS_TEST_TMPDIR/missing"
		[ ! -s "$BATS_TEST_TMPDIR/missing" ]
	done
}

@test "the man pages are well formed" {
	command -v mandoc >/dev/null || skip "no mandoc"
	for page in "$root"/man/*.[157]; do
		mandoc "$page" >/dev/null 2>&1
		mandoc -T lint "$page" 2>/dev/null |
		    grep -v 'referenced manual not found' \
		    >"$BATS_TEST_TMPDIR/lint" || :
		cat "$BATS_TEST_TMPDIR/lint"
		[ ! -s "$BATS_TEST_TMPDIR/lint" ]
	done
}

@test "the page of the program names every page" {
	for page in "$root"/man/demarche-*.[157]; do
		name=$(basename "$page")
		grep -q "Xr ${name%.*} ${name##*.}" "$root/man/demarche.1"
	done
}

@test "a missing option or operand is named" {
	run "$DEMARCHE" request --to cert.south.example
	[ "$status" -eq 2 ]
	[[ "$output" == *"--purpose WORD is missing"* ]]
	run "$DEMARCHE" acknowledge
	[ "$status" -eq 2 ]
	[[ "$output" == *"CASE is missing"* ]]
	run "$DEMARCHE" acknowledge abcd ef01
	[ "$status" -eq 2 ]
	run "$DEMARCHE" statement --from
	[ "$status" -eq 2 ]
	[[ "$output" == *"--from needs T"* ]]
}

@test "a wrong word is answered with the possible ones" {
	run "$DEMARCHE" request --topic everything
	[ "$status" -eq 2 ]
	[[ "$output" == *"--topic does not know \"everything\""* ]]
	[[ "$output" == *"ransomware-business"* ]]
	[[ "$output" == *"data-theft"* ]]
	run "$DEMARCHE" decide abcd --decision maybe
	[ "$status" -eq 2 ]
	[[ "$output" == *"approved, denied, pending"* ]]
}

@test "a value given twice, or none to a flag, is wrong usage" {
	run "$DEMARCHE" cases --peer a --peer b
	[ "$status" -eq 2 ]
	run "$DEMARCHE" request --action preserve --action preserve
	[ "$status" -eq 2 ]
	run "$DEMARCHE" cases --json=yes
	[ "$status" -eq 2 ]
	run "$DEMARCHE" cases --limit many
	[ "$status" -eq 2 ]
}

@test "times have a zone, and dates exist" {
	for t in 2026-11-22T10:00:00 2026-11-22T10:00:00+01:00 2026-02-30 \
	    yesterday 2026-1-1; do
		run "$DEMARCHE" statement --from "$t" --to 2027-01-01
		[ "$status" -eq 2 ]
	done
}

@test "more may be said only of evidence that was named" {
	run "$DEMARCHE" supplement abcd --evidence-by analyst
	[ "$status" -eq 2 ]
	[[ "$output" == *"comes after the --evidence"* ]]
}

@test "a bad argument does not reach the terminal as it is" {
	run "$DEMARCHE" cases --kind $'x\e[31my'
	[ "$status" -ne 0 ]
	[[ "$output" != *$'\e'* ]]
	run "$DEMARCHE" $'--x\e[31m'
	[[ "$output" != *$'\e'* ]]
}
