#!/bin/sh
# Every fuzzer runs for FUZZ_S seconds (20) without finding anything.
if ! command -v clang >/dev/null || ! echo 'int LLVMFuzzerTestOneInput(void);
    int LLVMFuzzerTestOneInput(void) { return 0; }' |
    clang -x c -fsanitize=fuzzer,address -o /dev/null - 2>/dev/null; then
	echo "ok 1 - fuzzers # SKIP no clang with libFuzzer"
	echo "1..1"
	exit 0
fi
if ! out=$(make -s -k -j"${JOBS:-2}" V=fuzz all 2>&1); then
	printf '%s\n' "$out" | sed 's/^/# /'
	echo "not ok 1 - the fuzzers build"
	echo "1..1"
	exit 1
fi
exec tools/fuzz build/fuzz "${FUZZ_S:-20}"
