#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The console in a real terminal (tmux) against a fake station that speaks the real protocol: what it
# draws, what its keys send, in every kind of terminal, and what hostile names cannot do.
# Screens are kept in tests/e2e/screens/ of the build folder.

. "${srcdir:-.}/tests/e2e/terminal.sh"
station=

clean_up() {
	mux kill-server 2>/dev/null
	[ -n "$station" ] && kill -CONT $station 2>/dev/null
	[ -n "$station" ] && kill $station 2>/dev/null
	rm -rf "$work"
}
trap clean_up EXIT

sent() { until_true grep -qF -- "$1" "$state/requests.log" || fail "not sent: $1"; }
count_sent() { grep -cF -- "$1" "$state/requests.log"; }

start_station() {
	: >"$state/requests.log"
	: >"$work/ready"
	"$build/tests/e2e/fake-station" "$state" "$@" >"$work/ready" &
	station=$!
	until_true grep -q ready "$work/ready" || fail "the fake station did not start"
}

stop_station() {
	kill $station
	wait $station 2>/dev/null
	station=
}

# console COLUMNS ROWS "VARIABLES" OPTIONS...
console() {
	local columns=$1 rows=$2 variables=$3
	shift 3
	terminal "$columns" "$rows" "env $variables $ostend --state $state $*"
}

leave() {
	keys q
	gave_back
}

open_panes() {	# the way to join is shown first
	shows "127.0.0.1:8443"
	keys x
	hides "Any key"
}

# every line of the middle ends with a frame in the last column, wide characters counted as two
edges_are_right() {
	local width=$1 line number=0
	screen >"$work/lines"
	while IFS= read -r line; do
		number=$((number + 1))
		[ $number -ge 3 ] && [ $number -le $(($2 - 2)) ] || continue
		[ "$(printf '%s\n' "$line" | wc -L)" = "$width" ] || return 1
		case $line in
		*[│┃╮┓╯┛]) ;;
		*) return 1 ;;
		esac
	done <"$work/lines"
}
right_edges() { until_true edges_are_right "$1" "$2" || fail "a line is not $1 wide, or has no frame at its end"; }

echo "draws, and keys send their methods"
start_station
console 120 36 TERM=tmux-256color
shows "ON AIR"; shows "127.0.0.1:8443"
keep join
open_panes
for text in "Camera" "Table" "Rooms  2" "水果刀一把" "王审判长" "UTC" "DEMO" "preview," "STOP"; do shows "$text"; done
keep panes
keys l; sent 'control table.turn {"by_mdeg":15000,"wait":false}'
keys Left; sent 'control table.turn {"by_mdeg":-15000,"wait":false}'
keys + l; sent 'control table.turn {"by_mdeg":45000,"wait":false}'
keys - - - - h; sent 'control table.turn {"by_mdeg":-1000,"wait":false}'
keys g; shows "Go to bearing"; literal 90; keys Enter
sent 'control table.goto {"bearing_mdeg":90000,"wait":false}'
shows "90.00"
keys g; literal 400; keys Enter; shows "400 is outside 0 to 359.999"
keys s; literal -20; keys Enter; sent 'control table.spin {"speed_mdeg_s":-20000}'
shows "ccw"
keys ]; sent 'control table.spin {"speed_mdeg_s":-15000}'
keys [; sent 'control table.spin {"speed_mdeg_s":-20000}'
keys Space; sent 'table table.stop {}'
shows "still"
stops=$(count_sent table.stop)
keys Escape; until_true eval '[ $(count_sent table.stop) -gt $stops ]' || fail "Esc does not stop"
keys E; sent 'table table.estop {}'; shows "THE TABLE IS HALTED: Emergency stop at the console"; shows "by the console"
shows "HALTED  still"; keep halted
keys c; shows "step 2 of 2"; sent 'control table.clear {}'; shows "Go and look at the table"; keep clear
keys Enter; shows "not cleared"; hides "step 2 of 2"; shows "THE TABLE IS HALTED"
keys c; shows "step 2 of 2"; keys c; hides "step 2 of 2"
[ "$(count_sent '"confirm"')" = 0 ] || fail "cleared without a yes"
keys c; shows "(30 s left)"; shows "(28 s left)"; keys y; sent 'control table.clear {"confirm":"clear"}'
hides "THE TABLE IS HALTED"
keys H; shows "[y/N]"; keys y; sent 'control table.home {"wait":false}'
keys :; literal "table goto 45 --way ccw"; keys Enter
sent 'control table.goto {"bearing_mdeg":45000,"wait":false,"way":"ccw"}'
keys :; literal "camera controls"; keys Enter; shows "Focus, absolute"; keys x
keys :; literal "table handling fragile tall"; keys Enter
sent 'control table.handling {"names":["fragile","tall"]}'; shows "fragile + tall"
keys :; literal "table calibrate"; keys Enter; shows "is for the shell"
keys i; shows "Backlash"; shows "36000/1 steps"; keep facts; keys x; hides "Backlash"
keys :; literal "fly"; keys Enter; shows 'no command is called "fly"'
keys '?'; shows "emergency stop: the fastest"; keep help; keys x; hides "emergency stop: the fastest"
keys f; shows "fine"; keep fine; keys f
keys z; hides "Rooms  2"; keys z; shows "Rooms  2"
keys t; keep light; keys t t t

echo "the showing: held by one key, why afterwards, and on again"
shows "Showing 3"; shows "next: overall"; shows "record 120, signed"
keys p; sent 'control showing.hold {"pause":"operator"}'; shows "HOLD: nothing is shown"; keep hold
keys 1; sent 'control showing.hold {"pause":"recess"}'; shows "PAUSED: recess"; hides "Why?"
keys o; shows "ON AIR again? [y/N]"; keys n; shows "not done"
[ "$(count_sent showing.resume)" = 0 ] || fail "goes on without a yes"
keys o; shows "[y/N]"; keys y; sent 'control showing.resume {}'; hides "PAUSED"
keys p; shows "Why?"; keys 5; shows "PAUSED: technical fault"
keys o; shows "Why it goes on after this failure"; literal "lamp changed"; keys Enter
sent 'control showing.resume {"reason":"lamp changed"}'; hides "PAUSED"
keys p; shows "Why?"; stops=$(count_sent table.stop); keys Space
until_true eval '[ $(count_sent table.stop) -gt $stops ]' || fail "Space does not stop while a reason is asked"
keys x; hides "Why?"; shows "PAUSED: recess"; keys o; shows "[y/N]"; keys y; hides "PAUSED"

echo "exhibits: found as one types, placed only when the cards are acknowledged"
keys x; shows "Search:"; shows "水果刀"; literal "璃"; hides "水果刀 "; shows "玻璃瓶"; sent '"text":"璃"'; keep exhibits
keys Enter; shows "on the list of this showing"; shows "fragile: Both hands"; keep exhibit
keys Enter; shows "Seal no. F-77: is it this one?"; shows "I have read and done this"; keep cards
keys Enter; shows "not placed"; [ "$(count_sent showing.stage)" = 0 ] || fail "placed without a yes"
keys Enter; shows "I have read"; keys y; sent 'control showing.stage {"acknowledge":true,"code":"E-0000-0000-0002"}'
shows "on the table: WZ-2"
keys L; sent 'control exhibit.scan'; shows "Exhibit, by its label"; shows "on the table now"; keys q; hides "by its label"

echo "stills: the shot list names the next view, and a spin asks how many"
keys v; shows "Stills  0"; shows "> overall"; keys n; sent 'control still.take {"view":"overall"}'; shows "3f2a 77c1"
keys V N; sent '"full":true,"view":"side-'
keys R; literal "1 out of focus"; keys Enter; sent 'control still.reject {"reason":"out of focus","still":1}'
keys R; literal "blurred"; keys Enter; shows "the number of a still and the reason are wanted"
keys w; literal "陈, 李"; keys Enter; keys S; shows "Stills round the turn"; literal 36; keys Enter
sent 'control spin.take {"frames":36,"second":"李","wait":false}'
keep stills; keys w Enter v; shows "Rooms  2"

echo "clicks: the key bar, the dial, the wheel"
literal $'\e[M !D'; shows "emergency stop: the fastest"; literal $'\e[M#!D'; keys x; hides "emergency stop: the fastest"	# column 1 of line 36
row=$(screen | grep -n '270 ' | head -1 | cut -d: -f1)
before=$(screen | sed -n "${row}p"); before=${before%%270*}
gotos=$(count_sent table.goto)
place=$(printf "\\$(printf %o $((30 + ${#before})))\\$(printf %o $((32 + row)))")
literal $'\e[M '"$place"
until_true eval '[ $(count_sent table.goto) -gt $gotos ]' || fail "a click on the dial does nothing"
sent '"bearing_mdeg":270000,'
literal $'\e[M#'"$place"
turns=$(count_sent '"by_mdeg":1000,')
literal $'\e[Ma*%'; until_true eval '[ $(count_sent "\"by_mdeg\":1000,") -gt $turns ]' || fail "the wheel does nothing"

echo "sequences and pastes are no commands"
stops=$(count_sent table.stop)
requests=$(wc -l <"$state/requests.log")
literal $'\e'; literal '[12;2R'; literal $'\e[12;2R'; literal $'\e[45;3x'; literal $'\e[200~H[[sE \e[201~'
keys '?'; shows "this help"; keys x; hides "this help"
# a sequence cut in two is a lone Esc, which may stop, and then nothing
[ $(($(wc -l <"$state/requests.log") - $(count_sent table.stop))) = $((requests - stops)) ] || fail "an unknown sequence was taken for a command"

echo "any key takes the table back from whoever has a lease"
lend() {
	$ostend --state "$state" table lease --holder "counsel Li" --for 60 --max-speed 5 | grep -q "ends it" || fail "no lease"
	shows "REMOTE CONTROL: counsel Li may turn the table"; shows "left, until"
}
lend; keep lease
preempts=$(count_sent table.preempt); turns=$(count_sent table.turn)
keys l; shows "YOU HAVE TAKEN THE TABLE BACK from counsel Li"; keep taken
[ $(count_sent table.preempt) = $((preempts + 1)) ] || fail "not taken back"
sent 'table table.preempt {}'
keys '?'; shows "this help"; keys x; hides "this help"
[ $(count_sent table.turn) = "$turns" ] || fail "the key that took the table back has turned it too"
keys l; until_true eval '[ $(count_sent table.turn) -gt $turns ]' || fail "the key does not turn the table afterwards"
for key in g '?' Tab F7 M-w Space; do
	preempts=$(count_sent table.preempt)
	lend
	keys $key
	until_true eval '[ $(count_sent table.preempt) -gt $preempts ]' || fail "$key does not take the table back"
	[ $(count_sent table.preempt) = $((preempts + 1)) ] || fail "$key takes it back more than once"
	keys Escape x; hides "Any key"; hides "REMOTE CONTROL"
done
preempts=$(count_sent table.preempt)
lend; literal $'\e[12;2R'; literal $'\e[M#!!'
until_true eval '[ $(count_sent table.preempt) -gt $preempts ]' || fail "the mouse does not take the table back"
lend; $ostend --state "$state" table release >/dev/null || fail "release"
sent "table.release"; hides "REMOTE CONTROL"
$ostend --state "$state" table release 2>"$work/err"; [ $? = 1 ] || fail "released what nobody has"
grep -q "no lease" "$work/err" || fail "no reason: $(cat "$work/err")"

echo "every size"
for size in 80x24 100x30 300x100 133x43; do
	mux resize-window -x ${size%x*} -y ${size#*x}
	shows "ON AIR"
	until_true eval '[ "$(screen | sed -n 3p | wc -L)" = ${size%x*} ]' || fail "not redrawn at $size"
	right_edges ${size%x*} ${size#*x}
	screen | tail -1 | grep -q '?.*Help.*Space.*STOP' || fail "the key bar of $size has no help"
	keep "size-$size"
done
mux resize-window -x 60 -y 20; shows "The console needs 80 x 24; here are 60 x 20."
mux resize-window -x 120 -y 36; shows "Rooms  2"

echo "the station dies and comes back; it stays when the console leaves"
stop_station
shows "STATION NOT ANSWERING"; shows "NO STATION"; shows "Nor does the table"; shows "no word from the table"
keep gone
keys Space; shows "STOP DID NOT REACH THE TABLE"
start_station
hides "STATION NOT ANSWERING"; shows "ON AIR"; shows "preview,"
kill -STOP $station; shows "silent for"; keep silent
kill -CONT $station; hides "silent for"
: >"$state/requests.log"
leave
kill -0 $station || fail "leaving stopped the station"
grep -q 'table\.' "$state/requests.log" && fail "leaving sent something to the table"

echo "terminals of all kinds"
n=0
for variables in "TERM=vt100" "TERM=xterm-256color" "TERM=screen-256color" "TERM=xterm-direct" "TERM=xterm-16color" \
	"TERM=xterm" "TERM=linux" "TERM=vt220 LC_ALL=C" "TERM=tmux-256color NO_COLOR=1"; do
	for option in "" "--ascii" "--theme=high-contrast"; do
		[ -z "$option" ] || [ $n -lt 4 ] || continue
		console 100 30 "$variables" $option
		open_panes
		shows "ON AIR"; shows "preview,"
		keys f; shows "fine"
		keep "terminal-$n-${variables//[^a-z0-9A-Z]/_}$option"
		if [ "$option" = --ascii ] || [[ $variables = *LC_ALL=C ]]; then
			screen | tr -d '\n' | LC_ALL=C grep -q $'\xe2' && fail "$variables $option: not ASCII"
		fi
		leave
	done
	n=$((n + 1))
done

echo "Chinese, with every frame where it belongs"
console 80 24 "TERM=tmux-256color LANGUAGE=zh_CN"
shows "播出"; shows "127.0.0.1:8443"; keep zh-join; keys x; hides "按任意键"
shows "物证"; shows "归零"
right_edges 80 24
keep zh
leave

echo "a crash and a signal give the terminal back"
for signal in SEGV TERM; do
	console 100 30 TERM=tmux-256color
	shows "ON AIR"
	pkill -$signal -P "$(mux display-message -p '#{pane_pid}')" -x ostend
	until_true on_screen left || fail "nothing comes after SIG$signal"
	literal "stty -a"; keys Enter; until_true on_screen icanon
	screen | grep -q -- "-icanon\|-echo " && fail "the terminal was left raw by SIG$signal"
done
stop_station

echo "how an angle is known is seen without colour"
for kind in assumed encoder "encoder --user-zero"; do
	start_station --$kind
	console 100 30 "TERM=vt100"
	open_panes
	keys g; literal 123.456; keys Enter
	case $kind in
	assumed) shows "~123.5"; shows "~ assumed, not measured"; shows "NOT EVIDENCE" ;;
	encoder) shows "123.456"; shows "= encoder"; shows "homed, epoch"; not_on_screen "NOT EVIDENCE" || fail "no evidence?" ;;
	*) shows "123.456"; shows "= encoder"; shows "NOT EVIDENCE  hand-set zero" ;;
	esac
	keep "angle-${kind// /}"
	leave
	stop_station
done

echo "a record that is not the signed one cannot be overlooked; the fingerprint of an end stays until it is written down"
start_station --refused
console 80 24 TERM=tmux-256color
open_panes
shows "THE RECORD IS NOT THE ONE THAT WAS SIGNED: it has fewer"; shows "NOT SIGNED"; keep refused
keys C; shows "for good"; keys n; shows "not done"
[ "$(count_sent showing.close)" = 0 ] || fail "closed without a yes"
keys C; shows "for good"; keys y; shows "K 7 Q M    2 T X A    9 R D C    4 W 3 H"; keep closed
stops=$(count_sent table.stop); keys q Enter Space; until_true eval '[ $(count_sent table.stop) -gt $stops ]' || fail "Space does not stop while the fingerprint is shown"
shows "Until then it stays here"
keys y; hides "Until then"; shows "no showing is open"
leave
stop_station

echo "hostile names send nothing to the terminal"
start_station --hostile
console 120 36 TERM=xterm-256color
shows "ON AIR"; shows "EVIL"; open_panes
for line in status rooms "camera controls" log metrics "table status"; do
	keys :; literal "$line"; keys Enter; shows "Answer"; keys x; hides "Answer"
done
keys :; literal "table turn 1 --speed 1"; keys Enter; sent '"by_mdeg":1000,"speed_mdeg_s":1000'
keys x; shows "Search:"; shows "EVIL"; keys Enter; shows "on the list"; keys Enter; shows "place it"; keys n q; shows "Search:"; keys Escape; hides "Search:"; keys v; shows "Stills"; keys n; shows "EVIL"; keys v
keep hostile
leave
cp "$work/raw" "$screens/hostile.raw"
for sequence in $'\e]0;PWNED' $'\e[31mEVIL' $'\xc2\x9b' $'\xe2\x80\xae' $'\xe2\x81\xa6' $'\x7f'; do
	LC_ALL=C grep -qF -- "$sequence" "$work/raw" && fail "a hostile name reached the terminal: $(printf %q "$sequence")"
done
grep -qF "EVIL" "$work/raw" || fail "the raw output was not kept"
for line in status rooms "camera controls" log metrics "table status" "table fly" "status --json" "rooms --json"; do
	$ostend --state "$state" $line >"$work/out" 2>&1
	LC_ALL=C grep -q $'[\x01-\x09\x0b-\x1f\x7f]\|\xc2\x9b\|\xe2\x80\xae' "$work/out" && fail "ostend $line prints a control character"
done
stop_station

echo "scripts: exit status, JSON, stop while the station hangs"
start_station
$ostend --state "$state" table goto 90 >/dev/null || fail "goto"
$ostend --state "$state" table turn -0.5 --json | grep -q '"outcome":"done"' || fail "json"
$ostend --state "$state" table estop >/dev/null || fail "estop"
$ostend --state "$state" table clear >"$work/out" || fail "first step"
grep -q "^Halted: Emergency stop at the console" "$work/out" && grep -q "ostend table clear --confirm" "$work/out" || fail "the first step says: $(cat "$work/out")"
$ostend --state "$state" table status | grep -q "^HALTED" || fail "the first step has cleared"
$ostend --state "$state" table clear --confirm >/dev/null || fail "second step"
$ostend --state "$state" table status | grep -q "^HALTED" && fail "the second step has not cleared"
$ostend --state "$state" table handling loose | grep -q "loose" || fail "handling"
$ostend --state "$state" table handling | grep -q "loose" || fail "handling is not told"
$ostend --state "$state" table calibrate zero 90 >/dev/null || fail "calibrate"
sent 'table.calibrate {"bearing_mdeg":90000,"step":"zero"}'
$ostend --state "$state" table calibrate </dev/null 2>"$work/err"; [ $? = 2 ] || fail "a script must name the step"
$ostend --state "$state" table calibrate fly 2>"$work/err"; grep -q "zero, turn, backlash" "$work/err" || fail "which steps there are is not told"
$ostend --state "$state" table lease --holder x 2>"$work/err"; [ $? = 2 ] || fail "a lease without an end"
grep -q -- "--for is missing" "$work/err" || fail "$(cat "$work/err")"
$ostend --state "$state" table goto 400 2>"$work/err"; [ $? = 2 ] || fail "usage is not 2"
[ "$(wc -l <"$work/err")" = 1 ] || fail "not one sentence"
$ostend --state "$state" camera set focus 77 | grep -q 77 || fail "camera set"
$ostend --socket "$state/control.sock" metrics | grep -q '^ostend_viewers 2$' || fail "metrics"

echo "calibration, step by step"
: >"$state/requests.log"
terminal 100 40 "$ostend --state $state table calibrate"
shows "1. Zero"; literal -0.5; keys Enter; sent 'table.turn {"by_mdeg":-500}'
shows "leave: -0.5"; until_true eval '[ "$(screen | grep -c "it stands at 0 now")" = 2 ]' || fail "does not ask again"
keys Enter; sent 'table.calibrate {"bearing_mdeg":0,"step":"zero"}'
shows "2. A full turn"; [ "$(count_sent table.turn)" = 1 ] || fail "turns unasked"
keys Enter; sent 'table.turn {"by_mdeg":360000}'; shows "in truth"; literal 359.2; keys Enter
sent 'table.calibrate {"counted_mdeg":360000,"step":"turn","true_mdeg":359200}'
shows "3. Backlash"; literal s; keys Enter
shows "4. Cable"; keep calibrate; keys Enter; sent 'table.calibrate {"step":"cable"}'
shows "Backlash     0.12"; gave_back
stop_station
$ostend --state "$state" status 2>"$work/err"; [ $? = 1 ] || fail "no station is not 1"
grep -q "is ostendd running" "$work/err" || fail "no advice"
rm -f "$state/"*.sock
start_station --control-only; hung=$station
start_station --table-only
kill -STOP $hung
before=$(date +%s%N)
$ostend --state "$state" table stop >/dev/null || fail "stop while the station hangs"
took=$((($(date +%s%N) - before) / 1000000))
[ $took -lt 2000 ] || fail "stop took $took ms"
sent 'table table.stop {}'
kill -CONT $hung; kill $hung; stop_station
echo "stop past a hung station took $took ms"
exit 0
