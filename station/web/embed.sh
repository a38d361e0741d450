#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# embed.sh SRCDIR FILE...: write the files as C arrays with a table of them (page.h) to standard output.
# Names are relative to ui/page; a type of file that is not listed here is an error.
set -e
LC_ALL=C; export LC_ALL
srcdir=$1; shift

type_of() {
	case $1 in
	*.html) echo 'text/html; charset=utf-8' ;;
	*.js) echo 'text/javascript; charset=utf-8' ;;
	*.css) echo 'text/css; charset=utf-8' ;;
	*.json) echo 'application/json' ;;
	*.svg) echo 'image/svg+xml' ;;
	*.png) echo 'image/png' ;;
	*.ico) echo 'image/x-icon' ;;
	*.woff2) echo 'font/woff2' ;;
	*.webmanifest) echo 'application/manifest+json' ;;
	*) echo "embed.sh: $1: of what type is it?" >&2; exit 1 ;;
	esac
}

echo '/* Made by station/web/embed.sh; do not edit. */'
echo '#include "station/web/page.h"'
number=0
for file; do
	[ -f "$file" ] && path=$file || path=$srcdir/$file
	type=$(type_of "$file")
	size=$(wc -c <"$path" | tr -d ' ')
	echo "static const unsigned char bytes_$number[] = {"
	od -An -v -tx1 "$path" | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'
	echo '0 };'
	table="$table	{ \"${file#ui/page/}\", \"$type\", bytes_$number, $size },
"
	number=$((number + 1))
done
echo 'const struct page_file page_files[] = {'
printf '%s' "$table"
echo '	{ 0 }'
echo '};'
