// SPDX-License-Identifier: GPL-3.0-or-later
// Signed notes and consistency proofs (C2SP signed-note and tlog-checkpoint, RFC 9162 2.1.4.2), by WebCrypto alone.

const ED25519 = 1;

const fromBase64 = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
const same = (a, b) => a.length === b.length && a.every((byte, at) => byte === b[at]);
const bytesOf = (text) => new TextEncoder().encode(text);

function joined(...parts) {
  const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const hash = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", joined(...parts)));
const node = (left, right) => hash([1], left, right);

/** Whether this browser can check an Ed25519 signature at all. */
export async function canCheck() {
  try {
    await crypto.subtle.importKey("raw", new Uint8Array(32), "Ed25519", false, ["verify"]);
    return true;
  } catch {
    return false;
  }
}

/** "name+id+key": {name, id, key}, or an error for what is none of Ed25519, or whose id is not its own. */
export async function readKey(text) {
  const [, name, id, base64] = /^([^\s+]+)\+([0-9a-f]{8})\+(\S+)$/.exec(text) ?? [];
  if (!name) throw new Error("no verifier key");
  const bytes = fromBase64(base64);
  if (bytes.length !== 33 || bytes[0] !== ED25519) throw new Error("a key of another kind");
  const right = (await hash(bytesOf(`${name}\n`), bytes)).slice(0, 4);
  if ([...right].map((byte) => byte.toString(16).padStart(2, "0")).join("") !== id) throw new Error("the key's id is not its own");
  return { name, id: right, key: bytes.slice(1) };
}

/** The checkpoint in `note`, when `key` has signed it: {origin, size, root}; an error otherwise. */
export async function readCheckpoint(note, key) {
  const end = note.lastIndexOf("\n\n");
  const text = note.slice(0, end + 1);
  const [, origin, size, root] = /^([^\n]+)\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n$/.exec(text) ?? [];
  if (end < 0 || !origin || origin !== key.name) throw new Error("no checkpoint of this record");
  for (const line of note.slice(end + 2).split("\n")) {
    const [, name, base64] = /^\u2014 ([^\s+]+) (\S+)$/.exec(line) ?? [];
    if (name !== key.name) continue;
    const bytes = fromBase64(base64);
    if (!same(bytes.slice(0, 4), key.id)) continue;
    const verifier = await crypto.subtle.importKey("raw", key.key, "Ed25519", false, ["verify"]);
    if (await crypto.subtle.verify("Ed25519", verifier, bytes.slice(4), bytesOf(text)))
      return { origin, size: Number(size), root };
    throw new Error("the signature is wrong");
  }
  throw new Error("it is not signed by this key");
}

/** Whether the proof shows that the tree of `next` continues that of `old` (both {size, root}). */
export async function continues(old, next, hashes) {
  const oldRoot = fromBase64(old.root);
  const root = fromBase64(next.root);
  if (old.size > next.size) return false;
  if (old.size === next.size || old.size === 0) return !hashes.length && (old.size === 0 || same(oldRoot, root));
  const proof = hashes.map(fromBase64);
  if (!proof.length || proof.some((item) => item.length !== 32)) return false;
  let first = old.size - 1;
  let last = next.size - 1;
  const climb = () => { first = Math.floor(first / 2); last = Math.floor(last / 2); };
  while (first % 2) climb();
  // a complete old tree is where the walk begins, and need not be in the proof
  let at = first === 0 ? oldRoot : proof.shift();
  let oldAt = at;
  for (const item of proof) {
    if (!last) return false;
    if (first % 2 || first === last) {
      oldAt = await node(item, oldAt);
      at = await node(item, at);
      while (first && first % 2 === 0) climb();
    } else {
      at = await node(at, item);
    }
    climb();
  }
  return !last && same(oldAt, oldRoot) && same(at, root);
}
