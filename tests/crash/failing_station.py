#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole station on a disk that no longer syncs: from some call on, every fsync and fdatasync fails.

    failing_station.py OSTENDD OSTEND FAIL-IO.SO

Stills are taken all the time. When the disk fails, the showing is held, status says why, no still is acknowledged any more,
and on a disk that works again everything that was acknowledged is there.
"""
import argparse
import hashlib
import os
import shutil
import signal
import tempfile
import time

from station import Station, fail, leaves

HELD_S = 40


def shoot_until_it_fails(station):
    """The stills that were acknowledged, and how the station says that it is over."""
    stills, end = [], time.monotonic() + HELD_S
    while time.monotonic() < end:
        still = station.ask("still", "take", "--moving", "--by", "test")
        if still:
            stills.append(still)
            continue
        status = station.ask("status")
        if status and status["state"] in ("HOLD", "RECORDING_FAILED") and not status["record"]["writable"]:
            return stills, status
        time.sleep(0.1)
    fail(f"the disk fails, and the station goes on: {status and (status['state'], status['record'], status['recording'])}")


def run(options, at):
    folder = tempfile.mkdtemp(prefix="failing-")
    os.mkdir(os.path.join(folder, "state"), 0o700)
    station = Station(options, folder, env={
        "LD_PRELOAD": os.path.abspath(options.shim), "FAIL_IO_CALL": "sync", "FAIL_IO_AT": str(at), "FAIL_IO_STAYS": "1",
        "FAIL_IO_FOLDER": os.path.join(folder, "state/evidence")})
    try:
        station.wait_recording()
        stills, status = shoot_until_it_fails(station)
        if station.refusal("showing", "resume", "--by", "x", "--reason", "y") == "":
            fail("it goes on air on a disk that fails")
    finally:
        station.end(signal.SIGKILL)
    said = b"\n".join(leaves(folder))
    for still in stills:
        with open(os.path.join(folder, "state/evidence", still["file"]), "rb") as file:
            if hashlib.sha256(file.read()).hexdigest() != still["sha256"] or still["sha256"].encode() not in said:
                fail(f"still {still['still']} was acknowledged and is not kept")
    station = Station(options, folder)
    try:
        station.wait_recording()
    finally:
        station.end(signal.SIGTERM)
    shutil.rmtree(folder)
    return f"{len(stills)} stills kept; {status['state']}: {status['record']['reason']}"


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1].strip())
    for name in ("ostendd", "ostend", "shim"):
        parser.add_argument(name)
    options = parser.parse_args()
    for at in (120, 250):
        print(f"no sync from call {at} on: {run(options, at)}")


if __name__ == "__main__":
    main()
