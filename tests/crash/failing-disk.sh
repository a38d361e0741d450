#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The ledger on a disk that fails: every call to sync or write is the one that fails, in turn. Whatever the writer
# has acknowledged before must be there, it must end with a sentence, and nothing may be acknowledged afterwards
# that is not there either. SWEEP_STEP: every so many only.
writer=$PWD/tests/crash/ledger-writer
shim=$PWD/tests/crash/fail-io.so
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
bad=0 tried=0 refused=0

# run CALL AT STAYS ERROR: its exit status; what it has said is in $work/acks
run() {
	rm -rf "$work/folder"
	mkdir "$work/folder"
	LD_PRELOAD=$shim FAIL_IO_CALL=$1 FAIL_IO_AT=$2 FAIL_IO_STAYS=$3 FAIL_IO_ERROR=$4 FAIL_IO_FOLDER=$work/folder \
		FAIL_IO_COUNT=$work/count "$writer" write "$work/folder" 40 >"$work/said" 2>&1
	status=$?
	grep -E '^[0-9]+ [0-9a-f]{64}$' "$work/said" >"$work/acks"
	return $status
}

check() { # what was tried
	tried=$((tried + 1))
	if ! "$writer" check "$work/folder" "$work/acks" >"$work/found"; then
		echo "$*: $(cat "$work/found")"
		bad=$((bad + 1))
	fi
}

sweep() { # call stays error
	run "$1" 0 0 "$3" || {
		grep -q "runtime does not come first" "$work/said" && { echo "a sanitizer wants to be loaded first"; exit 77; }
		echo "the writer does not work at all: $(cat "$work/said")"
		exit 1
	}
	last=$(cat "$work/count")
	[ "$last" -gt 10 ] || { echo "only $last calls of $1: is the shim there?"; exit 1; }
	at=1
	while [ "$at" -le "$last" ]; do
		if run "$1" "$at" "$2" "$3"; then
			# also when it fails only at the end, where the log is moved into the file: the log has it all
			[ "$(wc -l <"$work/acks")" -ge 40 ] ||
				{ echo "$1 $at failed, and the writer says that all is well"; bad=$((bad + 1)); }
		else
			refused=$((refused + 1))
			tail -n 1 "$work/said" | grep -q '[a-z]' || { echo "$1 $at: no sentence"; bad=$((bad + 1)); }
		fi
		check "$1 $at of $last, $3, stays=$2"
		at=$((at + ${SWEEP_STEP:-9}))
	done
}

sweep sync 0 EIO
sweep sync 1 EIO
sweep write 0 EIO
sweep write 1 EIO
sweep write 1 ENOSPC
echo "$tried failures, $refused said so, $bad bad"
[ "$bad" = 0 ] && [ "$refused" -gt 0 ]
