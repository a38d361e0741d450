// SPDX-License-Identifier: GPL-3.0-or-later
// What was shown can be watched again: the station's own files in a browser, whole ones and one that a kill cut off.

import fs from "node:fs";
import http from "node:http";
import path from "node:path";

import { claim, expect, later, launch, live, main, openPage, sleep, Station, until } from "./lib.mjs";

/** Files over HTTP, in parts as a player asks for them. */
async function serve(files) {
  const server = http.createServer((request, response) => {
    const file = files.get(request.url);
    if (!file) {
      response.writeHead(200, { "Content-Type": "text/html" }).end("<video id=v muted></video>");
      return;
    }
    const size = fs.statSync(file).size;
    const [, from, to] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? "bytes=0-") ?? [];
    const last = to ? Math.min(Number(to), size - 1) : size - 1;
    response.writeHead(206, { "Content-Type": "video/mp4", "Accept-Ranges": "bytes", "Content-Length": last - from + 1,
      "Content-Range": `bytes ${from}-${last}/${size}` });
    fs.createReadStream(file, { start: Number(from), end: last }).pipe(response);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  later(() => { server.closeAllConnections(); server.close(); });
  return `http://127.0.0.1:${server.address().port}`;
}

/** Play @url: its size, length, and where it stands after a jump to the middle. */
function play(page, url) {
  return page.evaluate(async (source) => {
    const video = document.getElementById("v");
    const happened = (name) => new Promise((done, failed) => {
      setTimeout(() => failed(new Error(`no "${name}" within 20 s: ${video.error?.message ?? "no error"}`)), 20000);
      video.addEventListener(name, done, { once: true });
    });
    const loaded = happened("loadeddata");
    video.src = source;
    await loaded;
    const duration = video.duration;
    const sought = happened("seeked");
    video.currentTime = duration / 2;
    await sought;
    const at = video.currentTime;
    const ended = happened("ended");
    await video.play();
    await ended;
    return { duration, at, end: video.currentTime, width: video.videoWidth, height: video.videoHeight,
      frames: video.getVideoPlaybackQuality().totalVideoFrames };
  }, url);
}

await main(async () => {
  const station = await new Station().start();
  const browser = await launch(station.demo.ca);
  const judge = await openPage(browser, station, "judge");
  const recording = async () => (await station.control.call("status")).recording;
  const rows = async () => (await station.control.call("recording.list", {})).recordings;
  const files = new Map();

  await claim("what is on air is being recorded, and everybody can read for how long there is room", async () => {
    await live(judge);
    const status = await until("recording", async () => (await recording()).state === "recording" && recording(), 15000);
    expect(status.hours_left > 0 && status.file.endsWith(".mp4"), JSON.stringify(status));
    return `${status.file}, room for ${status.hours_left.toFixed(1)} h`;
  });

  await claim("a hold ends the file, with its reason", async () => {
    await until("4 s", async () => (await recording()).seconds >= 4, 15000);
    await station.control.call("showing.hold", { pause: "recess", by: "test" });
    const row = await until("the end", async () => (await rows()).find((each) => each.state === "ended"), 10000);
    expect(row.reason === "recess", JSON.stringify(row));
    files.set("/whole.mp4", path.join(station.state, "evidence", row.file));
    return `${row.frames} pictures`;
  });

  await claim("nothing is recorded while it is held, and the next stretch is a file of its own", async () => {
    const before = await rows();
    await sleep(1500);      // a file that should not be there would be there by now
    expect((await rows()).length === before.length, "a file was begun on hold");
    expect((await recording()).state === "off", JSON.stringify(await recording()));
    await station.control.call("showing.resume", { by: "test" });
    await until("a second file", async () => (await recording()).seconds >= 3, 15000);
  });

  await claim("killed and started again, the second file is closed", async () => {
    await station.stop("SIGKILL");
    await station.start();
    const row = await until("its end", async () => (await rows()).find((each) => each.state === "recovered"), 20000);
    files.set("/torn.mp4", path.join(station.state, "evidence", row.file));
  });

  const origin = await serve(files);
  const page = await browser.newPage();
  await page.goto(origin);
  for (const [name, file] of files)
    await claim(`Chromium plays ${name.slice(1)} to its end, from the middle too`, async () => {
      const seen = await play(page, `${origin}${name}`);
      const row = (await rows()).find((each) => file.endsWith(each.file));
      const lasts = (row.ended_utc_us - row.begun_utc_us) / 1e6;
      expect(seen.width === 1920 && seen.height === 1080, JSON.stringify(seen));
      expect(Math.abs(seen.duration - lasts) < 0.2, `${seen.duration} s, not ${lasts}`);
      expect(Math.abs(seen.at - seen.duration / 2) < 0.1, `a jump went to ${seen.at} of ${seen.duration} s`);
      expect(Math.abs(seen.end - lasts) < 0.2 && seen.frames > 10, JSON.stringify(seen));
      return `${lasts.toFixed(1)} s`;
    });
});
