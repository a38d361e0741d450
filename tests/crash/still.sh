#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Stills, ended in the middle: power cuts and kills. POWER_CUTS and KILLS set how many; make crash: many.
tests=${srcdir:-.}/tests/crash
writer=tests/crash/still-writer
command -v python3 >/dev/null || { echo "python3 is missing"; exit 77; }
python3 "$tests/kill.py" --kills "${KILLS:-25}" -- $writer check {} {acks} -- $writer write {} 0 || exit
python3 "$tests/power.py" --states "${POWER_CUTS:-100}" -- $writer check {} {acks} -- $writer write {} 30
