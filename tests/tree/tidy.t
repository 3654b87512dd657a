#!/bin/sh
# clang-tidy and cppcheck have nothing to say.
bad=0
out=$(make -s -k -j"${JOBS:-2}" V=debug tidy 2>&1) || bad=1
skip=$(printf '%s\n' "$out" | sed -n 's/^SKIP:.*\(no .*\)$/ # SKIP \1/p' |
    head -n 1)
printf '%s\n' "$out" | grep -vE '^(SKIP|clang-tidy )' | sed 's/^/# /'
if [ $bad -eq 0 ]; then
	echo "ok 1 - clang-tidy and cppcheck are silent$skip"
else
	echo "not ok 1 - clang-tidy and cppcheck are silent"
fi
echo "1..1"
exit $bad
