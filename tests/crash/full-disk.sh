#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The record on a disk that is full: a small tmpfs of our own, filled to the last byte by something else. At least a
# thousand entries still go, out of the reserve; then it says that the disk is full; with room it goes on, keeps its
# reserve again, and nothing that was acknowledged is missing.
writer=$PWD/tests/crash/ledger-writer
if [ "$1" != inside ]; then
	unshare --mount --map-root-user true 2>/dev/null && exec unshare --mount --map-root-user "$0" inside
	unshare --mount true 2>/dev/null && exec unshare --mount "$0" inside
	[ "$(id -u)" = 0 ] && exec "$0" inside	# below chroot there are no name spaces of one's own
	echo "this kernel lets nobody mount a file system of his own"
	exit 77
fi
work=$(mktemp -d) || exit 1
trap 'umount "$work" 2>/dev/null; rmdir "$work"' EXIT
mount -t tmpfs -o size=24m,mode=700 tmpfs "$work" || { echo "no tmpfs can be mounted"; exit 77; }
"$writer" full "$work/state" "$work/filler" >"$work/../full-disk.$$" 2>&1
status=$?
cat "$work/../full-disk.$$"
rm -f "$work/../full-disk.$$"
exit $status
