#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# ostend-verify as it is run: what it links, what it answers to the published recordings, its exit status.
set -u
program=${top_builddir:-.}/ostend-verify
vectors=${srcdir:-.}/tests/vectors/media-signing
failed=0

fail()
{
	echo "FAILED: $*"
	failed=1
}

# status FILE [ARGUMENTS]: runs it in English, keeps the output
run()
{
	LC_ALL=C.UTF-8 "$program" "$@" >verify-out.$$ 2>&1
	echo $?
}

expect()
{
	wanted=$1
	words=$2
	shift 2
	found=$(run "$@")
	[ "$found" = "$wanted" ] || fail "$* ends with $found, not $wanted"
	grep -q -- "$words" verify-out.$$ || { fail "$* does not say \"$words\""; cat verify-out.$$; }
}

# libcrypto and libc, nothing else: an expert should not have to install a station
if ! ldd "$program" | grep -q 'libasan\|libtsan\|libubsan'; then
	more=$(ldd "$program" | grep -v 'linux-vdso\|ld-linux\|libcrypto\.so\|libc\.so\|libintl\|not a dynamic' || true)
	[ -z "$more" ] || fail "it links $more"
fi

root=$vectors/ca.pem
expect 0 'authentic: pictures 1 to 60' --root "$root" "$vectors/signed-gop.h264"
expect 0 'authentic: pictures 1 to 60' "$vectors/signed-partial-5.h264" --root "$root"
expect 0 'authentic: pictures 1 to 45' --root "$root" "$vectors/signed-gop-trimmed.h264"
expect 0 'authentic: pictures 1 to 60' --root "$root" "$vectors/fragmented.mp4"
expect 1 '00:01.3-00:02.0 changed: picture 21 ' --root "$root" "$vectors/signed-gop-tampered.h264"
expect 1 '00:01.4-00:02.0 missing: 1 picture' --root "$root" "$vectors/signed-gop-frame-dropped.h264"
expect 1 'NOT SIGNED' --root "$root" "$vectors/unsigned.h264"
expect 1 'without --root' "$vectors/signed-gop.h264"
expect 2 'neither an MP4 file' --root "$root" "$root"
expect 2 'cannot be opened' --root "$root" "$vectors/nothing.mp4"
expect 2 'cannot be opened' --root nothing.pem "$vectors/signed-gop.h264"
expect 2 'Usage:'
expect 2 'Usage:' --nonsense
expect 0 'Usage:' --help
expect 1 'manifest.json' "$vectors"		# a folder that is no package

LC_ALL=C.UTF-8 "$program" --json --root "$root" "$vectors/signed-gop-tampered.h264" >verify-out.$$
python3 -c '
import json, sys
report = json.load(open(sys.argv[1]))
assert report["good"] is False and report["wrong"] == 1
assert [f["check"] for f in report["findings"] if f["level"] == "wrong"] == ["media.changed"]
' verify-out.$$ || fail "the JSON is not what it should be"

rm -f verify-out.$$
exit $failed
