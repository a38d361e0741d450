#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Somebody changes the record while the station is stopped.
command -v python3 >/dev/null || { echo "python3 is missing"; exit 77; }
python3 -B "${srcdir:-.}/tests/crash/tampered.py" ./ostendd ./ostend ./ostend-verify
