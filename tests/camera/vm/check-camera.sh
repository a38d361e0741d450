#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# check-camera.sh FOLDER PROGRAM [ARGUMENT...]
#
# Runs PROGRAM, which tests the V4L2 driver, against kernel drivers in an emulated machine: vivid, with
# its faults and its unplugging. The kernel is Debian's, unpacked in FOLDER and not installed. Neither
# root nor /dev/kvm is needed. Exit status: PROGRAM's; 1 with a sentence when something is missing;
# 124 when it took more than OSTEND_VM_SECONDS (300).
set -u
here=$(cd "$(dirname "$0")" && pwd)
folder=$1
shift
program=$(readlink -f "$1") || { echo "check-camera: there is no $1" >&2; exit 1; }
shift
PATH=$PATH:/usr/sbin:/sbin

need() {	# PROGRAM PACKAGE
	command -v "$1" >/dev/null && return
	echo "check-camera: $1 is missing: install $2" >&2
	missing=1
}
missing=
need qemu-system-x86_64 qemu-system-x86
need busybox busybox-static
need cpio cpio
need modprobe kmod
need depmod kmod
need xz xz-utils
need dpkg-deb dpkg
[ -z "$missing" ] || exit 1
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)

# --- kernel: once --------------------------------------------------------------------------------
fetch_kernel() {
	local package
	package=$(apt-cache depends linux-image-amd64 2>/dev/null | awk '/Depends:/ { print $2; exit }')
	if [ -z "$package" ]; then
		echo 'check-camera: apt knows no linux-image-amd64 (apt-get update?)' >&2
		return 1
	fi
	ls "$folder/${package}"_*.deb >/dev/null 2>&1 ||
		(cd "$folder" && apt-get -q download "$package" >download.log 2>&1) || {
			echo "check-camera: $package cannot be downloaded:" >&2
			tail -3 "$folder/download.log" >&2
			return 1
		}
	dpkg-deb -x "$folder/${package}"_*.deb "$folder/kernel.part" && mv "$folder/kernel.part" "$folder/kernel"
}

# The uncompressed kernel starts three seconds sooner under emulation.
unpack_vmlinux() {	# BZIMAGE TO
	local magic tool offset
	for magic in '\xfd7zXZ\x00|xz -dc' '\x28\xb5\x2f\xfd|zstd -dc' '\x1f\x8b\x08|gzip -dc'; do
		tool=${magic#*|}
		for offset in $(LC_ALL=C grep -aboP "${magic%%|*}" "$1" | cut -d: -f1); do
			tail -c+$((offset + 1)) "$1" | $tool >"$2.part" 2>/dev/null
			if [ "$(head -c4 "$2.part" | tr -d '\177')" = ELF ]; then
				mv "$2.part" "$2"
				return
			fi
		done
	done
	rm -f "$2.part"
	cp "$1" "$2"	# qemu starts it compressed, too
}

make_initrd() {	# VERSION TO: only what reaches the host's tree
	local root module file name
	root=$(mktemp -d)
	mkdir -p "$root"/{bin,dev,proc,sys,modules}
	cp "$(command -v busybox)" "$root/bin/busybox"
	: >"$root/modules/order"
	for module in virtio_pci 9pnet_virtio 9p overlay; do
		modprobe -d "$folder/kernel" -S "$1" --show-depends "$module" 2>/dev/null |
			awk '$1 == "insmod" { print $2 }' | while read -r file; do
			name=$(basename "$file" .xz)
			grep -qx "$name" "$root/modules/order" && continue
			case $file in
			*.xz) xz -dc "$file" >"$root/modules/$name" ;;
			*) cp "$file" "$root/modules/$name" ;;
			esac
			echo "$name" >>"$root/modules/order"
		done
	done
	cp "$here/init" "$root/init"
	chmod 755 "$root/init"
	(cd "$root" && find . | cpio -o -H newc --quiet | gzip -1) >"$2"
	rm -rf "$root"
}

[ -d "$folder/kernel" ] || fetch_kernel || exit 1
version=$(basename "$folder"/kernel/lib/modules/*)
[ -s "$folder/kernel/lib/modules/$version/modules.dep.bin" ] || depmod -b "$folder/kernel" "$version"
[ -s "$folder/vmlinux" ] || unpack_vmlinux "$folder/kernel/boot/vmlinuz-$version" "$folder/vmlinux"
make_initrd "$version" "$folder/initrd"

# --- run -----------------------------------------------------------------------------------------
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
{
	echo 'exec >/out/output 2>&1'
	echo 'export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root'
	printf 'modprobe -d %q vivid n_devs=1 node_types=0x1 num_inputs=1 input_types=0\n' "$folder/kernel"
	echo 'for i in $(seq 100); do [ -e /dev/video0 ] && break; sleep 0.1; done'
	printf 'cd %q\n' "$PWD"
	# the emulated processor's vector instructions are slower than none
	echo 'export JSIMD_FORCENONE=1'
	printf '%q ' "$program" "$@"
	echo
	echo 'echo $? >/out/status; sync; busybox poweroff -f'
} >"$out/command"
timeout --foreground "${OSTEND_VM_SECONDS:-300}" qemu-system-x86_64 -nodefaults -no-user-config \
	-display none -machine q35,hpet=off -accel tcg,thread=multi,tb-size=256 -cpu max -smp 2 -m 1024 \
	-no-reboot -kernel "$folder/vmlinux" -initrd "$folder/initrd" \
	-append 'console=ttyS0 quiet panic=-1 tsc=reliable no_timer_check mitigations=off nokaslr' \
	-serial "file:$out/kernel.log" \
	-fsdev local,id=host,path=/,security_model=none,readonly=on,multidevs=remap \
	-device virtio-9p-pci,fsdev=host,mount_tag=host \
	-fsdev local,id=out,path="$out",security_model=none,multidevs=remap \
	-device virtio-9p-pci,fsdev=out,mount_tag=out </dev/null
ended=$?
cat "$out/output" 2>/dev/null
if [ -s "$out/status" ]; then
	exit "$(cat "$out/status")"
fi
echo 'check-camera: the emulated machine gave no result; its last words:' >&2
tail -15 "$out/kernel.log" >&2
[ $ended = 124 ] && exit 124
exit 1
