#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The station itself, killed while it is on air; and what is left of its recording.

    station.py [--kills N] [--seed S] OSTENDD OSTEND

Each time: the demo is started in the folder as it is, goes on air, and is killed (SIGKILL) at a random moment
of the next seconds. The next start must close the recording: it plays, all that it is said to hold, up to
at most one second before the kill, and the ledger says so. Exit status 77 without ffprobe.
"""
import argparse
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

START_S = 60
LOST_S = 1.0


def fail(sentence):
    sys.exit(f"station.py: {sentence}")


class Station:
    def __init__(self, options, folder, *more):
        self.options, self.folder = options, folder
        self.log = open(os.path.join(folder, "log"), "ab")
        self.process = subprocess.Popen(
            [options.ostendd, "--demo", "--state", os.path.join(folder, "state"), "--listen", "127.0.0.1:0",
             "--media", "127.0.0.1:0", *more], stdout=subprocess.PIPE, stderr=self.log)

    def ask(self, *words):
        run = subprocess.run([self.options.ostend, *words, "--state", os.path.join(self.folder, "state"), "--json"],
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=20)
        return json.loads(run.stdout) if run.returncode == 0 else None

    def refusal(self, *words):
        """What it says when it does not do it; "": it does."""
        run = subprocess.run([self.options.ostend, *words, "--state", os.path.join(self.folder, "state")],
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=20, text=True,
                             env={**os.environ, "LC_ALL": "C"})
        return run.stderr if run.returncode else ""

    def wait_recording(self):
        end = time.monotonic() + START_S
        while time.monotonic() < end:
            if self.process.poll() is not None:
                fail(f"the station has ended by itself; see {self.folder}/log")
            status = self.ask("status")
            if status and status["state"] in ("HOLD", "RECORDING_FAILED"):       # somebody has to go on, with a reason
                self.ask("showing", "resume", "--by", "test", "--reason", "the station was killed")
            if status and status["recording"]["state"] == "recording" and status["recording"]["bytes"] > 50000:
                return
            time.sleep(0.05)
        fail(f"nothing is recorded after {START_S} s: {status and status['recording']}")

    def end(self, how):
        self.process.send_signal(how)
        self.process.wait()
        self.process.stdout.close()
        self.log.close()


def frames_of(path):
    run = subprocess.run(["ffprobe", "-v", "fatal", "-count_frames", "-select_streams", "v", "-show_entries",
                          "stream=nb_read_frames", "-of", "csv=p=0", path], stdout=subprocess.PIPE, timeout=60)
    return int(run.stdout.strip() or -1)


def entries(folder, action):
    """What the ledger says, by another reader."""
    base = sqlite3.connect(f"file:{folder}/state/evidence/evidence.db?mode=ro", uri=True)
    try:
        lines = [json.loads(row[0]) for row in base.execute("SELECT entry FROM event ORDER BY seq")]
    finally:
        base.close()
    return [line["data"] for line in lines if line["action"] == action]


def check(station, killed_utc, known):
    folder = station.folder
    rows = station.ask("recording", "list")["recordings"]
    new = [row for row in rows if row["file"] not in known and row["state"] != "open"]
    for row in new:
        known.add(row["file"])
        path = os.path.join(folder, "state/evidence", row["file"])
        if row["state"] not in ("ended", "recovered"):
            fail(f"{row['file']} is {row['state']}: {row['reason']}")
        if os.path.getsize(path) != row["bytes"]:
            fail(f"{row['file']} has {os.path.getsize(path)} bytes, not {row['bytes']}")
        if (frames := frames_of(path)) != row["frames"]:
            fail(f"{row['file']}: {frames} pictures play, not {row['frames']}")
        if not [entry for entry in entries(folder, "recording." + row["state"]) if entry["file"] == row["file"] and
                entry["sha256"] == row["sha256"]]:
            fail(f"the ledger does not know how {row['file']} ended")
    if not new:
        fail("the recording that was killed is not closed")
    lost_s = killed_utc - max(row["ended_utc_us"] for row in new) / 1e6
    if lost_s > LOST_S:
        fail(f"the last {lost_s:.2f} s before the kill are missing")
    return lost_s


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1].strip())
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("ostendd")
    parser.add_argument("ostend")
    options = parser.parse_args()
    if not shutil.which("ffprobe"):
        print("ffprobe is missing")
        sys.exit(77)
    folder = tempfile.mkdtemp(prefix="station-")
    chance, known, worst = random.Random(options.seed), set(), 0.0
    os.mkdir(os.path.join(folder, "state"), 0o700)
    station = Station(options, folder)
    try:
        for _ in range(options.kills):
            station.wait_recording()
            time.sleep(chance.random() * 3)
            station.end(signal.SIGKILL)
            killed_utc = time.time()
            station = Station(options, folder)
            station.wait_recording()
            worst = max(worst, check(station, killed_utc, known))
    finally:
        if station.process.poll() is None:
            station.end(signal.SIGTERM)
    shutil.rmtree(folder)
    print(f"{options.kills} kills; at most {worst:.2f} s before a kill were lost")


if __name__ == "__main__":
    main()
