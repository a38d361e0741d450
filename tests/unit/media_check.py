#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A second opinion on signed H.264 (ONVIF Media Signing), written apart from the station's own code.

usage: media_check.py FILE.h264 [ROOT.pem]

FILE is an Annex B byte stream. Prints one line for each signed SEI, in the order of the stream:
    section COUNTER RESULT missing=N changed=N [reason]
with RESULT ok, missing (only pictures left out), bad or foreign (its pictures are not in the file), then
    pending N        slices after the last signature
    signer RESULT    ok, bad or unknown: whether the certificates lead to ROOT
Only the standard library and the openssl command.
"""
import hashlib
import os
import struct
import subprocess
import sys
import tempfile

UUID = bytes.fromhex("005bc93f2d715e95ada4796f90877a6f")
TICKS_1970 = 116444736000000000


def sha256(data):
    return hashlib.sha256(data).digest()


def nal_units(stream):
    starts = []
    at = stream.find(b"\0\0\1")
    while at >= 0:
        starts.append(at + 3)
        at = stream.find(b"\0\0\1", at + 3)
    for start, following in zip(starts, starts[1:] + [len(stream) + 3]):
        nal = stream[start:following - 3].rstrip(b"\0")
        if nal:
            yield nal


def unescape(nal):
    out, zeros = bytearray(), 0
    for byte in nal:
        if zeros >= 2 and byte == 3:
            zeros = 0
            continue
        out.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(out)


def escape(rbsp):
    out, zeros = bytearray(), 0
    for byte in rbsp:
        if zeros == 2 and byte <= 3:
            out.append(3)
            zeros = 0
        out.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(out)


class Sei:
    def __init__(self, raw):
        at, size = 2, 0
        while raw[at] == 255:
            size, at = size + 255, at + 1
        size, at = size + raw[at], at + 1
        end = at + size
        if raw[end:] != b"\x80":
            raise ValueError("no stop byte where the payload ends")
        self.flags = raw[at + 16]
        at += 17
        self.tags = {}
        while at < end:
            tag, length = struct.unpack_from(">BH", raw, at)
            if not 1 <= tag <= 7 or at + 3 + length > end or 3 in self.tags:
                raise ValueError(f"tag {tag} of {length} bytes")
            if tag == 3:
                document = raw[:at]
            self.tags[tag] = raw[at + 3:at + 3 + length]
            at += 3 + length
        self.document = escape(document) if self.flags & 0x40 else document
        self.read_general(self.tags[1])
        listed = self.tags.get(2, b"\1")[1:]
        self.hashes = [listed[i:i + 32] for i in range(0, len(listed), 32)]
        size = struct.unpack_from(">H", self.tags[3], 1)[0]
        self.signature = self.tags[3][3:3 + size]
        self.chain = self.tags[6][2:].decode("ascii")

    def read_general(self, value):
        if value[0] != 2 or len(value) != 91:
            raise ValueError("not a general field of version 2 with SHA-256")
        self.partial = value[4]
        self.start, self.end, self.counter, self.number = struct.unpack_from(">QQIH", value, 5)
        self.section_hash, self.link = value[27:59], value[59:91]
        if not TICKS_1970 < self.start <= self.end:
            raise ValueError("its times are not in order")


def openssl(*arguments, given=b""):
    return subprocess.run(["openssl", *arguments], input=given, capture_output=True, check=False)


class Signer:
    """The certificates of the stream; they must not change."""

    def __init__(self, folder, root):
        self.folder, self.root, self.chain, self.result = folder, root, None, "unknown"

    def path(self, name, data):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(data)
        return path

    def verify(self, sei):
        if self.chain is None:
            self.chain = sei.chain
            self.take(sei.chain)
        if sei.chain != self.chain:
            return "another certificate than before"
        signature = self.path("signature", sei.signature)
        done = openssl("dgst", "-sha256", "-verify", self.key, "-signature", signature, given=sei.document)
        return "" if done.returncode == 0 else "the signature is wrong"

    def take(self, chain):
        end = "-----END CERTIFICATE-----"
        parts = [part + end + "\n" for part in chain.split(end)[:-1]]
        leaf = self.path("leaf.pem", parts[0].encode())
        rest = self.path("rest.pem", "".join(parts[1:]).encode())
        self.key = self.path("key.pem", openssl("x509", "-in", leaf, "-noout", "-pubkey").stdout)
        if self.root:
            untrusted = ["-untrusted", rest] if len(parts) > 1 else []
            done = openssl("verify", "-CAfile", self.root, *untrusted, leaf)
            self.result = "ok" if done.returncode == 0 else "bad"


class Check:
    def __init__(self, signer):
        self.signer = signer
        self.anchor, self.queue, self.before = bytes(32), [], None

    def slice(self, nal):
        first = bool(nal[1] & 0x80)
        if nal[0] & 31 == 5 and first:
            self.anchor = sha256(nal)
            self.queue.append((self.anchor, True))
        else:
            self.queue.append((sha256(self.anchor + sha256(nal)), False))

    def region(self, sei):
        if sei.partial:
            return self.queue[:sei.number]
        for i in range(1, len(self.queue)):
            if self.queue[i][1]:
                return self.queue[:i]
        return list(self.queue)

    def compare(self, sei):
        """(taken from the queue, missing, changed)"""
        region = self.region(sei)
        hashes = [entry[0] for entry in region]
        if len(hashes) == sei.number and sha256(b"".join(hashes)) == sei.section_hash:
            return len(hashes), 0, 0
        if not sei.hashes:
            return len(region), 0, len(region)
        taken, at, found = len(region), 0, 0
        for place, (value, _) in enumerate(region):
            if value in sei.hashes[at:]:
                at = sei.hashes.index(value, at) + 1
                found += 1
                last = place
        if sei.partial and found:
            taken = last + 1    # what follows may be the next section's
        return taken, len(sei.hashes) - found, taken - found

    def sei(self, sei):
        reasons = [self.signer.verify(sei)]
        if self.before is None and not any(value in sei.hashes for value, _ in self.queue):
            self.before = sei
            return f"section {sei.counter} foreign missing=0 changed=0 {reasons[0]}".rstrip()
        taken, missing, changed = self.compare(sei)
        del self.queue[:taken]
        if self.before and sei.counter != (self.before.counter + 1) & 0xffffffff:
            reasons.append(f"it follows section {self.before.counter}")
        elif self.before and self.before.hashes and sei.link != self.before.hashes[0]:
            reasons.append("it is not linked to the section before")
        elif not self.before and sei.counter == 1 and sei.link != bytes(32):
            reasons.append("the first section is linked to another")
        self.before = sei
        reasons = "; ".join(reason for reason in reasons if reason)
        result = "bad" if reasons or changed else "missing" if missing else "ok"
        if sei.hashes and sha256(b"".join(sei.hashes)) != sei.section_hash:
            reasons += "(its hash is not that of its list, which counts)"  # the reference signer's last one
        return f"section {sei.counter} {result} missing={missing} changed={changed} {reasons}".rstrip()


def main(path, root=None):
    with open(path, "rb") as file:
        stream = file.read()
    with tempfile.TemporaryDirectory() as folder:
        check = Check(Signer(folder, root))
        for nal in nal_units(stream):
            if nal[0] & 31 in (1, 5):
                check.slice(nal)
            elif nal[0] & 31 == 6 and UUID in nal[:64]:
                try:
                    print(check.sei(Sei(unescape(nal))))
                except (ValueError, KeyError, IndexError, struct.error) as error:
                    print(f"unreadable {error}")
        print("pending", len(check.queue))
        print("signer", check.signer.result)


if __name__ == "__main__":
    main(*sys.argv[1:])
