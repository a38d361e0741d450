#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The whole way of an exhibit, from the case to the package that leaves the centre, with the programs as custody staff
# and a court's expert run them, in English and in Chinese; then the package is looked at with tools that are not ours,
# and falsified a byte at a time.

for tool in ffprobe exiftool pdftotext openssl unzip; do
	command -v $tool >/dev/null || { echo "$tool is missing"; exit 77; }
done
. "${srcdir:-.}/tests/e2e/terminal.sh"
patience=40
station=

clean_up() {
	[ -n "$station" ] && kill "$station" 2>/dev/null && wait "$station" 2>/dev/null
	rm -rf "$work"
}
trap clean_up EXIT

ask() { timeout 90 "$ostend" --state "$state" "$@"; }
must() { ask "$@" >"$work/out" 2>"$work/err" || fail "ostend $*: $(cat "$work/out" "$work/err")"; }
refused() {	# WORDS OF THE SENTENCE, then the command
	local words=$1
	shift
	ask "$@" >"$work/out" 2>"$work/err" && fail "ostend $* is not refused"
	grep -q -- "$words" "$work/err" || fail "ostend $*: $(cat "$work/err")"
}
# value EXPRESSION COMMAND...: of the answer, which Python knows as d
value() {
	local expression=$1
	shift
	ask --json "$@" | python3 -c "import json, sys; d = json.load(sys.stdin); print($expression)" ||
		fail "ostend $*: no $expression"
}
verify() { "$build/ostend-verify" --root "$state/certs/root.pem" "$@" >"$work/verify" 2>&1; }

# still ARGUMENTS...: its number
still() { value 'd["still"]' still take --by 陈管 --second 杜管 "$@"; }

# --- from the case to the closed showing: sets code, retrieval, showing, fingerprint -----------------------

enter() {	# CASE EXHIBIT_NO NAME
	must case add --case-no "$1" --title 故意伤害案 --cause 故意伤害 --by 陈管
	must exhibit add --case "$1" --exhibit-no "$2" --name "$3" --holder 张某 --seal-no F-1 --place A1-01 \
		--handling sharp --by 陈管 --second 杜管
	code=$(value 'd["exhibits"][0]["code"]' exhibit list --case "$1")
	must exhibit label "$code" --out "$work/label-$code.pdf"
	head -c 5 "$work/label-$code.pdf" | grep -q %PDF- || fail "the label is no PDF"
	must exhibit store "$code" --place A1-01 --by 陈管
	still --exhibit "$code" --reason intake >/dev/null
}

take_out() {
	refused "has no retrieval" showing open "$code" --purpose challenge --by 陈管 --second 杜管
	must retrieval request "$code" --reason 开庭示证 --by 王检 --hours 4
	retrieval=$(value 'd["retrievals"][0]["retrieval"]' retrieval list "$code" --open)
	refused "another person has to approve" retrieval approve "$retrieval" --by 王检
	must retrieval approve "$retrieval" --by 李科
	must table goto 0
	before=$(still --retrieval "$retrieval" --reason "condition out")
	must retrieval out "$retrieval" "$before" --condition 完好 --seal F-1 --received-by 王检 --by 陈管 --second 杜管
}

recorded() {	# into the second file: the first may be just being closed
	ask recording status --json >"$work/recording" && grep -q 'recording-002' "$work/recording" &&
		grep -q '"bytes":[1-9]' "$work/recording"
}

show_it() {	# with a spin of so many stills; 0: none
	showing=$(value 'd["showing"]' showing open "$code" --purpose challenge --by 陈管 --second 杜管)
	refused "read them, and acknowledge" showing stage "$code" --by 陈管
	refused "is not on the list of showing" showing stage "$stranger" --acknowledge --by 陈管
	must showing stage "$code" --acknowledge --by 陈管
	must showing show --by 陈管
	still --view overall --reason overall >/dev/null
	still --view marks --full --reason "its marks" >/dev/null
	[ "$1" = 0 ] || must spin take "$1" --settle-ms 50 --by 陈管 --reason "all round"
	must showing hold recess --by 陈管
	must showing resume --by 陈管
	until_true recorded || fail "nothing is recorded after the pause: $(cat "$work/recording")"
	fingerprint=$(value 'd["fingerprint"]' showing close --by 陈管)
}

bring_back() {
	must table goto 0
	after=$(still --retrieval "$retrieval" --reason "condition in")
	must retrieval compare "$retrieval" "$before" "$after" --by 陈管
	must retrieval back "$retrieval" "$after" --condition 完好 --seal F-2 --returned-by 王检 --no-change \
		--by 陈管 --second 杜管
	must retrieval sign "$retrieval" --as holder --by 王检
	must retrieval sign "$retrieval" --as custodian --by 陈管
	must exhibit chain "$code" --out "$work/chain-$code.pdf"
	pdftotext "$work/chain-$code.pdf" - | grep -q "$1" || fail "the chain's page does not name $1"
}

# --- the package, by other people's tools --------------------------------------------------------------

stock_tools() {	# PACKAGE, and so many stills of a spin
	(cd "$1" && openssl cms -verify -binary -inform DER -in manifest.p7s -content manifest.json \
		-CAfile certificates/root.pem -purpose any -out /dev/null 2>"$work/err") || fail "openssl: $(cat "$work/err")"
	(cd "$1" && sha256sum -c --strict --quiet SHA256SUMS) || fail "sha256sum"
	[ "$(find "$1" -type f | wc -l)" = $(($(wc -l <"$1/SHA256SUMS") + 3)) ] || fail "SHA256SUMS leaves files out"
	python3 "${srcdir:-.}/tests/second_opinion.py" "$1" >"$work/out" 2>&1 || fail "$(cat "$work/out")"
	for recording in "$1"/recordings/*.mp4; do
		[ "$(ffprobe -v error -read_intervals %+1 -count_frames -select_streams v \
			-show_entries stream=nb_read_frames -of csv=p=0 "$recording" 2>&1)" -gt 0 ] 2>/dev/null || fail "ffprobe: $recording"
	done
	[ "$(find "$1/recordings" -name '*.mp4' | wc -l)" = 2 ] || fail "a pause does not make two recordings"
	[ "$(find "$1/stills" -name '*.jpg' | wc -l)" = 2 ] || fail "not two stills"
	[ "$(find "$1" -path '*/spins/*.jpg' | wc -l)" = "$2" ] || fail "the spin is not whole"
	find "$1/delivery" -name '*.jpg' >"$work/copies"
	[ -s "$work/copies" ] || fail "no delivery copies"
	[ "$(exiftool -q -p '$DateTimeOriginal' -@ "$work/copies" | grep -c "^20[0-9][0-9]:")" = "$(wc -l <"$work/copies")" ] ||
		fail "delivery copies without EXIF: $(exiftool -p '$DateTimeOriginal' -@ "$work/copies" 2>&1)"
}

says_fingerprint() {	# PACKAGE
	grep -qF "$fingerprint" "$work/verify" || fail "ostend-verify does not say $fingerprint"
	for language in en zh_CN; do
		grep -qF "$fingerprint" "$1/minutes.$language.html" || fail "the minutes ($language) have another fingerprint"
		pdftotext "$1/minutes.$language.pdf" - | tr -d ' \n' | grep -qF "$fingerprint" ||
			fail "the printed minutes ($language) have another fingerprint"
	done
}

# as the log has it, in ASCII
escaped() { python3 -c 'import json, sys; print("".join(c if c < "\x7f" else "\\u%04X" % ord(c) for c in sys.argv[1]))' "$1"; }

# reveals PACKAGE WORD...: any of them anywhere in it, also in its PDF's text
reveals() {
	local package=$1 word
	shift
	for pdf in "$package"/minutes.*.pdf; do pdftotext "$pdf" "$work/$(basename "$pdf").txt"; done
	for word in "$@"; do
		grep -rqaF -e "$word" -e "$(escaped "$word")" "$package" "$work"/minutes.*.txt && { echo "$word"; return 0; }
	done
	return 1
}

# falsified PACKAGE FILE...: one bit of the middle byte of each, caught and named; then as it was
falsified() {
	local package=$1 file
	shift
	flip_middles "$package" "$@"
	verify "$package" && fail "changed bytes of $* are not caught"
	for file; do
		grep -v "^ok" "$work/verify" | grep -qF "$file" || fail "a changed byte of $file is not named: $(cat "$work/verify")"
	done
	flip_middles "$package" "$@"
}
flip_middles() {
	local package=$1 file
	shift
	for file; do
		[ -f "$package/$file" ] || fail "the package has no \"$file\" of $*: $(ls "$package"/*)"
		flip "$package/$file" $(($(stat -c %s "$package/$file") / 2))
	done
}
flip() {
	local byte
	byte=$(od -An -tu1 -j "$2" -N 1 "$1")
	printf "\\x$(printf %02x $((byte ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

: >"$work/ready"
"$build/ostendd" --demo --state "$state" --listen 127.0.0.1:0 --media 127.0.0.1:0 >"$work/ready" 2>"$work/log" &
station=$!
until_true grep -q "^ready" "$work/ready" || fail "the station does not start: $(tail -5 "$work/log")"
demo_case=$(value 'd["showings"][0]["case_no"]' showing list)
demo_code=$(value 'd["exhibits"][0]["code"]' exhibit list)
demo_no=$(value 'd["exhibits"][0]["exhibit_no"]' exhibit list)
demo_name=$(value 'd["exhibits"][0]["name"]' exhibit list)
must showing close --by 陈管

stranger=$demo_code

echo "the whole way, in English"
enter "(2026)浙0108刑初200号" E-2001 水果刀
english_code=$code
take_out; show_it 12; bring_back 水果刀
package=$work/english
must package "$showing" "$package" --by 陈管
grep -q "$fingerprint" "$work/out" || fail "another fingerprint: $(cat "$work/out")"
verify "$package" || fail "ostend-verify: $(grep -v '^ok' "$work/verify")"
grep -q "GOOD" "$work/verify" || fail "ostend-verify does not say that it is good"
stock_tools "$package" 12
says_fingerprint "$package"

echo "and in Chinese"
export LANG=zh_CN.UTF-8 LANGUAGE=zh_CN
enter "(2026)浙0108刑初300号" E-3001 紫砂壶
take_out; show_it 0; bring_back 紫砂壶
must package "$showing" "$work/chinese" --by 陈管
grep -q "示证包" "$work/out" || fail "not in Chinese: $(cat "$work/out")"
verify "$work/chinese" || fail "ostend-verify: $(cat "$work/verify")"
grep -q "核验通过" "$work/verify" || fail "ostend-verify does not say so in Chinese: $(cat "$work/verify")"
stock_tools "$work/chinese" 0
says_fingerprint "$work/chinese"

echo "the same as a ZIP, which is checked without being unpacked"
must package "$showing" "$work/chinese.zip" --by 陈管
verify "$work/chinese.zip" || fail "ostend-verify: $(cat "$work/verify")"
unzip -qq "$work/chinese.zip" -d "$work/unpacked" || fail "unzip"
stock_tools "$work/unpacked/chinese" 0
flip "$work/chinese.zip" $(($(stat -c %s "$work/chinese.zip") - 100))
verify "$work/chinese.zip" && fail "a changed byte of the ZIP's table is not caught"
grep -q ZIP "$work/verify" || fail "a changed byte of the ZIP's table is not named: $(cat "$work/verify")"

echo "a changed byte of each kind of file is caught and named"
for file in manifest.json manifest.p7s log/checkpoint log/entries.jsonl certificates/ca.pem certificates/media.pem; do
	falsified "$package" $file
done
first() { (cd "$package" && find . -path "./$1" | sort | head -1 | cut -c3-); }
falsified "$package" SHA256SUMS log/proofs.json log/consistency.json minutes.en.html minutes.zh_CN.pdf \
	recordings/recording-001.mp4 "$(first 'spins/*.jpg')" "$(first 'stills/*.jpg')" "$(first 'stills/*.json')" \
	"$(first 'retrieval/*.jpg')" "$(first 'intake/*.jpg')" "$(first 'delivery/*.jpg')" "$(first 'comparison/*.jp*g')"
verify "$package" || fail "not as it was: $(cat "$work/verify")"

# the label of a foreign exhibit, which says nothing by itself, was shown here: that is a fact of this case
echo "no number and no name of another case is in either"
english=(200号 E-2001 水果刀 "$english_code") chinese=(300号 E-3001 紫砂壶 "$code")
found=$(reveals "$package" "${chinese[@]}" "$demo_case" "$demo_no" "$demo_name") && fail "it reveals $found"
found=$(reveals "$work/chinese" "${english[@]}" "$demo_case" "$demo_no" "$demo_name") && fail "it reveals $found"
grep -q "$demo_code" "$package/log/entries.jsonl" || fail "that a foreign label was refused is not in the record"
for word in "${english[@]}"; do	# or it would have been searched for in vain
	reveals "$package" "$word" >"$work/out" || fail "$word is not found in the package of its own case"
done
exit 0
