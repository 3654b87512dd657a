#!/bin/sh
# The tree builds without a warning with both compilers, in every way.
n=0
bad=0
builds() { # builds NAME MAKE-ARGUMENTS...
	name=$1
	shift
	n=$((n + 1))
	if out=$(make -s -k -j"${JOBS:-2}" "$@" 2>&1); then
		echo "ok $n - builds: $name"
	else
		printf '%s\n' "$out" | sed 's/^/# /'
		echo "not ok $n - builds: $name"
		bad=1
	fi
}

builds "gcc, plain" V=debug all
builds "gcc, under ASan and UBSan" V=asan all
builds "gcc, release and hardened" V=release all
builds "clang, plain" V=debug CC=clang B=build/clang all
if [ -n "$(ls tests/fuzz/fuzz_*.c 2>/dev/null)" ]; then
	builds "clang, fuzzers" V=fuzz all
fi

# What a packager does, into a directory of its own.
n=$((n + 1))
name="installs into DESTDIR"
if [ ! -e src/cli/main.c ]; then
	echo "ok $n - $name # SKIP no src/cli/main.c"
else
	stage=build/stage
	rm -rf "$stage"
	if out=$(make -s V=release install PREFIX=/usr DESTDIR="$stage" 2>&1) &&
	    [ -x "$stage/usr/bin/demarche" ]; then
		echo "ok $n - $name"
	else
		printf '%s\n' "$out" | sed 's/^/# /'
		echo "not ok $n - $name"
		bad=1
	fi
fi

echo "1..$n"
exit $bad
