#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# power.py itself: it finds what a careless writer loses, and nothing where a careful one is at work.
power=${srcdir:-.}/tests/crash/power.py
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
command -v strace >/dev/null && command -v python3 >/dev/null || { echo "strace or python3 is missing"; exit 77; }

# Twenty files under temporary names, each renamed and then acknowledged; $1 says what is left out.
cat >"$work/writer.py" <<'END'
import os, sys
folder, careless = sys.argv[1], sys.argv[2:]
for number in range(20):
    path = os.path.join(folder, str(number))
    file = os.open(path + ".new", os.O_WRONLY | os.O_CREAT, 0o600)
    for part in range(3):
        os.write(file, bytes([65 + number]) * 5000)
    if "file" not in careless:
        os.fsync(file)
    os.close(file)
    os.rename(path + ".new", path)
    if "folder" not in careless:
        at = os.open(folder, os.O_RDONLY)
        os.fsync(at)
        os.close(at)
    os.write(1, b"%d\n" % number)
END
cat >"$work/checker.py" <<'END'
import os, sys
for name in os.listdir(sys.argv[1]):
    if not name.endswith(".new") and open(os.path.join(sys.argv[1], name), "rb").read() != bytes([65 + int(name)]) * 15000:
        sys.exit(print("torn: " + name) or 1)
for name in open(sys.argv[2]).read().split():
    if not os.path.exists(os.path.join(sys.argv[1], name)):
        sys.exit(print("lost: " + name) or 1)
END

try() { # wanted exit status, word in the output, what is left out
	wanted=$1 word=$2
	shift 2
	python3 "$power" --states 40 -- python3 "$work/checker.py" {} {acks} -- python3 "$work/writer.py" {} "$@" >"$work/out" 2>&1
	status=$?
	[ $status = 77 ] && { cat "$work/out"; exit 77; }
	if [ $status != "$wanted" ] || ! grep -q "$word" "$work/out"; then
		echo "without [$*]: exit status $status, wanted $wanted with \"$word\""
		cat "$work/out"
		exit 1
	fi
}

try 0 " 0 bad"
try 1 "torn: " file
try 1 "lost: " folder
echo "power.py tells careful writers from careless ones"
