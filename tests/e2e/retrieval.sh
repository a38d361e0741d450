#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# An exhibit out of store and back, over the real control socket: asked for, refused, withdrawn, approved, taken out
# with photographs, shown, photographed again from the same side, compared, returned, signed by both; with the
# ledger going on while pictures are compared, and the whole chain on one page.

. "${srcdir:-.}/tests/e2e/terminal.sh"
patience=60
station=

clean_up() {
	[ -n "$station" ] && kill "$station" 2>/dev/null && wait "$station" 2>/dev/null
	rm -rf "$work"
}
trap clean_up EXIT
export LC_ALL=C.UTF-8

ask() { $ostend --state "$state" "$@"; }
json() { ask "$@" --json >"$work/json" 2>"$work/err" || fail "$*: $(cat "$work/err")"; }
field() { grep -o "\"$1\":[^,}]*" "$work/json" | head -1 | cut -d: -f2 | tr -d '"'; }
refused() {	# WORDS OF THE SENTENCE, then the command
	local words=$1
	shift
	ask "$@" >"$work/out" 2>"$work/err" && fail "$* is not refused"
	grep -q "$words" "$work/err" || fail "$*: $(cat "$work/err")"
}
says() { grep -q "$1" "$work/json" || fail "not $1: $(cat "$work/json")"; }
homed() { ask table status --json | grep -q '"reference":"homed"'; }

: >"$work/ready"
"$build/ostendd" --demo --state "$state" --listen 127.0.0.1:0 --media 127.0.0.1:0 >"$work/ready" 2>"$work/log" &
station=$!
until_true grep -q "^ready" "$work/ready" || fail "the station does not start: $(tail -5 "$work/log")"
until_true homed || fail "the table is not homed"
ask showing close --by 陈管 >/dev/null || fail "close"

echo "intake, and its place in the store"
ask case add --case_no 案7 --by 陈管 >/dev/null || fail "case"
json exhibit add --case 案7 --exhibit_no 1 --name 茶壶 --seal_no F-1 --holder 何某 --by 陈管
code=$(field code)
ask exhibit store "$code" --place B2-01 --by 陈管 >/dev/null || fail "store"

echo "asked for and refused; asked for and withdrawn; each with a reason"
json retrieval request "$code" --reason 庭审 --by 王检
id=$(field retrieval)
refused "another's" retrieval refuse "$id" --by 王检 --reason 不
refused "reason" retrieval refuse "$id" --by 李科
json retrieval refuse "$id" --by 李科 --reason 鉴定中; says '"state":"refused"'; says '"ended_reason":"鉴定中"'
json retrieval request "$code" --reason 庭审 --by 王检
id=$(field retrieval)
refused "nobody else" retrieval withdraw "$id" --by 李科 --reason 延期
json retrieval withdraw "$id" --by 王检 --reason 延期; says '"state":"withdrawn"'
ask retrieval list --open | grep -q 茶壶 && fail "what has come to nothing is still open"

echo "out: two people, condition, seal, photographs"
json retrieval request "$code" --reason 庭审 --by 王检
id=$(field retrieval)
refused "another person" retrieval approve "$id" --by 王检
ask retrieval approve "$id" --by 李科 >/dev/null || fail "approve"
ask table goto 30 >/dev/null || fail "goto"
json still take --full --retrieval "$id" --by 陈管 --second 杜管
before=$(field still)
refused "second" retrieval out "$id" "$before" --condition 完好 --seal F-1 --by 陈管
refused "photographs" retrieval out "$id" --condition 完好 --seal F-1 --by 陈管 --second 杜管
refused "seal" retrieval out "$id" "$before" --condition 完好 --by 陈管 --second 杜管
json retrieval out "$id" "$before" --condition 完好 --seal F-1 --received-by 王检 --by 陈管 --second 杜管
says '"state":"out"'

echo "shown"
ask showing open "$code" --purpose challenge --by 陈管 --second 杜管 >/dev/null || fail "open"
ask showing stage "$code" --acknowledge --by 陈管 >/dev/null || fail "stage"
ask showing show --by 陈管 >/dev/null || fail "show"
refused "close that first" retrieval back "$id" --condition 完好 --no-change --by 陈管 --second 杜管 --reason 试
ask showing close --by 陈管 >/dev/null || fail "close"

echo "compared from the same side only, with what it went out with"
ask table goto 75 >/dev/null || fail "goto"
json still take --full --retrieval "$id" --by 陈管 --second 杜管
beside=$(field still)
refused "degrees apart" retrieval compare "$id" "$before" "$beside"
ask table goto 30 >/dev/null || fail "goto"
json still take --full --retrieval "$id" --by 陈管 --second 杜管
after=$(field still)
refused "went out with" retrieval compare "$id" "$beside" "$after"

echo "the ledger goes on while pictures are compared"
python3 - "$state/control.sock" "$id" "$before" "$after" >"$work/times" <<'PYTHON' || fail "$(cat "$work/times")"
import json, socket, sys, time

class Client:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.socket.settimeout(130)
        self.file = self.socket.makefile("rb")

    def send(self, number, method, params):
        self.socket.sendall(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode() + b"\n")

    def answer(self):
        answer = json.loads(self.file.readline())
        if "error" in answer:
            sys.exit("refused: " + answer["error"]["message"])
        return answer["result"]

path, retrieval, before, after = sys.argv[1], *map(int, sys.argv[2:])
comparing, writing = Client(path), Client(path)

def write(number):
    at = time.monotonic()
    writing.send(number, "case.add", {"case_no": f"同时{number}", "title": "", "by": "陈管"})
    writing.answer()
    return time.monotonic() - at

def say(what, times):
    times = sorted(times)
    print(f"{what}: {len(times)} entries, median {times[len(times) // 2] * 1000:.1f} ms, 99 % within "
          f"{times[len(times) * 99 // 100] * 1000:.1f} ms, the slowest {times[-1] * 1000:.1f} ms")

say("before", [write(number) for number in range(10000, 10300)])
begun = time.monotonic()
comparing.send(1, "retrieval.compare", {"retrieval": retrieval, "before": before, "after": after, "by": "陈管"})
comparing.socket.setblocking(False)
times, done = [], None
while done is None:
    times.append(write(len(times)))
    try:
        done = comparing.socket.recv(1 << 17)
    except BlockingIOError:
        pass
    if time.monotonic() - begun > 130:
        sys.exit("the comparison does not end")
whole = time.monotonic() - begun
print(f"comparing took {whole * 1000:.0f} ms")
say("meanwhile", times)
if b'"result"' not in done or b'"comparison"' not in done:
    sys.exit(f"no comparison: {done[:300]}")
if len(times) < 3 or max(times) > whole / 2:
    sys.exit("the ledger was held up")
PYTHON
cat "$work/times"
json retrieval show "$id"; says '"comparable":true'
sheet=$(grep -o '"file":"media/retrieval-[^"]*' "$work/json" | cut -d'"' -f4)
[ -s "$state/evidence/$sheet" ] || fail "no sheet: $sheet"

echo "back, and signed by both"
refused "nothing has changed" retrieval back "$id" "$after" --condition 完好 --seal F-2 --by 陈管 --second 杜管
json retrieval back "$id" "$after" --condition 完好 --seal F-2 --returned-by 王检 --no-change --by 陈管 --second 杜管
says '"state":"back"'
ask retrieval sign "$id" --as holder --by 王检 >/dev/null || fail "sign"
refused "another person" retrieval sign "$id" --as custodian --by 王检
json retrieval sign "$id" --as custodian --by 陈管; says '"state":"signed"'

echo "custody changes without moving it; and all of it is on one page of A4"
ask exhibit handover "$code" --to 法院 --second 杜管 --reason 换押 --by 陈管 >/dev/null || fail "handover"
ask exhibit chain "$code" --out "$work/chain.pdf" || fail "chain"
ask exhibit chain "$code" --out "$work/chain.html" || fail "chain"
grep -q "@page" "$work/chain.html" || fail "no page size in the HTML"
if command -v pdfinfo >/dev/null; then
	pdfinfo "$work/chain.pdf" | grep -q "^Pages: *1$" || fail "$(pdfinfo "$work/chain.pdf" | grep Pages)"
fi
[ -z "$KEEP_CHAIN" ] || cp "$work/chain.pdf" "$work/chain.html" "$KEEP_CHAIN"
exit 0
