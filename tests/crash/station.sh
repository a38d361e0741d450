#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The station killed on air, on a disk that fails, and on a full one. KILLS sets how many; make crash: many.
tests=${srcdir:-.}/tests/crash
command -v python3 >/dev/null || { echo "python3 is missing"; exit 77; }
python3 -B "$tests/busy.py" --kills "${KILLS:-2}" ./ostendd ./ostend ./ostend-verify || exit
python3 -B "$tests/failing_station.py" ./ostendd ./ostend tests/crash/fail-io.so || exit
own=		# a name space of its own; below chroot there is none
unshare -m true 2>/dev/null && own="unshare -m"
[ "$own" ] || [ "$(id -u)" = 0 ] || { echo "no right to mount a small disk: the full disk was not tried"; exit 77; }
$own python3 -B "$tests/disk_full.py" ./ostendd ./ostend
