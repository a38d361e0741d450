// SPDX-License-Identifier: GPL-3.0-or-later
// The page as a witness of the record: growth is proved to it, and a record that was exchanged for an older one is
// caught by it and by the signer.

import fs from "node:fs";
import path from "node:path";
import { claim, expect, launch, main, openPage, screenshot, Station, until } from "./lib.mjs";

const record = async (page) => ({ text: await page.textContent("#record-text"), red: await page.evaluate(() => document.querySelector("#record").classList.contains("stale")) });
const size = async (page) => Number(/^Record kept: (\d+) entries, checked$/.exec((await record(page)).text)?.[1] ?? 0);
const kept = (page) => page.evaluate(() => JSON.parse(Object.entries(localStorage).find(([name]) => name.startsWith("ostend-record:"))?.[1] ?? "null"));

const database = (station) => path.join(station.state, "evidence/evidence.db");
const signing = async (station) => (await station.control.call("status")).record.checkpoint;

await main(async () => {
  const station = await new Station().start();
  const browser = await launch(station.demo.ca);
  const judge = await openPage(browser, station, "judge");

  await claim("the page has checked the record, and says so", () => until("checked", () => size(judge), 10000));

  await claim("the record grows, and each step is proved to the page within 2 s", async () => {
    let before = await size(judge);
    for (let turn = 1; turn <= 3; turn++) {
      await station.control.call("table.goto", { bearing_mdeg: turn * 3000 });
      const entries = (await station.control.call("ledger.status")).entries;
      const seen = await until("growth", async () => { const now = await size(judge); return now >= entries && now > before && now; }, 2000);
      before = seen;
    }
    return `${before} entries`;
  });

  await claim("what the page keeps is the newest signed note", async () => {
    const { note } = (await station.control.call("ledger.status")).checkpoint;
    await until("the same", async () => (await kept(judge)).note === (await station.control.call("ledger.status")).checkpoint.note, 3000);
    expect(note.includes("\u2014 ostend/"), note);
  });

  await claim("every entry can be proved, and one that is not there cannot", async () => {
    const { entries } = await station.control.call("ledger.status");
    for (const seq of [0, 1, entries - 1])
      await until(`entry ${seq}`, async () => JSON.parse((await station.control.call("ledger.prove", { seq })).entry).seq === seq, 3000);
    const refused = await station.control.call("ledger.prove", { seq: 1000000 }).catch((error) => error.kind);
    expect(refused === "range", refused);
  });

  await station.stop();
  fs.copyFileSync(database(station), `${database(station)}.old`);

  await claim("a station that was started again goes on with the same record", async () => {
    const before = (await kept(judge)).size;
    await station.start();
    await until("growth", async () => (await size(judge)) > before, 20000);
    expect((await signing(station)).state === "signed", "not signed");
  });

  await until("a turn, when the table is homed", () => station.control.call("table.goto", { bearing_mdeg: 20000 }), 20000, 300);
  await until("a later checkpoint on the page", async () => (await kept(judge)).size >= (await station.control.call("ledger.status")).entries, 5000);
  await station.stop();
  const last = await kept(judge);
  for (const name of fs.readdirSync(path.dirname(database(station))))
    if (name.startsWith("evidence.db-")) fs.rmSync(path.join(path.dirname(database(station)), name));
  fs.renameSync(`${database(station)}.old`, database(station));
  await station.start();

  await claim("the signer refuses a record that was exchanged for an older one, and says so", async () => {
    const { reason } = await until("a refusal", async () => { const now = await signing(station); return now.state === "refused" && now; }, 10000);
    expect(/shorter|does not continue/.test(reason), reason);
    const { entries } = await station.control.call("ledger.entries", { count: 500 });
    expect(entries.some((entry) => entry.action === "ledger.refused"), "no entry says so");
    return reason;
  });

  await claim("the page that was here before is red, and has told the station", async () => {
    await until("red", async () => { const { text, red } = await record(judge); return red && text === "THE RECORD DOES NOT CONTINUE"; }, 20000);
    const held = await kept(judge);
    expect(held.note === last.note && held.broken.got, "the notes were not kept");
    const doubt = await until("the page's word in the record", async () =>
      (await station.control.call("ledger.entries", { count: 500 })).entries.find((entry) => entry.action === "ledger.doubted"), 5000);
    expect(doubt.role === "judge" && doubt.data.had === last.note, JSON.stringify(doubt));
    await screenshot(judge, "record-broken");
    return doubt.data.reason;
  });

  await claim("it stays red when the page is loaded again", async () => {
    await judge.reload();
    await until("red", async () => (await record(judge)).red, 20000);
  });

  await claim("a page that sees this record for the first time does not know, and the station does not hide it", async () => {
    const clerk = await openPage(browser, station, "clerk");
    await until("a word", async () => (await record(clerk)).text, 10000);
    const refused = (await signing(station)).state;
    expect(refused === "refused", refused);
    expect(clerk.problems.length === 0, clerk.problems.join("; "));
    await clerk.context().close();
  });

  await claim("a signer whose memory was taken away signs again, and that is said aloud and entered", async () => {
    await station.stop();
    fs.rmSync(path.join(station.state, "signer"), { recursive: true });
    await station.start();
    const entry = await until("an entry that says so", async () =>
      (await station.control.call("ledger.entries", { count: 500 })).entries.find((one) => one.action === "ledger.signer-forgot"), 10000);
    expect(entry.data.known === 0 && entry.data.signed > 0, JSON.stringify(entry.data));
    await until("the page's red", async () => (await record(judge)).red, 20000);
  });
});
