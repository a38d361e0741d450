#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody who may do everything to the station's disk while it is stopped: what he can change without being told.

    tampered.py OSTENDD OSTEND OSTEND-VERIFY

The demo writes a record and stops. Then each attack is made on a copy of its folder, and it is started again. An entry
changed, exchanged with another, or taken out of the middle must keep the station from starting, with the entry's
number. A record rewritten whole (with its tree), cut, rolled back, or one whose signer's memory or key was exchanged
too, is caught by the signer, or else by the note that a party has kept; status and ostend-verify say so, and nothing
is signed that goes against what was.
"""
import argparse
import hashlib
import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time

from station import Station, fail

SAID_S = 30


def database(folder):
    base = sqlite3.connect(f"{folder}/state/evidence/evidence.db", isolation_level=None)
    for name, in base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        base.execute(f"DROP TRIGGER {name}")
    return base


def lines_of(base):
    return [bytes(entry) for entry, in base.execute("SELECT entry FROM event ORDER BY seq")]


def write_tree(base):
    """All nodes anew, as the station has them: (level, number) for each whole subtree."""
    row = [hashlib.sha256(b"\0" + line).digest() for line in lines_of(base)]
    base.execute("DELETE FROM node")
    level = 0
    while row:
        base.executemany("INSERT INTO node VALUES(?, ?, ?)", [(level, no, node) for no, node in enumerate(row)])
        row = [hashlib.sha256(b"\1" + row[i] + row[i + 1]).digest() for i in range(0, len(row) - 1, 2)]
        level += 1


def change_entry(base, seq):
    entry = bytes(base.execute("SELECT entry FROM event WHERE seq = ?", (seq,)).fetchone()[0])
    at = entry.index(b'"utc_us":') + 20
    base.execute("UPDATE event SET entry = ? WHERE seq = ?", (entry[:at] + (b"1" if entry[at:at + 1] != b"1" else b"2") + entry[at + 1:], seq))


def exchange(base, one, other):
    both = {seq: base.execute("SELECT entry FROM event WHERE seq = ?", (seq,)).fetchone()[0] for seq in (one, other)}
    for seq, of in ((one, other), (other, one)):
        base.execute("UPDATE event SET entry = ? WHERE seq = ?", (both[of], seq))


def cut(base, left):
    base.execute("DELETE FROM event WHERE seq >= ?", (left,))
    base.execute("DELETE FROM checkpoint WHERE size > ?", (left,))
    write_tree(base)


def sql(*steps):
    def run(folder, _):
        base = database(folder)
        for step in steps:
            step(base)
        base.close()
    return run


def rewrite(base):
    change_entry(base, 20)
    write_tree(base)


def roll_back(folder, earlier):
    shutil.rmtree(f"{folder}/state/evidence")
    shutil.copytree(f"{earlier}/evidence", f"{folder}/state/evidence")


def roll_back_all(folder, earlier):
    """The signer's memory too: only the parties can tell now."""
    roll_back(folder, earlier)
    shutil.rmtree(f"{folder}/state/signer")
    shutil.copytree(f"{earlier}/signer", f"{folder}/state/signer")


def exchange_key(folder, _):
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", f"{folder}/state/certs/checkpoint.key"],
                   check=True, stderr=subprocess.DEVNULL)


def forget(folder, _):
    rewrite_base = database(folder)
    rewrite(rewrite_base)
    rewrite_base.close()
    shutil.rmtree(f"{folder}/state/signer")


def run_once(options, folder, earlier=None):
    """A run with a few entries in it. Its signed note at the end; with `earlier` the folder is copied there before."""
    station = Station(options, folder)
    try:
        station.wait_recording()
        for number in range(3):
            station.ask("still", "take", "--by", f"maker {number}")
        entries = station.ask("ledger", "status")["entries"]
        end = time.monotonic() + SAID_S
        while (status := station.ask("ledger", "status"))["checkpoint"]["size"] < entries:
            if time.monotonic() > end:
                fail("the record is not signed")
            time.sleep(0.1)
        note = status["checkpoint"]["note"]
    finally:
        station.end(signal.SIGTERM)
    if earlier:
        shutil.copytree(f"{folder}/state", earlier, symlinks=True, ignore=shutil.ignore_patterns("*.sock"))
    return note


def start_fails(options, folder, word):
    """It must not start, and say why."""
    station = Station(options, folder)
    try:
        station.process.wait(timeout=SAID_S)
    except subprocess.TimeoutExpired:
        station.end(signal.SIGKILL)
        fail(f"it starts all the same; {word!r} was expected")
    with open(f"{folder}/log", encoding="utf-8") as file:
        said = [line for line in file if word in line]
    if not station.process.returncode or not said:
        fail(f"it ended with {station.process.returncode} and does not say {word!r}; see {folder}/log")
    return said[-1].split(" ", 1)[1].strip()


def start_is_refused(options, folder, _):
    """It starts, for the showing's sake; the signer signs nothing, and everybody is told."""
    station = Station(options, folder)
    try:
        station.wait_ready(SAID_S)
        end = time.monotonic() + SAID_S
        while (checkpoint := station.ask("status")["record"]["checkpoint"])["state"] != "refused":
            if time.monotonic() > end:
                fail(f"the signer has not refused: {checkpoint}")
            time.sleep(0.1)
        said = subprocess.run([options.ostend, "status", "--state", f"{folder}/state"], stdout=subprocess.PIPE, text=True,
                              env={**os.environ, "LC_ALL": "C"}).stdout
        if "REFUSED" not in said:
            fail(f"ostend status does not say so: {said}")
    finally:
        station.end(signal.SIGTERM)
    return checkpoint["reason"]


def note_tells(options, folder, kept):
    """The station cannot know; who has kept a note does, from the package."""
    station = Station(options, folder)
    try:
        station.wait_recording()
        # only a record that has grown past the note can be held against it
        while station.ask("ledger", "status")["entries"] <= int(kept.split("\n")[1]):
            station.ask("still", "take", "--by", "somebody")
        for words in (["showing", "close"], ["package", "1", f"{folder}/package"]):
            subprocess.run([options.ostend, *words, "--state", f"{folder}/state"], stdout=subprocess.DEVNULL, check=True, timeout=300)
    finally:
        station.end(signal.SIGTERM)
    with open(f"{folder}/kept", "w", encoding="utf-8") as file:
        file.write(kept)
    run = subprocess.run([options.verify, "--root", f"{folder}/state/certs/root.pem", "--checkpoint", f"{folder}/kept",
                          f"{folder}/package"], stdout=subprocess.PIPE, text=True, env={**os.environ, "LC_ALL": "C"})
    wrong = [line for line in run.stdout.splitlines() if line.startswith("WRONG")]
    if run.returncode != 1 or not wrong:
        fail(f"a kept note does not tell: {run.returncode}, {run.stdout}")
    return wrong[0]


def attacks():
    """(what, how, what must happen, with which word or note)"""
    names = "entry 20", "entry 10", "entry 30"
    yield "an entry changed", sql(lambda base: change_entry(base, 20)), start_fails, names[0]
    yield "two entries exchanged", sql(lambda base: exchange(base, 10, 11)), start_fails, names[1]
    yield "an entry taken out", sql(lambda base: base.execute("DELETE FROM event WHERE seq = 30")), start_fails, names[2]
    yield "an entry changed, with the tree", sql(rewrite), start_is_refused, None
    yield "the newest entries taken out, with the tree", sql(lambda base: cut(base, 25)), start_is_refused, None
    yield "an earlier copy of the record", roll_back, start_is_refused, None
    yield "an earlier copy of the record and the signer's memory", roll_back_all, note_tells, "note"
    yield "an entry changed, with the tree, and the signer's memory taken away", forget, note_tells, "note"
    yield "another key", exchange_key, start_fails, "checkpoint"


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1].strip())
    for name in ("ostendd", "ostend", "verify"):
        parser.add_argument(name)
    options = parser.parse_args()
    work = tempfile.mkdtemp(prefix="tampered-")
    whole, earlier = os.path.join(work, "whole"), os.path.join(work, "earlier")
    os.makedirs(f"{whole}/state", 0o700)
    run_once(options, whole, earlier)
    note = run_once(options, whole)
    for number, (what, how, check, word) in enumerate(attacks()):
        folder = os.path.join(work, str(number))
        shutil.copytree(whole, folder, symlinks=True, ignore=shutil.ignore_patterns("*.sock"))
        os.unlink(f"{folder}/log")
        how(folder, earlier)
        print(f"{what}: {check(options, folder, note if word == 'note' else word)}", flush=True)
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
