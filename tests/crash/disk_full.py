#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The station on a disk that gets full while it is on air: once down to its floor, once
to the last byte, which somebody else takes.

    disk_full.py OSTENDD OSTEND

To be run in a mount namespace of its own (unshare -m), as it mounts a small disk. The showing must be held at
once, with its reason in the ledger, which has its reserve; what was recorded is whole; going on is refused while
there is no room, and works when there is.
"""
import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

from station import Station, entries, fail, frames_of

DISK_MB = 96
RESERVE_MB = 8
HELD_S = 30


def fill(folder, left_mb):
    """Leave so much of the disk free."""
    path = os.path.join(folder, "filler")
    info = os.statvfs(folder)
    size = info.f_bavail * info.f_frsize - left_mb * 1000000
    with open(path, "wb") as file:
        os.posix_fallocate(file.fileno(), 0, size)
    return path


def wait_held(station):
    end = time.monotonic() + HELD_S
    while time.monotonic() < end:
        status = station.ask("status")
        if status and status["state"] in ("HOLD", "RECORDING_FAILED"):
            return status
        time.sleep(0.1)
    fail(f"nobody holds the showing on a full disk: {status}")


def wait_reason(folder):
    """The hold is true at once, and in the record when the disk has it."""
    end = time.monotonic() + HELD_S
    while time.monotonic() < end:
        if [entry for entry in entries(folder, "showing.state") if entry.get("pause") == "disk-full"]:
            return
        time.sleep(0.1)
    fail(f"the ledger does not say why: {entries(folder, 'showing.state')}")


def run(options, floor_mb, left_mb):
    folder = tempfile.mkdtemp(prefix="full-")
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=0700", "tmpfs", folder], check=True)
    os.mkdir(os.path.join(folder, "state"), 0o700)
    config = os.path.join(folder, "conf")
    with open(config, "w", encoding="utf-8") as file:
        file.write(f"[evidence]\nfloor_mb = {floor_mb}\nreserve_mb = {RESERVE_MB}\n")
    station = Station(options, folder, "--config", config)
    try:
        station.wait_recording()
        filler = fill(folder, left_mb)
        status = wait_held(station)
        if status["recording"]["state"] != "full":
            fail(f"the recording is {status['recording']}")
        if not status["record"]["writable"]:
            fail(f"the ledger cannot be written: {status['record']}")
        if "below the floor" not in (said := station.refusal("showing", "resume", "--by", "x", "--reason", "y")):
            fail(f"going on without room is not refused: {said!r}")
        wait_reason(folder)
        os.unlink(filler)
        station.wait_recording()
    finally:
        station.end(signal.SIGTERM)
    for entry in entries(folder, "recording.ended"):
        path = os.path.join(folder, "state/evidence", entry["file"])
        if os.path.getsize(path) != entry["bytes"] or frames_of(path) != entry["frames"]:
            fail(f"{entry['file']} is not what the ledger says: {json.dumps(entry)}")
    if len(entries(folder, "recording.ended")) != 2:
        fail(f"not two recordings: {entries(folder, 'recording.ended')}")
    subprocess.run(["umount", folder], check=True)
    os.rmdir(folder)


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1].strip())
    parser.add_argument("ostendd")
    parser.add_argument("ostend")
    options = parser.parse_args()
    run(options, 20, 23)
    print("down to the floor: held, whole, refused, and on again")
    run(options, 0, 0)
    print("to the last byte, by somebody else: held, whole, refused, and on again")


if __name__ == "__main__":
    main()
