// SPDX-License-Identifier: GPL-3.0-or-later
// Signed video as a receiver sees it (ONVIF Media Signing): which slices a signature covers, and which it does not.
//
// Slices are hashed as they come and wait in a queue. A signed SEI lists the hashes of its section; the queue is
// aligned with the list in order. What is listed and did not come is missing: the network loses pictures. What came
// and is in no list was changed, or put in.

const UUID = [0x00, 0x5b, 0xc9, 0x3f, 0x2d, 0x71, 0x5e, 0x95, 0xad, 0xa4, 0x79, 0x6f, 0x90, 0x87, 0x7a, 0x6f];
const SLICE = 1;
const IDR = 5;
const SEI = 6;
const HASH = 32;
const QUEUE_MAX = 600; // as many as a section can have
const TAG = { general: 1, hashes: 2, signature: 3, chain: 6 };

// --- bytes ------------------------------------------------------------------------------------------

/** The NAL units of an access unit with start codes, without zeros behind them. */
export function nalUnits(bytes) {
  const starts = [];
  for (let at = bytes.indexOf(1, 2); at >= 0; at = bytes.indexOf(1, at + 1))
    if (bytes[at - 1] === 0 && bytes[at - 2] === 0) starts.push(at + 1);
  return starts.map((start, i) => {
    let end = i + 1 < starts.length ? starts[i + 1] - 3 : bytes.length;
    while (end > start && bytes[end - 1] === 0) end--;
    return bytes.subarray(start, end);
  }).filter((nal) => nal.length);
}

/** Without emulation prevention; `places` says where each byte stood. */
function unescape(nal) {
  const raw = new Uint8Array(nal.length);
  const places = new Uint32Array(nal.length);
  let length = 0;
  let zeros = 0;
  nal.forEach((byte, place) => {
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      return;
    }
    raw[length] = byte;
    places[length++] = place;
    zeros = byte ? 0 : zeros + 1;
  });
  return { raw: raw.subarray(0, length), places };
}

const text = (bytes) => String.fromCharCode(...bytes); // a digest as something that can be compared
const bytesOf = (string) => Uint8Array.from(string, (character) => character.charCodeAt(0));

async function digest(bytes) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

async function anchored(anchor, hash) {
  const both = new Uint8Array(2 * HASH);
  both.set(anchor);
  both.set(hash, HASH);
  return text(await digest(both));
}

// --- the SEI ----------------------------------------------------------------------------------------

function isSigningSei(nal) {
  if ((nal[0] & 31) !== SEI || nal[1] !== 5) return false;
  let at = 2;
  while (nal[at] === 0xff) at++;
  return UUID.every((byte, i) => nal[at + 1 + i] === byte);
}

/** Tag, length, value ... up to the stop byte. Throws what is wrong. */
function readTags(raw) {
  let at = 2;
  let size = 0;
  while (raw[at] === 0xff) size += raw[at++];
  size += raw[at++];
  const end = at + size;
  const flags = raw[at + UUID.length];
  const tags = new Map();
  if (end + 1 !== raw.length || raw[end] !== 0x80) throw new Error("size");
  at += UUID.length + 1;
  while (at < end) {
    const tag = raw[at];
    const length = raw[at + 1] << 8 | raw[at + 2];
    if (tag < 1 || tag > 7 || tags.has(tag) || tags.has(TAG.signature) || at + 3 + length > end) throw new Error("tags");
    tags.set(tag, { at, value: raw.subarray(at + 3, at + 3 + length) });
    at += 3 + length;
  }
  return { flags, tags };
}

function readGeneral(value) {
  if (value[0] !== 2 || value.length !== 27 + 2 * HASH) throw new Error("general");
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  const milliseconds = (offset) => Number(view.getBigInt64(offset) / 10000n - 11644473600000n);
  return {
    start_ms: milliseconds(5),
    end_ms: milliseconds(13),
    counter: view.getUint32(21),
    link: text(value.subarray(59, 91)),
  };
}

function readHashes(value) {
  const hashes = [];
  for (let at = 1; at + HASH <= value.length; at += HASH) hashes.push(text(value.subarray(at, at + HASH)));
  return hashes;
}

/** The base64 of the first certificate of a PEM text, without line breaks. */
function leafOf(pem) {
  return /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END/.exec(pem)?.[1].replace(/\s/g, "") ?? "";
}

function readSei(nal) {
  const { raw, places } = unescape(nal);
  const { flags, tags } = readTags(raw);
  const signature = tags.get(TAG.signature);
  const size = signature.value[1] << 8 | signature.value[2];
  // signed is what stands before the signature's tag; an escape byte that stands between them is not
  const document = flags & 0x40 ? nal.subarray(0, places[signature.at - 1] + 1) : raw.subarray(0, signature.at);
  return {
    ...readGeneral(tags.get(TAG.general).value),
    hashes: readHashes(tags.get(TAG.hashes).value),
    leaf: leafOf(String.fromCharCode(...tags.get(TAG.chain).value.subarray(2))),
    signature: signature.value.subarray(3, 3 + size),
    document,
  };
}

// --- the key ----------------------------------------------------------------------------------------

/** One DER element: where its content is, and where the next one begins. */
function element(der, at) {
  let length = der[at + 1];
  let start = at + 2;
  if (length > 0x80) {
    const count = length & 0x7f;
    length = 0;
    for (let i = 0; i < count; i++) length = length << 8 | der[start++];
  }
  return { tag: der[at], start, end: start + length };
}

/** SubjectPublicKeyInfo of a certificate (RFC 5280 4.1): the element after the subject. */
function publicKeyInfo(der) {
  let at = element(der, element(der, 0).start).start;
  if (der[at] === 0xa0) at = element(der, at).end; // version
  for (let i = 0; i < 5; i++) at = element(der, at).end; // serial, algorithm, issuer, validity, subject
  return der.subarray(at, element(der, at).end);
}

/** What `chain` (PEM, leaf first) says signatures have to be made with. */
export async function readKey(chain) {
  const leaf = leafOf(chain);
  const info = publicKeyInfo(bytesOf(atob(leaf)));
  const key = await crypto.subtle.importKey("spki", info, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
  return { leaf, key };
}

/** DER of two integers as the 64 bytes that WebCrypto takes. */
function rawSignature(der) {
  const raw = new Uint8Array(64);
  let at = element(der, 0).start;
  for (const end of [32, 64]) {
    const integer = element(der, at);
    const digits = der.subarray(Math.max(integer.start, integer.end - 32), integer.end);
    raw.set(digits, end - digits.length);
    at = integer.end;
  }
  return raw;
}

async function isSigned(sei, { leaf, key }) {
  if (sei.leaf !== leaf) return false;
  return crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, rawSignature(sei.signature), sei.document);
}

// --- sections ---------------------------------------------------------------------------------------

/** Which of `entries` are in `list`, in order: for each its place in the list, or -1. */
function align(entries, list) {
  let at = 0;
  return entries.map(({ hash }) => {
    const place = list.indexOf(hash, at);
    if (place >= 0) at = place + 1;
    return place;
  });
}

export class SectionReader {
  #queue = []; // {hash, own, idr}: own is the slice's hash without the anchor
  #anchor = new Uint8Array(HASH);
  #before = null; // the SEI before, if it was signed
  #doubtful = false; // signatures were lost, and since then nothing could be placed: slices may lack their anchor

  /** `key` of readKey(). */
  constructor(key) {
    this.key = key;
  }

  /**
   * Take an access unit: a list of verdicts, one for each SEI in it. {result, counter, start_ms, end_ms, missing,
   * changed, unsigned, reason}: result is "good", "gap" (something is missing or unsigned), "bad" or "foreign" (of a
   * section that none of was received). Calls must not overlap.
   */
  async take(bytes) {
    const verdicts = [];
    for (const nal of nalUnits(bytes)) {
      const type = nal[0] & 31;
      if (type === SLICE || type === IDR) await this.#add(nal, type === IDR && nal[1] >= 0x80);
      else if (isSigningSei(nal)) verdicts.push(await this.#judge(nal));
    }
    if (this.#queue.length > QUEUE_MAX)
      verdicts.push({ result: "gap", missing: 0, changed: 0, unsigned: this.#queue.splice(0, QUEUE_MAX / 2).length, reason: "unsigned" });
    return verdicts;
  }

  async #add(nal, begins) {
    const own = await digest(nal);
    if (begins) this.#anchor = own;
    this.#queue.push({ own, idr: begins, hash: begins ? text(own) : await anchored(this.#anchor, own) });
  }

  async #judge(nal) {
    let sei;
    try {
      sei = readSei(nal);
    } catch (error) {
      return { result: "bad", missing: 0, changed: 0, unsigned: 0, reason: `unreadable: ${error.message}` };
    }
    const { counter, start_ms, end_ms } = sei;
    if (!await isSigned(sei, this.key))
      return { result: "bad", counter, start_ms, end_ms, missing: 0, changed: 0, unsigned: 0, reason: "signature" };
    return { counter, start_ms, end_ms, ...await this.#compare(sei) };
  }

  /** How it follows on the section before: "" (well), "gap" or "bad". */
  #succession(sei) {
    if (!this.#before) return "";
    const step = sei.counter - this.#before.counter >>> 0;
    if (step === 1) return sei.link === this.#before.hashes[0] ? "" : "bad";
    return step > 0 && step < 2 ** 31 ? "gap" : "bad";
  }

  /** Where the IDR picture got lost its hash is in the list all the same: hash with it what came after. */
  async #reanchor(list) {
    const anchor = bytesOf(list[0] ?? "");
    if (anchor.length !== HASH || text(this.#anchor) === list[0]) return;
    const until = this.#queue.findIndex((entry, i) => entry.idr && i > 0);
    const entries = await Promise.all((until < 0 ? this.#queue : this.#queue.slice(0, until))
      .map(async (entry) => (entry.idr ? entry : { ...entry, hash: await anchored(anchor, entry.own) })));
    if (!align(entries, list).some((place) => place >= 0)) return;
    this.#queue.splice(0, entries.length, ...entries);
    if (until < 0) this.#anchor = anchor;
  }

  async #compare(sei) {
    const succession = this.#succession(sei);
    const begins = !this.#before;
    if (!align(this.#queue, sei.hashes).some((place) => place >= 0)) await this.#reanchor(sei.hashes);
    const places = align(this.#queue, sei.hashes);
    const first = places.findIndex((place) => place >= 0);
    const found = places.filter((place) => place >= 0).length;
    if (succession !== "bad") this.#before = sei;
    this.#doubtful ||= succession === "gap" || (begins && !found);
    if (begins && !found) return { result: "foreign", missing: 0, changed: 0, unsigned: 0, reason: "" };
    // what stands before the first one that is listed belongs to sections whose signature did not come, if any was lost
    const unsigned = begins || this.#doubtful ? Math.max(first, 0) : 0;
    const taken = places.findLastIndex((place) => place >= 0) + 1;
    const changed = taken - found - unsigned;
    const missing = sei.hashes.length - found;
    if (found) this.#doubtful = false;
    this.#queue.splice(0, taken);
    const bad = succession === "bad" || changed > 0;
    return {
      result: bad ? "bad" : missing || unsigned || succession === "gap" ? "gap" : "good",
      missing, changed, unsigned,
      reason: succession === "bad" ? "order" : changed ? "changed" : missing ? "missing" : unsigned || succession === "gap" ? "unsigned" : "",
    };
  }
}
