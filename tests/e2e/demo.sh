#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# `ostend demo` with the real station: its console in a terminal, and headless; and that it leaves
# nothing behind. Screens are kept in tests/e2e/screens/ of the build folder.

. "${srcdir:-.}/tests/e2e/terminal.sh"
patience=60
demo=

station_pid() { pgrep -f "^[^ ]*ostendd --demo --state $state( |\$)" | head -1; }
no_station() { [ -z "$(station_pid)" ]; }

clean_up() {
	mux kill-server 2>/dev/null
	[ -n "$demo" ] && kill $demo 2>/dev/null
	no_station || kill "$(station_pid)" 2>/dev/null
	rm -rf "$work"
}
trap clean_up EXIT

ask() { $ostend --state "$state" "$@"; }
bearing() { ask table status --json | grep -o '"bearing_mdeg":[0-9]*' | cut -d: -f2; }

# the table reports whole steps, so a little beside the mark is right
stands_at() {
	local off
	off=$(bearing)
	[ -n "$off" ] && off=$((((off - $1 + 540000) % 360000) - 180000)) && [ ${off#-} -le 200 ]
}

arguments="--state $state --listen 127.0.0.1:0 --media 127.0.0.1:0"

echo "the console of a demo station"
terminal 120 36 "TERM=tmux-256color $ostend demo $arguments"
shows "ON AIR"; shows "The code holds both."; shows "https://127.0.0.1:"
keep demo-join
keys x; hides "The code holds both."
shows "preview,"; shows "(simulated)"; shows "homed"
keys g; literal 90; keys Enter
until_true stands_at 90000 || fail "the table is not at 90 degrees but at $(bearing)"
until_true eval 'screen | grep -qE "(90|89)\.[0-9][0-9].*to go"' || fail "the screen does not show 90 degrees"
shows "goto: done"
keep demo
keys s; literal 15; keys Enter; shows "moving"
keys Space; shows "still"
mux resize-window -x 80 -y 24; shows "ON AIR"; keep demo-80x24
keys :; literal status; keys Enter; shows "E-0041"; shows "Answer"
keys Down Down Down Down Down Down; shows "Version"; keys x; hides "Version"

echo "its own acts, from a script"
ask status | grep -q "ON AIR" || fail "status"
ask table turn 10 --json | grep -q '"outcome":"done"' || fail "turn"
ask camera status | grep -q 1920x1080 || fail "camera status"
ask metrics | grep -q '^# \|^ostend' || fail "metrics"
ask log | grep -q "table.goto" || fail "log"
ask table goto 90 --way ccw --speed 5000 2>"$work/err" && fail "too fast is not refused"
[ "$(wc -l <"$work/err")" = 1 ] || fail "not one sentence: $(cat "$work/err")"

echo "leaving asks, and stops what was started"
keys q; shows "Stop the demo station too?"; keys n; hides "Stop the demo station too?"
keys q; shows "Stop the demo station too?"; keys y
gave_back
until_true no_station || fail "the station goes on"

echo "headless, until it is told to end"
# shellcheck disable=SC2086
$ostend demo --headless $arguments >"$work/out" 2>&1 &
demo=$!
until_true grep -q "Ctrl-C" "$work/out" || fail "not ready: $(cat "$work/out")"
grep -q "https://127.0.0.1:" "$work/out" || fail "no address"
grep -q "judge  *[0-9A-Z-]" "$work/out" || fail "no pass"
ask status >/dev/null || fail "status"
kill $demo; wait $demo || fail "ended with $?"
demo=
no_station || fail "the station goes on"

echo "and when its starter is killed"
# shellcheck disable=SC2086
$ostend demo --headless $arguments >"$work/out" 2>&1 &
demo=$!
until_true grep -q "Ctrl-C" "$work/out" || fail "not ready: $(cat "$work/out")"
kill -KILL $demo; wait $demo 2>/dev/null
demo=
until_true no_station || fail "the station goes on"
exit 0
