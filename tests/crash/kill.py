#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A program that is killed at random moments, again and again, in one folder.

    kill.py [--kills N] [--seed S] [--longest MS] -- CHECKER [ARG...] -- WRITER [ARG...]

As power.py has it: {} is the folder, {acks} a file with the lines that the writer has put out, which the
checker must find kept. The writer goes on for ever; it is killed (SIGKILL) up to --longest milliseconds after
its first line, and the checker looks. Then it is started again, in the folder as it is. Exit status 0 when
the checker was content every time.
"""
import argparse
import os
import random
import select
import shutil
import subprocess
import sys
import tempfile
import time

START_S = 20        # a writer that says nothing for so long does not work


def filled(command, folder, acks):
    return [part.replace("{acks}", acks).replace("{}", folder) for part in command]


def run_and_kill(writer, moment_s):
    """What it said until it was killed, whole lines only."""
    process = subprocess.Popen(writer, stdout=subprocess.PIPE)
    said = b""
    if select.select([process.stdout], [], [], START_S)[0]:
        end = time.monotonic() + moment_s
        while (left := end - time.monotonic()) > 0:
            if select.select([process.stdout], [], [], left)[0]:
                said += (part := os.read(process.stdout.fileno(), 65536))
                if not part:
                    break
    ended = process.poll()
    process.kill()
    said += process.stdout.read()
    process.wait()
    if ended is not None:
        sys.exit(f"kill.py: the writer ended by itself ({ended}): {said[-300:].decode(errors='replace')}")
    if not said:
        sys.exit(f"kill.py: the writer has said nothing in {START_S} s")
    return said[:said.rfind(b"\n") + 1]


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1].strip())
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--longest", type=int, default=60)
    parser.add_argument("commands", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    commands = options.commands[options.commands[:1] == ["--"]:]
    if "--" not in commands[1:-1]:
        parser.error("a checker, --, and a writer")
    middle = commands.index("--")
    work = tempfile.mkdtemp(prefix="kill-")
    folder, acks = os.path.join(work, "folder"), os.path.join(work, "acks")
    os.mkdir(folder, 0o700)
    chance = random.Random(options.seed)
    count = 0
    try:
        for kill in range(options.kills):
            said = run_and_kill(filled(commands[middle + 1:], folder, acks), chance.random() * options.longest / 1000)
            count += said.count(b"\n")
            with open(acks, "ab") as file:
                file.write(said)
            run = subprocess.run(filled(commands[:middle], folder, acks), stdout=subprocess.PIPE)
            if run.returncode:
                sys.exit(f"kill.py: after kill {kill + 1}, {count} acknowledged: {run.stdout.decode(errors='replace')}")
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print(f"{options.kills} kills, {count} acknowledged, nothing lost")


if __name__ == "__main__":
    main()
