#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stills of the whole station, timed: from the key to durable and announced, and a spin against the table's own time.

    still.py [--stills N] [--frames N] OSTENDD

The station is the demo at 1920 x 1080. The time of a still runs from the request on control.sock to its `evidence`
notification; its file must by then be there with the digest that was told. A spin's time is compared with that of
the same turns (and the same standing) without stills. Exit status 1 when p95 is above 500 ms, or the spin above the
table's own time plus 10 %.
"""
import argparse
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

START_S = 60
STILL_MS = 500
SPIN = 1.10


class Control:
    """One connection to control.sock; what is told meanwhile is kept."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.rest, self.told, self.number = b"", [], 0

    def read(self, wait_s):
        self.socket.settimeout(wait_s)
        while b"\n" not in self.rest:
            part = self.socket.recv(65536)
            if not part:
                sys.exit("still.py: the station has closed the connection")
            self.rest += part
        line, self.rest = self.rest.split(b"\n", 1)
        return json.loads(line)

    def call(self, method, wait_s=180, **params):
        self.number += 1
        request = {"jsonrpc": "2.0", "id": self.number, "method": method, "params": params}
        self.socket.sendall(json.dumps(request).encode() + b"\n")
        while (message := self.read(wait_s)).get("id") != self.number:
            self.told.append(message)
        if "error" in message:
            raise RuntimeError(f"{method}: {message['error']['message']}")
        return message["result"]

    def until_told(self, kind):
        while True:
            for message in self.told:
                if message.get("method") == "evidence" and message["params"].get("kind") == kind:
                    self.told.remove(message)
                    return message["params"]
            self.told.append(self.read(20))


def start(ostendd, folder):
    state = os.path.join(folder, "state")
    process = subprocess.Popen([ostendd, "--demo", "--state", state, "--listen", "127.0.0.1:0", "--media",
                                "127.0.0.1:0"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        try:
            control = Control(os.path.join(state, "control.sock"))
            if (status := control.call("status"))["state"] == "ON_AIR" and status["camera"]["state"] == "live" and \
                    status["table"]["homed"] and status["table"]["motion"] == "still":
                control.call("subscribe", topics=["evidence"])
                return process, control, os.path.join(state, "evidence")
        except (OSError, RuntimeError, KeyError, TypeError):
            pass
        time.sleep(0.2)
    sys.exit("still.py: the demo did not start")


def check_file(evidence, still):
    with open(os.path.join(evidence, still["file"]), "rb") as file:
        if hashlib.sha256(file.read()).hexdigest() != still["sha256"]:
            sys.exit(f"still.py: {still['file']} is not what was announced")


def time_stills(control, evidence, count):
    times = []
    for _ in range(count):
        began = time.monotonic()
        control.call("still.take", reason="bench", wait=False)
        told = control.until_told("still")
        times.append((time.monotonic() - began) * 1000)
        if "error" in told:
            sys.exit(f"still.py: {told['error']}")
        check_file(evidence, told)
    times.sort()
    return times[len(times) // 2], times[min(len(times) - 1, len(times) * 95 // 100)], times[-1]


def turn_round(control, frames, settle_ms):
    control.call("table.goto", bearing_mdeg=0)
    began = time.monotonic()
    for frame in range(frames):
        control.call("table.goto", bearing_mdeg=round(frame * 360000 / frames) % 360000)
        time.sleep(settle_ms / 1000)
    return time.monotonic() - began


def spin_round(control, evidence, frames, settle_ms):
    control.call("table.goto", bearing_mdeg=0)
    began = time.monotonic()
    spin = control.call("spin.take", frames=frames, settle_ms=settle_ms, reason="bench")
    took = time.monotonic() - began
    if len(spin["stills"]) != frames or spin["missing"]:
        sys.exit("still.py: the spin is not complete")
    for line in spin["stills"]:
        off = (line["bearing_mdeg"] - round(line["frame"] * 360000 / frames) + 180000) % 360000 - 180000
        if abs(off) > 100:
            sys.exit(f"still.py: frame {line['frame']} was taken at {line['bearing_mdeg']}")
        check_file(evidence, control.call("still.show", still=line["still"]))
    return took


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1].strip())
    parser.add_argument("--stills", type=int, default=100)
    parser.add_argument("--frames", type=int, default=36)
    parser.add_argument("ostendd")
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="ostend-still-")
    process, control, evidence = start(options.ostendd, folder)
    try:
        p50, p95, worst = time_stills(control, evidence, options.stills)
        print(f"still, key to durable and announced: p50 {p50:.0f}  p95 {p95:.0f}  max {worst:.0f} ms ({options.stills})")
        settle_ms = 20
        bare = turn_round(control, options.frames, 0)
        spin = spin_round(control, evidence, options.frames, settle_ms)
        print(f"spin of {options.frames}: {spin:.1f} s; the table alone {bare:.1f} s: {100 * spin / bare - 100:+.1f} %")
        return 0 if p95 <= STILL_MS and spin <= bare * SPIN else 1
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder)


sys.exit(main())
