#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The catalogue is whole: every sentence of the files in POTFILES has its Chinese, none is doubtful,
# formats agree, and no translation holds characters whose width terminals disagree on.
src=${srcdir:-.}
work=$(mktemp -d /tmp/ostend-po.XXXXXX) || exit 1
trap 'rm -rf "$work"' EXIT
for tool in xgettext msgmerge msgfmt msgattrib; do
	command -v $tool >/dev/null || { echo "$tool is missing"; exit 77; }
done
set -e
export LC_ALL=C.UTF-8	# the brackets below hold characters, not bytes
xgettext --from-code=UTF-8 --keyword=_ --keyword=N_ --keyword=t --no-wrap -D "$src" -f "$src/ui/po/POTFILES" -o "$work/ostend.pot"
msgmerge --quiet --no-wrap --no-fuzzy-matching -o "$work/zh_CN.po" "$src/ui/po/zh_CN.po" "$work/ostend.pot"
msgfmt -c -o /dev/null "$work/zh_CN.po"
for kind in untranslated only-fuzzy; do
	msgattrib --$kind --no-obsolete "$work/zh_CN.po" >"$work/$kind"
	if grep -q '^msgid "..*"' "$work/$kind"; then
		echo "$kind in ui/po/zh_CN.po:"; grep '^msgid' "$work/$kind"
		exit 1
	fi
done
if grep '^msgstr' "$work/zh_CN.po" | LC_ALL=C.UTF-8 grep -n '[“”‘’…—·°●■]'; then
	echo "characters of ambiguous width (UAX 11): use full-width ones"
	exit 1
fi
# a file that speaks to users and is not in the list would stay English
missing=$(cd "$src" && grep -lE '(^|[^A-Za-z_])N?_\("' ui/console/*.[ch] certs/*.[ch] station/*.[ch] station/*/*.[ch] \
	turntable/*.[ch] 2>/dev/null | grep -v 'base/i18n\.h' | grep -vxFf ui/po/POTFILES || true)
[ -z "$missing" ] || { echo "not in ui/po/POTFILES:"; echo "$missing"; exit 1; }
