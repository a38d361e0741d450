# SPDX-License-Identifier: GPL-3.0-or-later
"""What the attacks on the whole station share: the real demo in a folder that is kept, and other eyes on what it leaves.
"""
import hashlib
import json
import os
import select
import signal
import sqlite3
import subprocess
import sys
import time

START_S = 60


def fail(sentence):
    sys.exit(f"{os.path.basename(sys.argv[0])}: {sentence}")


class Station:
    def __init__(self, options, folder, *more, env=None):
        self.options, self.folder = options, folder
        self.log = open(os.path.join(folder, "log"), "ab")
        self.process = subprocess.Popen(
            [options.ostendd, "--demo", "--state", os.path.join(folder, "state"), "--listen", "127.0.0.1:0",
             "--media", "127.0.0.1:0", *more], stdout=subprocess.PIPE, stderr=self.log, start_new_session=True,
            env={**os.environ, **env} if env else None)

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

    def wait_ready(self, within_s):
        """How long that has taken."""
        begun = time.monotonic()
        if not select.select([self.process.stdout], [], [], within_s)[0] or not (line := self.process.stdout.readline()):
            fail(f"the station is not ready within {within_s} s; see {self.folder}/log")
        if not line.startswith(b"ready "):
            fail(f"the station says {line} first")
        return time.monotonic() - begun

    def end(self, how):
        """Asked to end it is asked alone; killed it is with all its children, as the power goes."""
        if how == signal.SIGKILL:
            os.killpg(self.process.pid, how)
        else:
            self.process.send_signal(how)
        self.process.wait()
        self.process.stdout.close()
        self.log.close()


def frames_of(path):
    run = subprocess.run(["ffprobe", "-v", "fatal", "-count_frames", "-select_streams", "v", "-show_entries",
                          "stream=nb_read_frames", "-of", "csv=p=0", path], stdout=subprocess.PIPE, timeout=300)
    said = run.stdout.strip()
    return 0 if said == b"N/A" else int(said or -1)     # it has a track, and nothing in it


def leaves(folder):
    """The entries of the ledger as they were hashed, read by somebody else."""
    base = sqlite3.connect(f"file:{folder}/state/evidence/evidence.db?mode=ro", uri=True)
    try:
        rows = base.execute("SELECT seq, entry FROM event ORDER BY seq").fetchall()
    finally:
        base.close()
    if [seq for seq, _ in rows] != list(range(len(rows))):
        fail("the numbers of the ledger's entries are not 0, 1, 2 ...")
    return [entry.encode() if isinstance(entry, str) else entry for _, entry in rows]


def entries(folder, action):
    """What the ledger says of one kind of act."""
    return [line["data"] for line in map(json.loads, leaves(folder)) if line["action"] == action]


class Tree:
    """The roots over the first n leaves, for every n (RFC 6962 2.1): by hand, not with the station's code."""

    def __init__(self, lines):
        self.roots, peaks = [hashlib.sha256().digest()], []
        for number, line in enumerate(lines):
            peaks.append(hashlib.sha256(b"\0" + line).digest())
            while number & 1:
                right = peaks.pop()
                peaks.append(hashlib.sha256(b"\1" + peaks.pop() + right).digest())
                number >>= 1
            root = peaks[-1]
            for left in reversed(peaks[:-1]):
                root = hashlib.sha256(b"\1" + left + root).digest()
            self.roots.append(root)
