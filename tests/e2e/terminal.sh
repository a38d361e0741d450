# SPDX-License-Identifier: GPL-3.0-or-later
# What the tests that drive a terminal share. Sourced by console.sh and demo.sh in the build folder;
# sets $build, $ostend, $screens (kept), $work and $state (removed at the end).

command -v tmux >/dev/null || { echo "tmux is missing"; exit 77; }

build=$PWD
ostend=$build/ostend
screens=$build/tests/e2e/screens
work=$(mktemp -d /tmp/ostend-terminal.XXXXXX)
state=$work/s
mkdir -p "$state" "$screens"
export LC_ALL=C.UTF-8 OSTEND_LOCALE_DIR=$build/ui/po/locale
unset NO_COLOR COLORTERM LANGUAGE OSTEND_STATE TMUX

fail() {
	echo "FAIL: $*"
	echo "--- screen"; screen
	echo "--- requests"; [ -f "$state/requests.log" ] && tail -5 "$state/requests.log"
	exit 1
}

serial=0
mux() { tmux -S "$work/tmux$serial" -f /dev/null "$@"; }
screen() { mux capture-pane -p 2>/dev/null; }
keep() { mux capture-pane -p -N >"$screens/$1.txt"; mux capture-pane -e -p -N >"$screens/$1.ansi"; }

# until_true COMMAND...: wait for it with a deadline of $patience (20) seconds
until_true() {
	local deadline=$((SECONDS + ${patience:-20}))
	until "$@"; do
		[ $SECONDS -lt $deadline ] || return 1
		read -rt 0.05 <> <(:)	# a pause without a process
	done
	return 0
}

on_screen() { screen | grep -qF -- "$1"; }
shows() { until_true on_screen "$1" || fail "the screen does not show: $1"; }
not_on_screen() { ! on_screen "$1"; }
hides() { until_true not_on_screen "$1" || fail "the screen still shows: $1"; }
keys() { mux send-keys "$@"; }
literal() { mux send-keys -l -- "$1"; }

# terminal COLUMNS ROWS COMMAND: in a fresh terminal; its raw output in $work/raw
terminal() {
	local columns=$1 rows=$2
	shift 2
	mux kill-server 2>/dev/null
	serial=$((serial + 1))	# the old server may still be going
	rm -f "$work/status" "$work/raw"
	mux new-session -d -x "$columns" -y "$rows" "PS1='shell> ' exec /bin/sh"
	mux set-option -g status off
	mux resize-window -x "$columns" -y "$rows"
	until_true on_screen 'shell>' || fail "no shell"
	mux pipe-pane -o "cat >$work/raw"
	literal "$*; echo \$? >$work/status; echo lef''t"
	keys Enter
}

# after the keys that leave: the program ended well, and the terminal is as it was
gave_back() {
	until_true test -s "$work/status" || fail "it does not leave"
	[ "$(cat "$work/status")" = 0 ] || fail "left with $(cat "$work/status")"
	until_true on_screen left || fail "the terminal was not given back"
	literal "stty -a"
	keys Enter
	until_true on_screen "icanon" || fail "stty says nothing"
	screen | grep -q -- "-icanon\|-echo " && fail "the terminal was left raw"
	return 0
}
