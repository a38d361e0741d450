// SPDX-License-Identifier: GPL-3.0-or-later
// The page's reader of signed video, fed with what ONVIF's reference signer wrote and with what was done to it.

import { webcrypto } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { claim, expect, main } from "../e2e/lib.mjs";

globalThis.crypto ??= webcrypto;
const source = process.env.srcdir ?? path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), "../..");
const script = fs.readFileSync(path.join(source, "ui/page/sections.js"), "utf8");
const { nalUnits, readKey, SectionReader } = await import(`data:text/javascript,${encodeURIComponent(script)}`);

const AUD = 9;
const type = (nal) => nal[0] & 31;
const isSigning = (nal) => type(nal) === 6 && Buffer.from(nal).includes("BEGIN CERTIFICATE"); // x264 writes one of its own

const vector = (name) => nalUnits(new Uint8Array(fs.readFileSync(path.join(source, "tests/vectors/media-signing", name))));

/** The NAL units as pictures: each begins with its access unit delimiter. */
function pictures(nals) {
  const list = [];
  for (const nal of nals) {
    if (type(nal) === AUD || !list.length) list.push([]);
    list.at(-1).push(nal);
  }
  return list;
}

const bytesOf = (picture) => Uint8Array.from(picture.flatMap((nal) => [0, 0, 0, 1, ...nal]));

function chainOf(nals) {
  const raw = Buffer.concat(nals.filter(isSigning).map((nal) => Buffer.from(nal))).toString("latin1");
  return /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/.exec(raw)[0];
}

async function judge(list, key) {
  const reader = new SectionReader(key);
  const verdicts = [];
  for (const picture of list) verdicts.push(...await reader.take(bytesOf(picture)));
  return verdicts;
}

const words = (verdicts) => verdicts.map(({ result }) => result).join(" ");

await main(async () => {
  const good = vector("signed-gop.h264");
  const partial = vector("signed-partial-5.h264");
  const key = await readKey(chainOf(good));

  await claim("all sections of the reference signer are good", async () => {
    expect(words(await judge(pictures(good), key)) === "good good good good", "by IDR");
    expect(words(await judge(pictures(partial), await readKey(chainOf(partial)))) === Array(12).fill("good").join(" "), "every five pictures");
  });

  await claim("the times are those of the pictures", async () => {
    const [first] = await judge(pictures(good), key);
    expect(first.start_ms === Date.UTC(2026, 0, 1) && first.end_ms === first.start_ms + 1000, JSON.stringify(first));
  });

  await claim("a stream without SEI has no verdicts", async () => {
    expect((await judge(pictures(vector("unsigned.h264")), key)).length === 0, "there were some");
  });

  await claim("one changed bit is wrong, a missing picture is a gap, a beginning later is neither", async () => {
    const tampered = await judge(pictures(vector("signed-gop-tampered.h264")), key);
    expect(words(tampered) === "good bad good good" && tampered[1].reason === "changed", words(tampered));
    const dropped = await judge(pictures(vector("signed-gop-frame-dropped.h264")), key);
    expect(words(dropped) === "good gap good good" && dropped[1].missing === 1, words(dropped));
    expect(words(await judge(pictures(vector("signed-gop-trimmed.h264")), key)) === "foreign good good good", "trimmed");
  });

  await claim("whichever picture is lost, it is never called wrong, and never passed over", async () => {
    const all = pictures(partial);
    const partialKey = await readKey(chainOf(partial));
    for (let lost = 0; lost < all.length - 1; lost++) {
      const verdicts = await judge(all.filter((_, i) => i !== lost), partialKey);
      expect(!verdicts.some(({ result }) => result === "bad"), `picture ${lost}: ${JSON.stringify(verdicts)}`);
      expect(verdicts.some(({ result }) => result === "gap") || verdicts[0].counter > 1 || verdicts[0].result === "foreign",
        `picture ${lost}: ${words(verdicts)}`);
    }
  });

  await claim("whichever run of pictures is lost, it is never called wrong", async () => {
    const all = pictures(partial);
    const partialKey = await readKey(chainOf(partial));
    for (let from = 1; from < all.length - 1; from++)
      for (const count of [2, 5, 9, 17]) {
        const verdicts = await judge(all.filter((_, i) => i < from || i >= from + count), partialKey);
        expect(!verdicts.some(({ result }) => result === "bad"), `${count} from ${from}: ${JSON.stringify(verdicts)}`);
      }
  });

  await claim("a changed bit in any picture is found", async () => {
    const all = pictures(good);
    for (let i = 0; i < all.length; i++) {
      const changed = all.map((picture, j) => picture.map((nal) => {
        if (j !== i || type(nal) > 5) return nal;
        const copy = nal.slice();
        copy[copy.length - 4] ^= 0x20;
        return copy;
      }));
      const verdicts = await judge(changed, key);
      // the first may be of a section whose signature was not seen; after the last none follows in which it stands out
      const found = i > 0 && i < all.length - 1 ? "bad" : "gap";
      expect(words(verdicts).includes(found), `picture ${i}: ${words(verdicts)}`);
    }
  });

  await claim("pictures put in, doubled or exchanged are wrong", async () => {
    const all = pictures(good);
    const doubled = [...all.slice(0, 21), all[20], ...all.slice(21)];
    const exchanged = [...all.slice(0, 20), all[21], all[20], ...all.slice(22)];
    for (const list of [doubled, exchanged]) expect(words(await judge(list, key)).includes("bad"), words(await judge(list, key)));
  });

  await claim("an SEI that is changed, or by another key, is wrong", async () => {
    const all = pictures(good);
    const changed = all.map((picture) => picture.map((nal) => {
      if (!isSigning(nal)) return nal;
      const copy = nal.slice();
      copy[700] ^= 1;
      return copy;
    }));
    expect(words(await judge(changed, key)) === "bad bad bad bad", words(await judge(changed, key)));
    expect(words(await judge(all, { ...key, leaf: "another" })) === "bad bad bad bad", "another certificate");
  });

  await claim("signatures out of order, doubled or from before are wrong, lost ones a gap", async () => {
    const all = pictures(good);
    const place = (n) => all.findIndex((picture) => picture.includes(sei[n]));
    const sei = good.filter(isSigning);
    const without = all.map((picture) => picture.filter((nal) => nal !== sei[1]));
    const lost = await judge(without, key);
    expect(!words(lost).includes("bad") && words(lost).includes("gap"), words(lost));
    const again = all.map((picture, i) => (i === place(2) + 3 ? [picture[0], sei[1], ...picture.slice(1)] : picture));
    expect(words(await judge(again, key)).includes("bad"), words(await judge(again, key)));
  });

  await claim("any cut of an SEI is unreadable, not an error", async () => {
    const all = pictures(good);
    const sei = good.find(isSigning);
    for (let length = 26; length < sei.length; length += 7) {
      const list = all.slice(0, 20).map((picture) => picture.map((nal) => (nal === sei ? nal.slice(0, length) : nal)));
      const verdicts = await judge(list, key);
      expect(verdicts.length === 1 && verdicts[0].result === "bad", `${length}: ${words(verdicts)}`);
    }
  });
});
