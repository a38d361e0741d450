#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A second opinion on the log of a package, written apart from ostend-verify: second_opinion.py PACKAGE

Every entry stands in the log that the checkpoint signs, and the log only grew from the opening on. Nothing but
Python's standard library, and openssl for the one signature that Python cannot check. Exit status 0 or 1.
"""
import base64, hashlib, json, os, subprocess, sys, tempfile


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def node(left, right):
    return sha(b"\1", left, right)


def climb(f, s, proof, x, y):
    """RFC 9162 2.1.3.2 and 2.1.4.2: up from node f of a level whose last is s; y takes all, x the left siblings."""
    for q in proof:
        assert s > 0, "a proof is too long"
        if f & 1 or f == s:
            x, y = node(q, x), node(q, y)
            while f and not f & 1:
                f, s = f >> 1, s >> 1
        else:
            y = node(y, q)
        f, s = f >> 1, s >> 1
    assert s == 0, "a proof is too short"
    return x, y


def consistent(old, new, proof):
    (m, a), (n, b) = old, new
    assert m <= n, "the log has shrunk"
    if m == n:
        assert a == b and not proof, "two logs of one size"
        return
    proof = ([a] if m & (m - 1) == 0 else []) + proof
    f, s = m - 1, n - 1
    while f & 1:
        f, s = f >> 1, s >> 1
    assert climb(f, s, proof[1:], proof[0], proof[0]) == (a, b), "the log was rewritten"


def checkpoint(folder, name, key):
    note = open(os.path.join(folder, name), "rb").read()
    text, signatures = note.rsplit(b"\n\n", 1)
    origin, size, root = (text + b"\n").decode().split("\n")[:3]
    mine = [base64.b64decode(line.split(" ")[2], validate=True) for line in signatures.decode().splitlines()
            if line.startswith("\u2014 " + origin + " ")]
    with tempfile.TemporaryDirectory() as temp:
        for file, data in (("text", text + b"\n"), ("signature", mine[0][4:]), ("key", key)):
            open(os.path.join(temp, file), "wb").write(data)
        subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "key", "-rawin", "-in", "text", "-sigfile",
                        "signature"], cwd=temp, check=True, capture_output=True)
    return origin, (int(size), base64.b64decode(root, validate=True))


def hashes(proof):
    return [base64.b64decode(text, validate=True) for text in proof["hashes"]]


def check(folder):
    read = lambda name: open(os.path.join(folder, name), "rb").read()
    manifest, log = json.loads(read("manifest.json")), json.loads(read("manifest.json"))["log"]
    key = subprocess.run(["openssl", "x509", "-in", "certificates/checkpoint.pem", "-noout", "-pubkey"], cwd=folder,
                         check=True, capture_output=True).stdout
    names = ["opening-checkpoint"] + ["closing-checkpoint"] * os.path.exists(os.path.join(folder, "log/closing-checkpoint"))
    states = []
    for name in names + ["checkpoint"]:
        origin, state = checkpoint(folder, "log/" + name, key)
        assert origin == log["origin"], "of another log"
        states.append(state)
    size, root = states[-1]
    assert (size, root) == (log["size"], base64.b64decode(log["root"])), "not the manifest's checkpoint"
    lines = read("log/entries.jsonl").split(b"\n")
    proofs = json.loads(read("log/proofs.json"))
    assert lines.pop() == b"" and len(lines) == len(proofs) == log["entries"], "entries or proofs are missing"
    last = -1
    for line, proof in zip(lines, proofs):
        seq = json.loads(line)["seq"]
        assert last < seq == proof["seq"] < size, "entry %d stands in the wrong place" % seq
        leaf = sha(b"\0", line)
        assert climb(seq, size - 1, hashes(proof), leaf, leaf)[1] == root, "entry %d is not in the log" % seq
        last = seq
    steps = json.loads(read("log/consistency.json"))
    assert len(steps) == len(names), "proofs of growth are missing"
    for step, old, new in zip(steps, states, states[1:]):
        assert (step["old"], step["new"]) == (old[0], new[0]), "a proof of growth is of other sizes"
        consistent(old, new, hashes(step))
    print("the log holds: %d of %d entries shown, station %s" % (len(lines), size, manifest["station"]))


if __name__ == "__main__":
    try:
        check(sys.argv[1])
    except Exception as error:      # whatever is wrong with a package, it is not good
        sys.exit("the log does not hold: %s" % (error or type(error).__name__))
