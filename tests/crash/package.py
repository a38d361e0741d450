#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A package of a real showing, damaged at random, again and again: ostend-verify must say no, and name what was damaged.

    package.py [--changes N] [--seed S] [--keep FOLDER] OSTENDD OSTEND OSTEND-VERIFY

N single bytes are changed, one at a time: half of the time any file is as likely as any other, so that the small
ones get their share, otherwise any byte. Besides, a tenth as often each, files are cut, made longer, taken out,
put in, exchanged with another, and renamed. With --keep the package is made there, or taken as it is.
"""
import argparse
import collections
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from station import Station, fail

SPIN_FRAMES = 12
SPIN_S = 120


def ask(station, *words):
    run = subprocess.run([station.options.ostend, *words, "--state", os.path.join(station.folder, "state")],
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SPIN_S, text=True)
    if run.returncode:
        fail(f"ostend {' '.join(words)}: {run.stdout}")


def take_spin(station):
    """When the table has found its zero, which the demo's does by itself."""
    end = time.monotonic() + SPIN_S
    while refusal := station.refusal("spin", "take", str(SPIN_FRAMES), "--no-wait"):
        if time.monotonic() > end:
            fail(f"no spin: {refusal}")
        time.sleep(0.2)
    while (spin := station.ask("spin", "show", "1"))["state"] != "complete":
        if time.monotonic() > end or spin["state"] == "stopped":
            fail(f"the spin is {spin['state']}: {spin['outcome']}")
        time.sleep(0.2)


def make(options, folder):
    """The demo's showing with two stills, one of them rejected, a spin and a pause; packed when it is closed."""
    os.mkdir(os.path.join(folder, "state"), 0o700)
    station = Station(options, folder)
    try:
        station.wait_recording()
        ask(station, "still", "take", "--view", "overall")
        ask(station, "still", "take", "--view", "mid")
        ask(station, "still", "reject", "2", "--reason", "blurred")
        ask(station, "showing", "hold", "recess")
        ask(station, "showing", "resume")
        station.wait_recording()
        take_spin(station)
        ask(station, "showing", "close")
        ask(station, "package", "1", os.path.join(folder, "package"))
    finally:
        station.end(signal.SIGTERM)


class Attack:
    """Each method does one kind of damage and returns the names that must be told, and how to undo it."""

    def __init__(self, package, seed):
        self.package = package
        self.chance = random.Random(seed)
        self.names = sorted(os.path.relpath(os.path.join(folder, name), package)
                            for folder, _, names in os.walk(package) for name in names)
        self.sizes = [os.path.getsize(self.path(name)) for name in self.names]

    def path(self, name):
        return os.path.join(self.package, name)

    def any_file(self):
        if self.chance.random() < 0.5:
            return self.chance.choice(self.names)
        return self.chance.choices(self.names, self.sizes)[0]

    def byte(self):
        name = self.any_file()
        with open(self.path(name), "r+b") as file:
            at = self.chance.randrange(os.path.getsize(self.path(name)))
            file.seek(at)
            was = file.read(1)
            file.seek(at)
            file.write(bytes([was[0] ^ self.chance.randrange(1, 256)]))

        def undo():
            with open(self.path(name), "r+b") as file:
                file.seek(at)
                file.write(was)
        return [name], undo, f"byte {at}"

    def replaced(self, name, content):
        """Content instead of the file; None: no file. Undone by moving it back."""
        aside = self.package + ".aside"
        os.rename(self.path(name), aside)
        if content is not None:
            with open(self.path(name), "wb") as file:
                file.write(content)
        return lambda: os.replace(aside, self.path(name))

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def cut(self):
        name = self.chance.choice(self.names)
        content = self.read(name)
        left = self.chance.choice([0, len(content) // 2, len(content) - 1, self.chance.randrange(len(content))])
        return [name], self.replaced(name, content[:left]), f"{left} of {len(content)} bytes left"

    def longer(self):
        name = self.chance.choice(self.names)
        more = self.chance.choice([b"\n", b" ", b"\0", b"\0\0\0\x08free"])
        return [name], self.replaced(name, self.read(name) + more), f"{more} put behind"

    def taken_out(self):
        name = self.chance.choice(self.names)
        return [name], self.replaced(name, None), "no file"

    def put_in(self):
        name = self.chance.choice(["stills/0099.jpg", "recordings/recording-099.mp4", "log/leaves.bin", "README",
                                   "certificates/other.pem", "spins/01/.hidden", "stills/0001.JPG", "more/deep/file"])
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "wb") as file:
            file.write(self.read(self.chance.choice(self.names)))

        def undo():
            os.unlink(self.path(name))
            if name.startswith("more/"):
                os.removedirs(self.path("more/deep"))
        return [name], undo, "put in"

    def exchanged(self):
        one, other = self.chance.sample([name for name in self.names if name.startswith(("stills", "spins", "delivery",
                                         "recordings", "minutes", "log", "certificates"))], 2)
        if self.read(one) == self.read(other):      # two checkpoints may well be the same
            return None

        def swap():
            for source, target in ((one, self.package + ".aside"), (other, one), (self.package + ".aside", other)):
                os.rename(os.path.join(self.package, source), os.path.join(self.package, target))
        swap()
        return [one, other], swap, "exchanged"

    def renamed(self):
        name = self.chance.choice(self.names)
        target = name + self.chance.choice(["2", ".bak", "x"])
        os.rename(self.path(name), self.path(target))
        told = [name] if name == "manifest.json" else [name, target]     # without a list nothing can be too much
        return told, lambda: os.rename(self.path(target), self.path(name)), f"renamed {target}"


def verify(options, root, package):
    run = subprocess.run([options.verify, "--root", root, "--json", package], stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, timeout=120, env={**os.environ, "LC_ALL": "C"})
    try:
        said = json.loads(run.stdout)
    except ValueError:
        return run.returncode, set(), run.stderr.decode(errors="replace")
    wrong = [finding for finding in said["findings"] if finding["level"] == "wrong"]
    return run.returncode, {finding["file"] for finding in wrong}, wrong


def attack(options, root, package):
    attacker, bad, tried = Attack(package, options.seed), 0, collections.Counter()
    kinds = ["byte"] * options.changes + ["cut", "longer", "taken_out", "put_in", "exchanged", "renamed"] * max(1, options.changes // 10)
    for kind in kinds:
        damage = getattr(attacker, kind)()
        if not damage:
            continue
        names, undo, what = damage
        try:
            status, named, said = verify(options, root, package)
        finally:
            undo()
        tried[kind] += 1
        if status != 1 or not named.issuperset(names):
            bad += 1
            print(f"{kind} {names}, {what}: exit {status}, named {sorted(map(str, named))}: {said}")
    return tried, bad


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1].strip())
    parser.add_argument("--changes", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep")
    for name in ("ostendd", "ostend", "verify"):
        parser.add_argument(name)
    options = parser.parse_args()
    folder = options.keep or tempfile.mkdtemp(prefix="package-")
    os.makedirs(folder, exist_ok=True)
    package, root = os.path.join(folder, "package"), os.path.join(folder, "state/certs/root.pem")
    begun = time.monotonic()
    if not os.path.isdir(package):
        make(options, folder)
    if (whole := verify(options, root, package))[0] != 0:
        fail(f"the package is not good before anybody has touched it: {whole}")
    made_s, begun = time.monotonic() - begun, time.monotonic()
    tried, bad = attack(options, root, package)
    if (whole := verify(options, root, package))[0] != 0:
        fail(f"the package is not what it was: {whole}")
    if not options.keep:
        shutil.rmtree(folder)
    print(f"{dict(tried)} in {time.monotonic() - begun:.0f} s (made in {made_s:.0f} s); {bad} not caught or not named")
    sys.exit(1 if bad or not sum(tried.values()) else 0)


if __name__ == "__main__":
    main()
