#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A showing over the real control socket: closed, opened again by two people, shown, held, gone on with, its
# exhibits put on the table or refused; what is made in it names both makers; and its end is sealed, later when
# the signer was away.

. "${srcdir:-.}/tests/e2e/terminal.sh"
patience=60
station=
signer=

clean_up() {
	[ -n "$signer" ] && kill -CONT "$signer" 2>/dev/null
	[ -n "$station" ] && kill "$station" 2>/dev/null && wait "$station" 2>/dev/null
	rm -rf "$work"
}
trap clean_up EXIT
export LC_ALL=C.UTF-8

ask() { $ostend --state "$state" "$@"; }
json() { ask "$@" --json >"$work/json" || fail "$*: $(cat "$work/json")"; cat "$work/json"; }
refused() {	# WORDS OF THE SENTENCE, then the command
	local words=$1
	shift
	ask "$@" >"$work/out" 2>"$work/err" && fail "$* is not refused"
	grep -q "$words" "$work/err" || fail "$*: $(cat "$work/err")"
}
is_state() { ask showing status --json | grep -q "\"state\":\"$1\""; }
start() {
	: >"$work/ready"
	"$build/ostendd" --demo --state "$state" --listen 127.0.0.1:0 --media 127.0.0.1:0 >"$work/ready" 2>>"$work/log" &
	station=$!
	until_true grep -q "^ready" "$work/ready" || fail "the station does not start: $(tail -5 "$work/log")"
}
find_signer() {
	signer=$(ps -o pid=,args= --ppid "$station" | awk '/signer/ { print $1; exit }')
	[ -n "$signer" ] || fail "no signer among the children of $station: $(ps -o pid=,args= --ppid "$station")"
}
recorded() { grep -qa "$1" "$state"/evidence/evidence.db*; }

start
codes=$(json showing status | grep -o '"code":"E-[^"]*"' | cut -d'"' -f4 | sort -u)
knife=$(ask exhibit list 水果刀 --json | grep -o '"code":"E-[^"]*"' | cut -d'"' -f4)
[ "$(wc -w <<<"$codes")" = 4 ] || fail "the demo's showing is not of four: $codes"

echo "what is on the list of an open showing does not go back, and no second showing is opened"
# shellcheck disable=SC2086
refused "still open" showing open $codes --purpose challenge --by 陈管 --second 杜管

echo "it is closed, with its fingerprint"
json showing close --by 陈管 | grep -q '"fingerprint":"[0-9A-Z]\{4\}' || fail "no fingerprint: $(cat "$work/json")"
refused "no showing is open" showing show --by 陈管

echo "the next is made by two people, or says why not"
# shellcheck disable=SC2086
refused "two people" showing open $codes --purpose identification --by 陈管
# shellcheck disable=SC2086
refused "second maker as well" showing open $codes --purpose identification --by 陈管 --second 陈管
# shellcheck disable=SC2086
json showing open $codes --purpose identification --by 陈管 --second 杜管 | grep -q '"state":"PREPARED"' || fail "open"

echo "from PREPARED on air, held, and on again"
refused "nothing to resume" showing resume --by 陈管
json showing show --by 陈管 | grep -q '"state":"ON_AIR"' || fail "show"
refused "has begun already" showing show --by 陈管
json showing hold recess --by 陈管 | grep -q '"pause":"recess"' || fail "hold"
is_state HOLD || fail "not on hold"
json showing resume --by 陈管 | grep -q '"state":"ON_AIR"' || fail "resume"
json showing hold 'a word that is in no list' --by 陈管 | grep -q '"pause":"operator"' || fail "an unknown word does not hold"
recorded '"said":"a word that is in no list"' || fail "what was said is not in the record"
json showing resume --by 陈管 | grep -q '"state":"ON_AIR"' || fail "resume"

echo "the table: with its handling cards acknowledged, and only what is listed"
refused "acknowledge" showing stage "$knife" --by 陈管
json showing stage "$knife" --acknowledge --by 陈管 | grep -q '"exhibit_name":"水果刀"' || fail "stage"
until_true eval 'ask table status --json | grep -q "\"sharp\""' || fail "the table does not know that it is sharp"
ask status | grep -q 水果刀 || fail "not on the screen"
ask exhibit add --case "$(ask status --json | grep -o '"case_no":"[^"]*"' | head -1 | cut -d'"' -f4)" --exhibit_no 99 --name 斧 \
	>"$work/out" 2>&1 || fail "add: $(cat "$work/out")"
other=$(ask exhibit list 斧 --json | grep -o '"code":"E-[^"]*"' | cut -d'"' -f4)
refused "not on the list" showing stage "$other" --by 陈管
refused "." showing stage E-0000-0000-0000 --by 陈管
recorded '"exhibit.scan-refused".*not on the list' || fail "the refusal is not in the record"
ask showing status --json | grep -q '"exhibit_name":"水果刀"' || fail "a refused code has changed the table"

echo "a still names both makers: the record, and whoever of the two takes it"
json still take --by 陈管 | grep -q '"second":"杜管"' || fail "no second maker: $(cat "$work/json")"
json still take --by 杜管 | grep -q '"second":"陈管"' || fail "no second maker: $(cat "$work/json")"
json still take --by 陈管 --second 张三 | grep -q '"second":"张三"' || fail "another second: $(cat "$work/json")"

echo "the signer is away at the end: closed without a fingerprint, which comes when it is back"
find_signer
kill -STOP "$signer"
json showing close --by 陈管 | grep -q '"fingerprint":""' || fail "a fingerprint without a signer: $(cat "$work/json")"
ask status --json | grep -q '"unsealed":1' || fail "status does not say that one waits"
kill -CONT "$signer"
signer=
sealed() { ask showing status --json | grep -q '"fingerprint":"[0-9A-Z]\{4\}'; }
until_true sealed || fail "no fingerprint after the signer is back"
until_true eval 'ask status --json | grep -q "\"unsealed\":0"' || fail "status says that one waits still"
recorded '"showing.sealed"' || fail "that it was late is not in the record"
exit 0
