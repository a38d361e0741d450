// SPDX-License-Identifier: GPL-3.0-or-later
// Stills at the court's end: what the operator takes appears with its digest, is what was announced byte for byte, can
// be looked at closely with keys alone, goes when it is rejected, and is nobody's while the showing is on hold.

import fs from "node:fs";
import path from "node:path";
import { claim, expect, launch, live, main, openPage, screenshot, Station, until } from "./lib.mjs";

const take = (station, more = {}) => station.control.call("still.take", { reason: "test", ...more });
const rows = (page) => page.$$eval("#stills-list li", (list) => list.map((row) => ({
  still: Number(row.dataset.still), text: row.textContent, checked: row.firstChild.classList.contains("checked") })));
const hold = (station, pause) => station.control.call("showing.hold", { pause });

const fetchedDigest = (page, still) => page.evaluate(async (number) => {
  const bytes = await (await fetch(`/still/${number}`)).arrayBuffer();
  return Array.from(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}, still);

/** Every pair of parts that stand beside one another; those that overlap or leave the screen. */
const overlaps = (page) => page.evaluate(() => {
  const parts = ["#state", "#case", "#dial", "#age", "#signature", "#record", "nav", "main", "#stills", "#stopbar", "footer"]
    .map((name) => ({ name, at: document.querySelector(name) }))
    .map(({ name, at }) => ({ name, box: at.getBoundingClientRect(), sticky: getComputedStyle(at).position === "sticky" }))
    .filter(({ box, sticky }) => box.width && box.height && !sticky); // what stays in reach may lie over what is scrolled
  const wrong = [];
  parts.forEach((one, i) => {
    if (one.box.left < -1 || one.box.right > innerWidth + 1) wrong.push(`${one.name} is outside`);
    for (const other of parts.slice(i + 1))
      if (Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left) > 1 &&
          Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top) > 1) wrong.push(`${one.name} over ${other.name}`);
  });
  for (const name of ["#case", "#dial", "#age", "#signature", "#record", "nav", "#stills-list li button", "#estop"]) {
    const at = document.querySelector(name);
    if (at && (at.scrollWidth > at.clientWidth + 1 || at.scrollHeight > at.clientHeight + 1)) wrong.push(`${name} is too small for its words`);
  }
  if (document.documentElement.scrollWidth > innerWidth) wrong.push("the page is wider than the screen");
  if (document.querySelector("main").clientHeight < 120) wrong.push(`the picture has ${document.querySelector("main").clientHeight} px`);
  return wrong;
});

const SCREENS = [[1366, 768], [390, 844], [820, 1180]];

await main(async () => {
  const station = await new Station().start();
  const browser = await launch(station.demo.ca);
  const judge = await openPage(browser, station, "judge");
  await live(judge);
  await until("the table, homed and standing", async () => {
    const { homed, motion } = await station.control.call("table.status");
    return homed && motion === "still";
  }, 30000);
  let first;

  await claim("the page says that it is being recorded", () =>
    until("the word", async () => (await judge.textContent("#recording")) === "being recorded"));

  await claim("a still that the operator takes appears with number, view, angle and the beginning of its digest", async () => {
    first = await take(station, { view: "overall" });
    const [row] = await until("a row that is checked", async () => { const list = await rows(judge); return list[0]?.checked && list; });
    expect(row.still === first.still && row.text.includes("overall"), JSON.stringify(row));
    expect(row.text.includes(first.sha256.match(/.{4}/g).slice(0, 4).join(" ")), row.text);
    expect(row.text.includes(`${(first.pose.bearing_mdeg / 1000).toFixed(1)}°`), row.text);
    return row.text;
  });

  await claim("the bytes that a seat fetches have the announced digest", async () => {
    const digest = await fetchedDigest(judge, first.still);
    expect(digest === first.sha256, digest);
  });

  await claim("it opens in its full size with the keyboard, zooms, and gives the focus back", async () => {
    await judge.focus("#stills-list li button");
    await judge.keyboard.press("Enter");
    await until("the picture", () => judge.$eval("#viewer-image", (image) => image.naturalWidth === 1920 && image.complete));
    expect((await judge.textContent("#viewer-check")) === "The bytes received have this digest.", "not checked");
    expect((await judge.textContent("#viewer-digest")).replace(/SHA-256| /g, "") === first.sha256, "the whole digest is not there");
    const width = () => judge.$eval("#viewer-image", (image) => image.getBoundingClientRect().width);
    await judge.keyboard.press("1");
    expect(Math.round(await width()) === 1920, `${await width()} at 100 %`);
    await judge.keyboard.press("+");
    expect(Math.round(await width()) === 2880, `${await width()} at 150 %`);
    await screenshot(judge, "still-open");
    await judge.keyboard.press("0");
    expect((await width()) <= 1920, "does not fit again");
    await judge.keyboard.press("Escape");
    expect(await judge.evaluate(() => document.activeElement.closest("#stills-list") !== null), "the focus is lost");
  });

  await claim("who comes later has the earlier ones too", async () => {
    const clerk = await openPage(browser, station, "clerk");
    await until("the row", async () => (await rows(clerk)).some((row) => row.still === first.still && row.checked));
    await clerk.context().close();
  });

  await claim("another picture in a still's place is named, and not shown", async () => {
    const other = fs.readFileSync(path.join(station.state, "evidence", first.file));
    await judge.route("**/still/*", (route) => route.fulfill({ contentType: "image/jpeg", body: other }));
    const still = await take(station, { view: "side-1" });
    const row = await until("its row", async () => (await rows(judge)).find((one) => one.still === still.still && /NOT THE ONE/.test(one.text)));
    expect(!row.checked, "shown as checked");
    await judge.unroute("**/still/*");
    await judge.click(`li[data-still="${still.still}"] button`); // another try, without the man in between
    await until("checked", async () => (await rows(judge)).find((one) => one.still === still.still && one.checked));
    await judge.keyboard.press("Escape");
  });

  await claim("one that is rejected goes, from the list and from the address", async () => {
    const still = await take(station);
    await until("its row", async () => (await rows(judge)).some((row) => row.still === still.still && row.checked));
    await judge.click(`li[data-still="${still.still}"] button`);
    await station.control.call("still.reject", { still: still.still, reason: "out of focus" });
    await until("gone", async () => !(await rows(judge)).some((row) => row.still === still.still), 3000);
    expect(!(await judge.$eval("#viewer", (dialog) => dialog.open)), "still open");
    const status = await judge.evaluate((number) => fetch(`/still/${number}`).then((answer) => answer.status), still.still);
    expect(status === 404, status);
    judge.problems = judge.problems.filter((problem) => !/404/.test(problem));
  });

  for (const [width, height] of SCREENS)
    for (const locale of ["en-US", "zh-CN"])
      await claim(`nothing overlaps on ${width}x${height}, ${locale}`, async () => {
        const page = await openPage(browser, station, "judge", { locale, viewport: { width, height }, hasTouch: width < 1000 });
        await page.emulateMedia({ colorScheme: locale === "en-US" ? "light" : "dark" });
        await until("LIVE", () => page.$eval("#age", (age) => age.classList.contains("live")), 15000);
        await until("the stills", async () => (await rows(page)).filter((row) => row.checked).length === 2);
        const wrong = await overlaps(page);
        await screenshot(page, `stills-${width}x${height}-${locale}`);
        expect(wrong.length === 0, wrong.join("; "));
        await page.context().close();
      });

  await claim("HOLD hides picture and stills at once, says why, and nothing can be fetched", async () => {
    await judge.click("#stills-list li button");
    await hold(station, "closed-showing");
    await until("the word", async () => (await judge.textContent("#pause-title")) === "ON HOLD", 2000);
    expect(/closed session/.test(await judge.textContent("#pause-reason")), await judge.textContent("#pause-reason"));
    expect(!(await judge.isVisible("#stills")) && !(await judge.isVisible("#viewer")), "stills are still seen");
    expect(await judge.evaluate(() => {
      const box = document.querySelector("#picture").getBoundingClientRect();
      return document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2).closest("#pause") !== null;
    }), "the picture is not covered");
    const status = await judge.evaluate((number) => fetch(`/still/${number}`).then((answer) => answer.status), first.still);
    expect(status === 404, `/still answers ${status}`);
    judge.problems = judge.problems.filter((problem) => !/404/.test(problem));
    await screenshot(judge, "hold");
    await hold(station, "recess");
    await until("the other reason", async () => /recess/.test(await judge.textContent("#pause-reason")), 2000);
  });

  await claim("after HOLD picture and stills are back", async () => {
    const asked = Date.now();
    await station.control.call("showing.resume");
    const answered = Date.now() - asked;
    await live(judge);
    const seen = Date.now() - asked;
    await until("the stills", async () => (await judge.isVisible("#stills")) && (await rows(judge)).length === 2);
    expect((await fetchedDigest(judge, first.still)) === first.sha256, "other bytes");
    return `on air after ${answered} ms, seen live after ${seen} ms`;
  });

  await claim("the page had no errors", () => expect(judge.problems.length === 0, judge.problems.join("; ")));
});
