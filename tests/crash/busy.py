#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole station, killed while everything goes on at once; and what is left of what it has acknowledged.

    busy.py [--kills N] [--seed S] [--folder FOLDER] OSTENDD OSTEND OSTEND-VERIFY

While the demo is on air and records, four clients take stills, hold and resume, enter exhibits, and read
the ledger; each answer is kept. At a random moment all its processes are killed (SIGKILL), and it is started again
in the folder as it is. Then nothing that was answered may be missing: entries, files, exhibits, signed
checkpoints; the recordings are closed, play, and go on to within a second of the kill; the showing was held, with the
reason. At the end it is closed and packed, and the package is good. Exit status
77 without ffprobe.
"""
import argparse
import base64
import hashlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

from station import Station, Tree, fail, frames_of, leaves

READY_S = 30
LOST_S = 1.0
PACKED_S = 600


class Line:
    """A connection to control.sock; gone when the station is."""

    def __init__(self, folder):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(os.path.join(folder, "state/control.sock"))
        self.file = self.socket.makefile("rwb")
        self.id = 0

    def call(self, method, **params):
        """Its result, or None with its refusal."""
        self.id += 1
        self.file.write(json.dumps({"jsonrpc": "2.0", "id": self.id, "method": method, "params": params}).encode() + b"\n")
        self.file.flush()
        answer = self.file.readline()
        if not answer.endswith(b"\n"):
            raise ConnectionError
        answer = json.loads(answer)
        return answer.get("result"), answer.get("error", {}).get("message")


class Known:
    """What was acknowledged, over all kills."""

    def __init__(self):
        self.actors = []        # (name that stands in an entry, its action)
        self.stills = {}        # number: the answer
        self.exhibits = {}      # code: its number
        self.leaves = {}        # seq: SHA-256 of what could be read
        self.roots = {}         # size: root
        self.files = set()      # recordings that have been looked at
        self.checked_stills = set()
        self.on_air_since = None
        self.count = 0

    def acknowledged(self, actor, action):
        self.actors.append((actor, action))
        self.count += 1


class Client(threading.Thread):
    """Does one thing again and again, until the station is gone."""

    def __init__(self, folder, known, act, name):
        super().__init__(daemon=True)
        self.known, self.act, self.name = known, act, name
        self.line, self.error, self.turn = Line(folder), None, 0
        self.chance = random.Random(name)

    def run(self):
        try:
            while True:
                self.turn += 1
                self.act(self, f"{self.name}-{self.turn}")
        except OSError:
            return
        except Exception as error:      # a bug of this test, or an answer that is none
            self.error = error


def shoot(client, name):
    still, refusal = client.line.call("still.take", view="close", moving=True, by=name)
    if still:
        client.known.stills[still["still"]] = still
        client.known.acknowledged(name, "still.taken")
    elif "on hold" not in refusal and "on air" not in refusal.lower():
        time.sleep(0.05)                # busy with the one before, or no picture yet


def enter(client, name):
    exhibit, refusal = client.line.call("exhibit.add", case_no="(2026)浙0108刑初113号", exhibit_no=name, name="刀", by=name)
    if not exhibit:
        raise RuntimeError(refusal)
    client.known.exhibits[exhibit["code"]] = name
    client.known.acknowledged(name, "exhibit.added")
    time.sleep(client.chance.random() / 20)


def pause(client, name):
    time.sleep(client.chance.random() * 1.5)
    client.known.on_air_since = None
    if client.line.call("showing.hold", pause="recess", by=name)[0]:
        client.known.acknowledged(name, "showing.state")
    time.sleep(client.chance.random() / 5)
    if client.line.call("showing.resume", by=name + "-back")[0]:
        client.known.on_air_since = time.time()
        client.known.acknowledged(name + "-back", "showing.state")


def read(client, name):
    status, _ = client.line.call("ledger.status")
    client.known.roots[status["entries"]] = bytes.fromhex(status["root"])
    if status["checkpoint"]:
        _, size, root = status["checkpoint"]["note"].split("\n")[:3]
        client.known.roots[int(size)] = base64.b64decode(root)
    seq = status["entries"] - 1
    proof, _ = client.line.call("ledger.prove", seq=seq)
    if proof:
        client.known.leaves[seq] = hashlib.sha256(proof["entry"].encode()).digest()
        client.known.count += 1
    time.sleep(client.chance.random() / 20)


def check_ledger(folder, known):
    lines = leaves(folder)
    tree, said = Tree(lines), {}
    for line in map(json.loads, lines):
        said.setdefault(line["actor"], set()).add(line["action"])
    for actor, action in known.actors:
        if action not in said.get(actor, ()):
            fail(f"{action} of {actor} was acknowledged and is not in the ledger")
    for seq, digest in known.leaves.items():
        if seq >= len(lines) or hashlib.sha256(lines[seq]).digest() != digest:
            fail(f"entry {seq} is not the one that could be read")
    for size, root in known.roots.items():
        if size > len(lines) or tree.roots[size] != root:
            fail(f"the ledger does not continue the root that it had with {size} entries")
    return lines, tree


def check_stills(station, known):
    for number, still in known.stills.items():
        if number in known.checked_stills:
            continue
        with open(os.path.join(station.folder, "state/evidence", still["file"]), "rb") as file:
            if hashlib.sha256(file.read()).hexdigest() != still["sha256"]:
                fail(f"{still['file']} is not what was acknowledged")
        known.checked_stills.add(number)


def check_recordings(station, known, lines, killed_utc):
    """How much of what was on air before the kill is missing, in seconds."""
    rows = [row for row in station.ask("recording", "list")["recordings"] if row["file"] not in known.files and row["state"] != "open"]
    ends = {(entry["data"].get("file"), entry["data"].get("sha256")) for entry in map(json.loads, lines)
            if entry["action"] in ("recording.ended", "recording.recovered")}
    newest = max((row["ended_utc_us"] for row in rows if row["ended_utc_us"]), default=0) / 1e6
    for row in rows:
        known.files.add(row["file"])
        path = os.path.join(station.folder, "state/evidence", row["file"])
        if row["state"] == "lost":
            if killed_utc - row["begun_utc_us"] / 1e6 > LOST_S:
                fail(f"{row['file']} is lost: {row['reason']}")
            continue
        if os.path.getsize(path) != row["bytes"]:
            fail(f"{row['file']} has {os.path.getsize(path)} bytes, not {row['bytes']}")
        if (frames := frames_of(path)) != row["frames"]:
            fail(f"{row['file']}: {frames} pictures play, not {row['frames']}")
        if (row["file"], row["sha256"]) not in ends:
            fail(f"the ledger does not know how {row['file']} ended")
    if known.on_air_since is None or known.on_air_since > killed_utc:
        return 0.0
    lost_s = killed_utc - max(newest, known.on_air_since)
    if lost_s > LOST_S:
        fail(f"the last {lost_s:.2f} s before the kill are missing")
    return lost_s


def check_signed(station, known, tree):
    status = station.ask("status")["record"]["checkpoint"]
    end = time.monotonic() + READY_S
    while status["state"] == "waiting" and time.monotonic() < end:
        time.sleep(0.05)
        status = station.ask("status")["record"]["checkpoint"]
    if status["state"] != "signed":
        fail(f"the ledger is not signed any more: {status}")
    if status["size"] < max(known.roots, default=0) and status["size"] < len(tree.roots) - 1:
        fail(f"the newest checkpoint covers {status['size']} entries, fewer than one before")


def check_held(station, lines):
    """It went off without anybody's decision: held, with the reason, before anything else. The demo goes on by
    itself then, with its own reason; what somebody has held stays held."""
    lines = [json.loads(line) for line in lines]
    start = max(seq for seq, line in enumerate(lines) if line["action"] == "station.started")
    before, after = ([line for line in part if line["action"] == "showing.state"] for part in (lines[:start], lines[start:]))
    if before[-1]["data"]["state"] == "ON_AIR":
        if after[0]["data"] != {"state": "HOLD", "pause": "station-stopped"}:
            fail(f"it was not held after the kill, but: {after}")
        if after[1]["data"]["state"] != "ON_AIR" or not after[1]["reason"]:
            fail(f"it goes on without a reason: {after}")
    elif after or station.ask("showing", "status")["state"] != "HOLD":
        fail(f"what was held has not stayed so: {after}")


def attack(station, known, chance, turn):
    """Everything at once, until the kill; when that was."""
    station.wait_recording()
    known.on_air_since = time.time()
    clients = [Client(station.folder, known, act, f"{act.__name__}-{turn}") for act in (shoot, enter, pause, read)]
    for client in clients:
        client.start()
    time.sleep(0.1 + chance.random() * 3)
    on_air_since, killed_utc = known.on_air_since, time.time()      # before: the clients go on thinking afterwards
    station.end(signal.SIGKILL)
    for client in clients:
        client.join(20)
        if client.error or client.is_alive():
            fail(f"{client.name}: {client.error or 'hangs'}")
    known.on_air_since = on_air_since
    return killed_utc


def pack(station):
    """In the end all of it is one good package."""
    package = os.path.join(station.folder, "package")
    state = ["--state", os.path.join(station.folder, "state")]
    station.wait_recording()
    for words in (["showing", "close"], ["package", "1", package]):
        subprocess.run([station.options.ostend, *words, *state], stdout=subprocess.DEVNULL, check=True, timeout=PACKED_S)
    run = subprocess.run([station.options.verify, "--root", os.path.join(station.folder, "state/certs/root.pem"), package],
                         stdout=subprocess.PIPE, text=True, timeout=PACKED_S)
    if run.returncode:
        fail("its package is not good: " + "".join(line for line in run.stdout.splitlines(True) if line.startswith("WRONG")))


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1].strip())
    parser.add_argument("--kills", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder")
    for name in ("ostendd", "ostend", "verify"):
        parser.add_argument(name)
    options = parser.parse_args()
    if not shutil.which("ffprobe"):
        print("ffprobe is missing")
        sys.exit(77)
    folder = options.folder or tempfile.mkdtemp(prefix="busy-")
    os.makedirs(os.path.join(folder, "state"), 0o700, exist_ok=True)
    chance, known, worst_lost, worst_ready = random.Random(options.seed), Known(), 0.0, 0.0
    station = Station(options, folder)
    try:
        station.wait_ready(READY_S)
        for turn in range(options.kills):
            killed_utc = attack(station, known, chance, turn)
            station = Station(options, folder)
            worst_ready = max(worst_ready, station.wait_ready(READY_S))
            lines, tree = check_ledger(folder, known)
            check_held(station, lines)
            check_stills(station, known)
            worst_lost = max(worst_lost, check_recordings(station, known, lines, killed_utc))
            check_signed(station, known, tree)
        for code, number in known.exhibits.items():
            if (exhibit := station.ask("exhibit", "show", code)) is None or exhibit["exhibit_no"] != number:
                fail(f"exhibit {number} was acknowledged and is not there")
        print(f"{options.kills} kills, {known.count} acknowledged ({len(known.stills)} stills, {len(known.exhibits)} exhibits), nothing "
              f"lost; at most {worst_lost:.2f} s of pictures before a kill; ready again within {worst_ready:.1f} s", flush=True)
        pack(station)
        print("the package of all that is good")
    finally:
        if station.process.poll() is None:
            station.end(signal.SIGTERM)
    if not options.folder:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
