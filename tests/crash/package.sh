#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A package damaged at random. CHANGES sets how many single bytes are changed; make crash: 1,000.
command -v python3 >/dev/null || { echo "python3 is missing"; exit 77; }
python3 -B "${srcdir:-.}/tests/crash/package.py" --changes "${CHANGES:-60}" ./ostendd ./ostend ./ostend-verify
