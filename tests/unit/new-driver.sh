#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# doc/guide/new-driver.md is true: its example, put where the guide says, builds and passes what the guide says.
src=$(cd "${srcdir:-.}" && pwd)
build=$(pwd)
work=$(mktemp -d /tmp/ostend-driver.XXXXXX) || exit 1
trap 'rm -rf "$work"' EXIT
set -e
grep -q 'TABLE_DRIVER(dial)' "$src/doc/guide/new-driver.md"
mkdir -p "$work/station/base" "$work/tests/unit" "$work/tests/fuzz"
cp -r "$src/turntable" "$work/"
cp "$src"/station/base/*.h "$work/station/base/"
cp "$src"/tests/unit/table_rig.? "$src/tests/unit/test_drivers.c" "$src/tests/unit/test_probe.c" "$work/tests/unit/"
cp "$src"/tests/fuzz/fuzz_drive.? "$src/tests/fuzz/replay.c" "$work/tests/fuzz/"
chmod -R u+w "$work"
cp "$src/doc/guide/dial/drv_dial.c" "$src/doc/guide/dial/sim_dial.c" "$work/turntable/"	# steps 1 and 3
cp "$src/doc/guide/dial/test_drv_dial.c" "$work/tests/unit/"				# step 4
cp "$src/doc/guide/dial/fuzz_dial.c" "$work/tests/fuzz/"				# step 5
echo 'TABLE_DRIVER(dial)' >>"$work/turntable/drivers.def"				# step 2
echo 'SIM_MODEL(dial)' >>"$work/turntable/sims.def"
cd "$work"
setting() { sed -n "s/^$1 = //p" "$build/Makefile"; }	# as this build was configured
cc=$(setting CC)
flags="$(setting OSTEND_CFLAGS) $(setting CFLAGS) -I$work -I$build -include config.h $(setting OSTEND_CPPFLAGS)
	-DOSTEND_LOCALE_DIR=\"/\" -DOSTEND_DATA_DIR=\"/\" $(pkg-config --cflags jansson libserialport)"
libs="$(setting OSTEND_LDFLAGS) $build/libbase.a $(pkg-config --libs jansson libserialport libseccomp cmocka) -lm"
for file in turntable/*.c; do
	case $file in turntable/ostend_table.c|turntable/tool_*) continue ;; esac
	echo "$file"
done | xargs -P 2 -n 6 $cc $flags -c
for test in test_drv_dial test_drivers test_probe; do
	rig=
	grep -q table_rig.h tests/unit/$test.c && rig=tests/unit/table_rig.c
	$cc $flags -Itests/unit -o $test tests/unit/$test.c $rig *.o $libs
	./$test
done
$cc $flags -Itests/fuzz -o fuzz_dial tests/fuzz/fuzz_dial.c tests/fuzz/fuzz_drive.c tests/fuzz/replay.c *.o $libs
mkdir corpus
printf 'abcdP+045.00 S\rP+045.00 S\rP+045.00 S\r~1P+046.00 M\r' >corpus/move
./fuzz_dial corpus
