#!/bin/sh
# Scripts and manual pages are clean under shellcheck and mandoc.
n=0
bad=0
clean() { # clean NAME COMMAND...: silent and successful
	name=$1
	shift
	n=$((n + 1))
	if out=$("$@" 2>&1) && [ -z "$out" ]; then
		echo "ok $n - $name"
	else
		printf '%s\n' "$out" | sed 's/^/# /'
		echo "not ok $n - $name"
		bad=1
	fi
}

# The two left out are wrong about functions that a trap or bats calls.
for f in check .ci/run tools/* tests/*/*.t tests/*/*.bats tests/*/*.sh \
    tests/*/*.bash tests/interop/run; do
	[ -f "$f" ] || continue
	case $f in *.bats) ;; *.bash) ;; *)
		head -n 1 "$f" | grep -qE '^#!.*\b(sh|bash)$' || continue ;;
	esac
	clean "shellcheck $f" shellcheck -x -e SC2317,SC2329 "$f"
done

for f in man/*.[1-9]; do
	[ ! -f "$f" ] || clean "mandoc $f" mandoc -T lint -W warning "$f"
done

echo "1..$n"
exit $bad
