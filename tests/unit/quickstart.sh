#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# quickstart on a machine of stand-ins: what it installs, when, as whom, and what it says at the end.
set -u

source=$(cd "${srcdir:-.}" && pwd -P)
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 99
mkdir bin src build || exit 99
cp "$source/quickstart" src/quickstart || exit 99
chmod 755 src/quickstart
WORK=$work
export WORK
failed=0

stand_in() {	# stand_in NAME: its script comes on standard input; every call is written to `calls`
	{ printf '#!/bin/sh\necho "%s $*" >>"$WORK/calls"\n' "$1"; cat; } >"bin/$1"
	chmod 755 "bin/$1"
}

stand_in id <<'X'
cat "$WORK/user"
X
stand_in dpkg-query <<'X'
for package; do :; done
grep -qx "$package" "$WORK/installed" && printf installed
X
stand_in apt-get <<'X'
case $1 in
update) touch "$WORK/updated"; exit ;;
esac
[ -f "$WORK/updated" ] || exit 100	# no lists of packages yet
for word; do echo "$word"; done >>"$WORK/installed"
X
stand_in sudo <<'X'
[ "$1" = -n ] && { [ -f "$WORK/sudo-asks" ] && exit 1; shift; }
exec "$@"
X
stand_in autoreconf <<'X'
printf '#!/bin/sh\necho all: >Makefile\ncp "$WORK/bin/config.status" .\n' >configure
chmod 755 configure
X
stand_in config.status </dev/null
stand_in make <<'X'
case "$*" in
*TESTS=*) ;;
*check*) cp "$WORK/summary" "$2/test-suite.log"; exit "$(cat "$WORK/make-status")" ;;
esac
printf '#!/bin/sh\necho "started $*"\n' >"$2/ostend"
chmod 755 "$2/ostend"
X
for name in node npm chromium; do stand_in $name </dev/null; done

run() {
	: >calls
	PATH=$work/bin:/usr/bin:/bin src/quickstart "$@" --build "$work/build" >out 2>err </dev/null
	status=$?
}

claim() {	# claim SENTENCE COMMAND...
	sentence=$1
	shift
	if "$@"; then
		echo "ok - $sentence"
	else
		echo "not ok - $sentence: exit $status"
		sed 's/^/    /' out err calls
		failed=1
	fi
}

called() { grep -Eq -- "$1" calls; }
not_called() { ! called "$1"; }
said() { grep -q -- "$1" out err; }
ended() { [ "$status" -eq "$1" ]; }
happened() { [ "$(grep -Ec -- "$2" calls)" -eq "$1" ]; }

echo 0 >user
: >installed
run
claim "a new machine ends in the demonstration" said "started demo"
claim "root needs no sudo" not_called "^sudo"
claim "packages are installed, with new lists after a failure" happened 2 "^apt-get install .* libssl-dev"
claim "which are fetched once" happened 1 "^apt-get update"
claim "the tests' packages are not" not_called "tmux"
run
claim "again: nothing is installed" not_called "^apt-get"
claim "nor configured" not_called "^autoreconf"
claim "and the demonstration runs" said "started demo"

: >installed
rm -f updated
echo 1000 >user
run
claim "a user installs by sudo" called "^sudo env DEBIAN_FRONTEND=noninteractive apt-get install"
claim "also the lists" called "^sudo apt-get update"
: >installed
touch sudo-asks
run
claim "without a terminal for sudo's question it says what is missing" said "no terminal.*libssl-dev"
claim "and fails" ended 1
rm sudo-asks

echo 0 >user
printf '# TOTAL: 7\n# PASS:  3\n# SKIP:  2\n# XFAIL: 1\n# FAIL:  1\n# XPASS: 0\n# ERROR: 0\n\nFAIL: t\n' >summary
echo 2 >make-status
run check
claim "a failed test is counted" grep -qx "4 passed, 1 failed, 2 skipped" out
claim "and fails the run" ended 1
claim "node and npm from elsewhere are left alone" not_called "apt-get install .*(nodejs|npm|chromium)"
claim "the tests' packages are installed" called "apt-get install .*tmux"
claim "configure looks again, now that they are there" called "^config.status --recheck"
claim "the browser driver is made" called "^make .*tests/e2e/.driver"
printf '# PASS:  3\n# SKIP:  0\n# XFAIL: 0\n# FAIL:  0\n# XPASS: 0\n# ERROR: 0\n' >summary
echo 0 >make-status
run check
claim "all passed" grep -qx "3 passed, 0 failed, 0 skipped" out
claim "is success" ended 0
claim "nothing is configured again" not_called "^config.status"
printf '# PASS:  0\n# SKIP:  4\n# FAIL:  0\n' >summary
run check
claim "no test at all is no success" ended 1
run frobnicate
claim "an unknown word is a usage error" ended 2
exit $failed
