#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a power cut can leave of the files that a program writes, and whether that is good enough.

    power.py [--states N] [--seed S] [--with DIR] [--keep] -- CHECKER [ARG...] -- WRITER [ARG...]

The WRITER runs once, in a trace of its file calls. Wherever an argument says {} it gets the folder whose
files are followed. Each line that it writes to its standard output says that something is done for good:
an acknowledgement. It must write such a line only when it would also tell a person so.

Then N times: the power fails at a random call. What was synced before is there. Of what was not, each
sector or page of each write, each change of a size and each change of a name is there or not, at random.
The CHECKER gets a folder in this state for {}, and a file with the acknowledgements up to that moment for
{acks}; it exits with 0 when nothing acknowledged is missing and nothing is broken, otherwise with a
sentence on its standard output. --with DIR: what the folder holds, durably, before the writer starts.

The disk that is played here is a mean one. A file's bytes are durable by fsync, fdatasync or O_SYNC of that
file. A name (made, renamed, removed) is durable by fsync of its folder and by nothing else; a rename is
there as a whole or not at all. Nothing is ordered but by a sync. What it cannot see: bytes written through
mmap (files that end in -shm are dropped, as SQLite makes them anew), and one file that is open twice under
the same descriptor number in two processes.

Exit status 0: all states good; 1: the first few bad ones are named, each with the seed that makes it again
(--states 1 --seed S --keep leaves the folder for a look); 77: no strace, or no right to trace.
"""
import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

CALLS = ("open,openat,creat,close,dup,dup2,dup3,write,pwrite64,writev,pwritev,pwritev2,lseek,fsync,fdatasync,"
         "sync,syncfs,ftruncate,truncate,fallocate,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,"
         "rmdir,link,linkat,sendfile,copy_file_range")
UNKNOWN = {"sendfile", "copy_file_range", "link", "linkat", "dup", "dup2", "dup3"}
SHOWN = 5


# --- the trace: text to (call, arguments, result) --------------------------------------------------------

def unquote(text):
    """The bytes of a string of strace -xx."""
    return bytes.fromhex("".join(text.split("\\x")))


def split(text):
    """The arguments at the upper level, brackets and strings whole."""
    parts, depth, quoted, start = [], 0, False, 0
    for at, char in enumerate(text):
        if char == '"':
            quoted = not quoted
        elif not quoted and char in "[{(":
            depth += 1
        elif not quoted and char in "]})":
            depth -= 1
        elif not quoted and not depth and char == ",":
            parts.append(text[start:at].strip())
            start = at + 1
    return parts + [text[start:].strip()]


def read_calls(path):
    """Yield (index of the line where it began, name, arguments, result), in the order of their ends."""
    begun = {}
    with open(path, errors="replace") as trace:
        for number, line in enumerate(trace):
            thread, _, rest = line.rstrip("\n").partition(" ")
            rest = rest.strip()
            if rest.endswith("<unfinished ...>"):
                begun[thread] = (number, rest[:-len("<unfinished ...>")])
                continue
            start = number
            resumed = re.match(r"<\.\.\. \w+ resumed>(.*)", rest)
            if resumed and thread in begun:
                start, first = begun.pop(thread)
                rest = first + resumed[1]
            call = re.match(r"(\w+)\((.*)\)\s+= (-?\d+)", rest)
            if call and int(call[3]) >= 0:
                yield start, call[1], split(call[2]), int(call[3]), rest


def file_of(argument):
    """(number, path) of a descriptor as strace -y shows it."""
    found = re.match(r"(-?\d+|AT_FDCWD)<((?:\\x[0-9a-f]{2})*|[^>]*)>", argument)
    if not found:
        return argument, None
    path = found[2]
    return found[1], unquote(path).decode() if path.startswith("\\x") else path


def string_of(argument):
    return unquote(re.match(r'"((?:\\x[0-9a-f]{2})*)"', argument)[1])


def bytes_of(name, arguments, result):
    """What a write call has written."""
    if name.startswith("p") and "v" in name or name == "writev":
        whole = b"".join(unquote(part) for part in re.findall(r'iov_base="((?:\\x[0-9a-f]{2})*)"', arguments[1]))
    else:
        whole = string_of(arguments[1])
    return whole[:result]


# --- what the calls did: a list of changes ---------------------------------------------------------------

class Node:
    """A file or a folder, whatever it is called."""

    def __init__(self, folder=False):
        self.folder = folder
        self.names = {}                     # of a folder: as they are now, for the writer
        self.size = 0


class Recorder:
    """Follows the writer, and notes each change as (kind, node, ...), each sync and acknowledgement."""

    def __init__(self, root):
        self.root_path = root
        self.root = Node(True)
        self.changes = []
        self.offsets = {}                   # (descriptor, path): where write() goes on
        self.flags = {}

    def inside(self, path):
        return path is not None and (path + "/").startswith(self.root_path + "/")

    def find(self, path):
        node = self.root
        for part in path[len(self.root_path):].strip("/").split("/"):
            node = node.names.get(part) if part and node else node
        return node

    def parent(self, path):
        return self.find(os.path.dirname(path)), os.path.basename(path)

    def path_at(self, folder, name):
        name = string_of(name).decode()
        return os.path.normpath(os.path.join(file_of(folder)[1] or "", name) if folder else name)

    def set_name(self, *pairs):
        """One change of names that is whole or not at all: (path, node or None to remove)."""
        change = []
        for path, node in pairs:
            folder, name = self.parent(path)
            change.append((folder, name, node))
            if node:
                folder.names[name] = node
            else:
                folder.names.pop(name, None)
        self.changes.append(("names", change))

    def load(self, path, folder=None):
        """What is there before the writer starts, as durable."""
        for entry in sorted(os.scandir(folder or self.root_path), key=lambda entry: entry.name):
            node = Node(entry.is_dir())
            self.set_name((entry.path, node))
            if entry.is_dir():
                self.load(path, entry.path)
            else:
                with open(entry.path, "rb") as file:
                    self.write(node, 0, file.read())
        self.changes.append(("sync all", 0))

    def write(self, node, offset, data, synced=False):
        node.size = max(node.size, offset + len(data))
        self.changes.append(("write", node, offset, data))
        if synced:
            self.changes.append(("sync", node, len(self.changes)))

    def opened(self, path, flags, number):
        if not self.inside(path):
            return
        node = self.find(path)
        if not node and "O_CREAT" in flags:
            node = Node()
            self.set_name((path, node))
        if node and "O_TRUNC" in flags and node.size:
            self.resize(node, 0)
        self.offsets[number, path] = 0
        self.flags[number, path] = flags

    def resize(self, node, size):
        node.size = size
        self.changes.append(("size", node, size))

    def take_write(self, name, arguments, result):
        number, path = file_of(arguments[0])
        data = bytes_of(name, arguments, result)
        if number == "1" and not self.inside(path):
            self.changes += [("said", line) for line in data.decode(errors="replace").splitlines()]
        if not self.inside(path) or not self.find(path):
            return
        node, flags = self.find(path), self.flags.get((number, path), "")
        if name.startswith("p"):
            offset = int(arguments[3])
        else:
            offset = node.size if "O_APPEND" in flags else self.offsets.get((number, path), 0)
            self.offsets[number, path] = offset + result
        self.write(node, offset, data, "SYNC" in flags)

    def take_names(self, name, arguments):
        if name in ("rename", "renameat", "renameat2"):
            at = name != "rename"
            old = self.path_at(arguments[0] if at else None, arguments[1 if at else 0])
            new = self.path_at(arguments[2] if at else None, arguments[3 if at else 1])
            if self.inside(old) or self.inside(new):
                self.set_name((old, None), (new, self.find(old)))
            return
        at = name.endswith("at")
        path = self.path_at(arguments[0] if at else None, arguments[1 if at else 0])
        if self.inside(path):
            self.set_name((path, Node(True) if name.startswith("mkdir") else None))

    def take_size(self, name, arguments):
        path = string_of(arguments[0]).decode() if name == "truncate" else file_of(arguments[0])[1]
        if not self.inside(path) or not self.find(path):
            return
        node = self.find(path)
        if name == "fallocate":
            size = int(arguments[2]) + int(arguments[3])
            if "KEEP_SIZE" not in arguments[1] and size > node.size:
                self.resize(node, size)
        else:
            self.resize(node, int(arguments[1]))

    def take(self, start, name, arguments, result, line):
        if name in ("open", "openat", "creat"):
            shown = re.search(r"= \d+<((?:\\x[0-9a-f]{2})+)>$", line)
            flags = arguments[2 if name == "openat" else 1] if name != "creat" else "O_CREAT|O_TRUNC"
            self.opened(unquote(shown[1]).decode() if shown else None, flags, str(result))
        elif "write" in name:
            self.take_write(name, arguments, result)
        elif name == "lseek":
            self.offsets[file_of(arguments[0])] = result
        elif name in ("fsync", "fdatasync"):
            path = file_of(arguments[0])[1]
            if self.inside(path) and self.find(path):
                self.changes.append(("sync", self.find(path), self.begun(start)))
        elif name in ("sync", "syncfs"):
            self.changes.append(("sync all", self.begun(start)))
        elif name in ("ftruncate", "truncate", "fallocate"):
            self.take_size(name, arguments)
        elif name.startswith(("rename", "unlink", "mkdir", "rmdir")):
            self.take_names(name, arguments)
        elif name in UNKNOWN and any(self.inside(file_of(argument)[1]) for argument in arguments[:2]):
            sys.exit(f"power.py: {name} on a followed file is more than this understands")

    def begun(self, start):
        """How many changes there were when a call began that ended only now: it may sync no later ones."""
        return self.marks[start]

    def follow(self, trace):
        self.marks = Marks()
        for start, name, arguments, result, line in read_calls(trace):
            self.marks.note(start, len(self.changes))
            self.take(start, name, arguments, result, line)


class Marks:
    """Number of changes when line N was reached; lines in between had the number of the last one before."""

    def __init__(self):
        self.lines, self.counts = [], []

    def note(self, line, count):
        if not self.lines or line > self.lines[-1]:
            self.lines.append(line)
            self.counts.append(count)

    def __getitem__(self, line):
        for at in range(len(self.lines) - 1, -1, -1):
            if self.lines[at] <= line:
                return self.counts[at]
        return 0


# --- the disk --------------------------------------------------------------------------------------------

class Disk:
    """What is durable, and what is not yet. Changes are told in their order; a cut is a look, not a change."""

    def __init__(self, root):
        self.root = root
        self.bytes = {}                     # node: bytearray
        self.names = {root: {}}             # folder: {name: node}
        self.pending = []                   # (place in the order, change)
        self.said = []

    @staticmethod
    def put(files, node, offset, data):
        file = files.setdefault(node, bytearray())
        if len(file) < offset + len(data):
            file.extend(bytes(offset + len(data) - len(file)))
        file[offset:offset + len(data)] = data

    @classmethod
    def apply(cls, files, names, change):
        if change[0] == "write":
            cls.put(files, *change[1:])
        elif change[0] == "size":
            file = files.setdefault(change[1], bytearray())
            del file[change[2]:]
            file.extend(bytes(change[2] - len(file)))
        else:
            for folder, name, node in change[1]:
                entries = names.setdefault(folder, {})
                if node:
                    entries[name] = node
                else:
                    entries.pop(name, None)

    @staticmethod
    def concerns(change, node):
        if change[0] == "names":
            return any(folder is node for folder, _, _ in change[1])
        return change[1] is node

    def take(self, place, change):
        if change[0] == "said":
            self.said.append(change[1])
        elif not change[0].startswith("sync"):
            self.pending.append((place, change))
        else:
            left = []
            for before, pending in self.pending:
                if before < change[-1] and (change[0] == "sync all" or self.concerns(pending, change[1])):
                    self.apply(self.bytes, self.names, pending)
                else:
                    left.append((before, pending))
            self.pending = left

    def cut(self, chance):
        """(files, names) as the power cut leaves them."""
        files, names = dict(self.bytes), {folder: dict(entries) for folder, entries in self.names.items()}
        touched = set()
        keep, grain = chance.choice([0.0, 0.3, 0.7, 0.95, 1.0]), chance.choice([512, 4096])
        for _, change in self.pending:
            if change[0] != "names" and change[1] not in touched:
                files[change[1]] = bytearray(files.get(change[1], b""))
                touched.add(change[1])
            if change[0] == "write":
                _, node, offset, data = change
                at = 0
                while at < len(data):       # a device writes whole sectors, wherever the call began
                    end = min(len(data), (offset + at) // grain * grain + grain - offset)
                    if chance.random() < keep:
                        self.put(files, node, offset + at, data[at:end])
                    at = end
            elif chance.random() < keep:
                self.apply(files, names, change)
        return files, names

    @classmethod
    def lay_out(cls, folder, node, files, names):
        os.makedirs(folder, 0o700, exist_ok=True)
        for name, entry in names.get(node, {}).items():
            path = os.path.join(folder, name)
            if entry.folder:
                cls.lay_out(path, entry, files, names)
            elif not name.endswith("-shm"):
                with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
                    file.write(files.get(entry, b""))


# --- run -------------------------------------------------------------------------------------------------

def filled(command, folder, acks=""):
    return [part.replace("{acks}", acks).replace("{}", folder) for part in command]


def trace(writer, folder, path):
    if not shutil.which("strace"):
        print("power.py: strace is missing")
        sys.exit(77)
    run = subprocess.run(["strace", "-f", "-qq", "-y", "-xx", "-s", "33554432", "-o", path, "-e", "trace=" + CALLS]
                         + filled(writer, folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if b"PTRACE" in run.stderr or b"ptrace" in run.stderr:
        print("power.py: tracing is not allowed here")
        sys.exit(77)
    if run.returncode:
        sys.exit(f"power.py: the writer failed ({run.returncode}): {run.stderr.decode(errors='replace')}")


def check(disk, checker, seed, place, work):
    folder, acks = os.path.join(work, "state"), os.path.join(work, "acks")
    shutil.rmtree(folder, ignore_errors=True)
    disk.lay_out(folder, disk.root, *disk.cut(random.Random(seed)))
    with open(acks, "w") as file:
        file.writelines(line + "\n" for line in disk.said)
    run = subprocess.run(filled(checker, folder, acks), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if run.returncode == 0:
        return None
    words = run.stdout.decode(errors="replace").strip() or f"exit status {run.returncode}"
    return f"seed {seed}, cut at change {place}, {len(disk.said)} acknowledged: {words[-400:]}"


def play(recorder, first, options, checker, work):
    """Every cut, in the order of time, so that the durable state is built only once."""
    changes = recorder.changes
    places = sorted((random.Random(seed).randrange(first, len(changes) + 1), seed)
                    for seed in range(options.seed, options.seed + options.states))
    disk, at, bad = Disk(recorder.root), 0, []
    for place, seed in places:
        while at < place:
            disk.take(at, changes[at])
            at += 1
        sentence = check(disk, checker, seed, place, work)
        if sentence:
            bad.append(sentence)
    return bad


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1].strip())
    parser.add_argument("--states", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--with", dest="before")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("commands", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    commands = options.commands[options.commands[:1] == ["--"]:]
    if "--" not in commands[1:-1]:
        parser.error("a checker, --, and a writer")
    middle = commands.index("--")
    work = os.path.realpath(tempfile.mkdtemp(prefix="power-"))
    try:
        folder = os.path.join(work, "folder")
        shutil.copytree(options.before, folder) if options.before else os.mkdir(folder, 0o700)
        recorder = Recorder(folder)
        recorder.load(folder)
        first = len(recorder.changes)
        trace(commands[middle + 1:], folder, os.path.join(work, "trace"))
        recorder.follow(os.path.join(work, "trace"))
        kinds = [change[0] for change in recorder.changes[first:]]
        print("changes:", ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds)))
        bad = play(recorder, first, options, commands[:middle], work)
    finally:
        if options.keep:
            print("left in", work)
        else:
            shutil.rmtree(work, ignore_errors=True)
    print(f"{options.states} power cuts, {len(bad)} bad")
    for sentence in bad[:SHOWN]:
        print(" ", sentence)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
