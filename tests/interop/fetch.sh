#!/bin/sh
# Fetch a Debian package from a suite, which need not be the system's own, and
# unpack it into DIR/PACKAGE.  The mirror is the one that the system uses and
# apt checks the signatures by the system's rules, all in a directory of its
# own: nothing of the system changes and root is not needed.
# usage: tests/interop/fetch.sh DIR SUITE PACKAGE
#
# SUITE "same" is the system's.  On failure the last line tells why.
dir=$1 suite=$2 package=$3
if [ -z "$package" ]; then
	echo "usage: $0 DIR SUITE PACKAGE" >&2
	exit 2
fi
give_up() {
	echo "$package: $*"
	exit 1
}

command -v apt-get >/dev/null || give_up "no apt-get command"
command -v dpkg-deb >/dev/null || give_up "no dpkg-deb command"
codename=$(. /etc/os-release && [ "$ID" = debian ] && echo "$VERSION_CODENAME")
[ -n "$codename" ] || give_up "not a release of Debian"
[ "$suite" != same ] || suite=$codename

# Told even where no list has been fetched yet, as in a fresh container.
# shellcheck disable=SC2016 # apt-get's own variables
mirror=$(apt-get indextargets --no-release-info \
    --format '$(RELEASE) $(REPO_URI)' 2>/dev/null |
    sed -nE "s/^($codename|(old)*stable|testing|unstable) //p" | head -n 1)
[ -n "$mirror" ] || give_up "no mirror of $codename is configured"

mkdir -p "$dir" || give_up "no directory $dir"
dir=$(cd "$dir" && pwd)
work=$(mktemp -d "$dir/fetch-XXXXXX") || give_up "no directory below $dir"
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/deb"
keys=/usr/share/keyrings/debian-archive-keyring.gpg
[ -r "$keys" ] && option="[signed-by=$keys] " || option=
echo "deb $option$mirror $suite main" >"$work/sources.list"
cat >"$work/conf" <<CONF
Dir::Etc::SourceList "$work/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Dir::State::Lists "$work/lists";
Dir::State::Status "/dev/null";
Dir::Cache "$work/cache";
Acquire::Languages "none";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
Acquire::Retries "1";
APT::Sandbox::User "root";
#clear APT::Update;
CONF

# get ARGUMENTS...: apt-get with that configuration, for three minutes
get() {
	timeout 180 apt-get -q -c "$work/conf" "$@" >"$work/said" 2>&1
}

why() {
	grep '^[EW]:' "$work/said" | head -n 1 | cut -c 1-200
}

get update -o APT::Update::Error-Mode=any ||
    give_up "no list of $suite: $(why)"
(cd "$work/deb" && get download "$package") ||
    give_up "not fetched from $suite: $(why)"
deb=$(echo "$work"/deb/*.deb)
dpkg-deb -x "$deb" "$work/root" || give_up "cannot be unpacked"
dpkg-deb -W "$deb" >"$work/root/version" || give_up "has no version"
rm -rf "${dir:?}/$package"
mv "$work/root" "$dir/$package" || give_up "not put in $dir"
echo "$package: fetched from $suite"
