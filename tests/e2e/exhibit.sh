#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Exhibits with the real programs: a spreadsheet goes in, is found, labelled, and a label that the camera sees is
# the exhibit's, or is refused and recorded.

. "${srcdir:-.}/tests/e2e/terminal.sh"
patience=60
station=

clean_up() {
	[ -n "$station" ] && kill "$station" 2>/dev/null && wait "$station" 2>/dev/null
	rm -rf "$work"
}
trap clean_up EXIT

ask() { $ostend --state "$state" "$@"; }
refused() {	# WORDS OF THE SENTENCE, then the command
	local words=$1
	shift
	ask "$@" >"$work/out" 2>"$work/err" && fail "$* is not refused"
	grep -q "$words" "$work/err" || fail "$*: $(cat "$work/err")"
}

: >"$work/ready"
"$build/ostendd" --demo --state "$state" --listen 127.0.0.1:0 --media 127.0.0.1:0 >"$work/ready" 2>"$work/log" &
station=$!
until_true grep -q "^ready" "$work/ready" || fail "the station does not start: $(tail -5 "$work/log")"
export LC_ALL=C.UTF-8

echo "the label before the camera is the demo's exhibit, which is on the list"
ask exhibit scan --json >"$work/scan" || fail "no scan"
grep -q '"listed":true' "$work/scan" || fail "not listed: $(cat "$work/scan")"
grep -q '"exhibit_no":"E-0041-03"' "$work/scan" || fail "another exhibit: $(cat "$work/scan")"

echo "and is staged by it, without a code being typed"
ask showing stage --acknowledge --by 陈管 | grep -q "E-0041-03" || fail "not staged by its label"

echo "a faulty table enters nothing, and every fault is told"
printf '案号,物证编号,名称,保管要求\r\n新案1,1,刀,易碎\r\n新案1,2,,怪\r\n新案1,1,斧,\r\n' >"$work/bad.csv"
refused "3 faults" exhibit import "$work/bad.csv"
grep -q "line 3, column C" "$work/err" || fail "$(cat "$work/err")"
grep -q "line 3, column D" "$work/err" || fail "$(cat "$work/err")"
grep -q "line 4: .*line 2" "$work/err" || fail "$(cat "$work/err")"
refused "no case" case show 新案1

echo "a good one, in GB18030, is entered once"
{
	printf '案号,物证编号,名称,持有人,保管要求\r\n'
	for i in $(seq 500); do printf '新案%d,%d,水果刀%d,李四,易碎\r\n' $((i % 3)) "$i" "$i"; done
} | iconv -f UTF-8 -t GB18030 >"$work/good.csv"
ask exhibit import "$work/good.csv" --check | grep -q "500 exhibits would be entered" || fail "check"
refused "no case" case show 新案1
ask exhibit import "$work/good.csv" | grep -q "500 exhibits were entered" || fail "import"
ask exhibit import "$work/good.csv" | grep -q "0 exhibits were entered; 500 were there" || fail "import again"
[ "$(ask exhibit list 水果刀 | grep -c 新案)" = 500 ] || fail "not 500 are listed"
[ "$(ask exhibit list 刀499 | grep -c 新案)" = 1 ] || fail "刀499 is not found"
[ "$(ask exhibit list 刀 --limit 7 | grep -c "E-.*刀")" = 7 ] || fail "--limit"

echo "an entry is changed with a reason only"
code=$(ask exhibit list 刀499 --json | grep -o '"code":"E-[^"]*"' | cut -d'"' -f4)
ask exhibit change "$code" --holder 王五 2>/dev/null && fail "changed without a reason"
ask exhibit change "$code" --holder 王五 --reason 更正 | grep -q 王五 || fail "change"
refused "nothing is changed" exhibit change "$code" --holder 王五 --reason 更正
[ "$(ask exhibit list "王五 刀499" | grep -c "$code")" = 1 ] || fail "not found by its new holder"

echo "labels"
ask exhibit label "$code" --out "$work/label.png" >/dev/null || fail "png"
head -c 8 "$work/label.png" | grep -q PNG || fail "no PNG"
ask exhibit label --case 新案1 --sheet --out "$work/sheet.pdf" >/dev/null || fail "pdf"
head -c 5 "$work/sheet.pdf" | grep -q %PDF- || fail "no PDF"
refused ".pdf or .png" exhibit label "$code" --out "$work/label.gif"

echo "a label that is not on the list, and a code that is none, are refused and recorded"
sees() { ask exhibit scan --for-ms 2000 >/dev/null 2>"$work/err"; grep -q "$1" "$work/err"; }
printf 'OSTEND:%s' "$code" >"$state/demo-label"
until_true sees "not on the list" || fail "$(cat "$work/err")"
printf 'https://example.org/' >"$state/demo-label"
until_true sees "no label of a station" || fail "$(cat "$work/err")"
grep -qa '"exhibit.scan-refused".*example.org' "$state"/evidence/evidence.db* || fail "the refusal is not in the record"
exit 0
