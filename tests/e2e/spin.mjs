// SPDX-License-Identifier: GPL-3.0-or-later
// A still at each of twelve angles: stopped, cancelled, overtaken, killed in the middle, and gone on with by taking
// only what is missing; and what a room sees while stills of the whole sensor are taken.

import { badge, claim, expect, launch, live, main, openPage, screenshot, Station, until, watch } from "./lib.mjs";

const FRAMES = 12;

/** How far two bearings are apart, the short way. */
const apart = (a, b) => Math.abs(((a - b + 540000) % 360000) - 180000);

/** The levels of green in 64 x 36 places of the next picture that is shown, without the clocks above and below. */
const thumbnail = (page) => page.evaluate(() => new Promise((done) => {
  const video = document.querySelector("video");
  const context = new OffscreenCanvas(64, 36).getContext("2d");
  video.requestVideoFrameCallback(() => {
    context.drawImage(video, 0, 0, 64, 36);
    done([...context.getImageData(0, 4, 64, 26).data].filter((_, i) => i % 4 === 1));
  });
}));
/** In how many of those places two pictures differ. */
const places = (a, b) => a.filter((level, i) => Math.abs(level - b[i]) > 20).length;

await main(async () => {
  const station = await new Station().start();
  const call = (method, params = {}) => station.control.call(method, params, 120000);
  const refusal = (method, params) => call(method, params).then(() => null, (error) => error);
  const homed = () => until("the table homed", async () => {
    const table = await call("table.status");
    return table.homed && table.motion === "still";
  }, 40000);
  const show = (spin) => call("spin.show", { spin });
  const frames = (spin) => new Map(spin.stills.map((still) => [still.frame, still.still]));

  /** Begin one, and come back when `count` of its frames are kept. */
  const begin = async (count, params = {}) => {
    const { spin } = await call("spin.take", { frames: FRAMES, wait: false, by: "陈管", ...params });
    await until(`${count} frames`, async () => (await show(spin)).stills.length >= count, 60000, 20);
    return spin;
  };
  const ended = (spin) => until("its end", async () => {
    const now = await show(spin);
    return now.state !== "running" && now;
  }, 30000);

  /** It goes on with what is missing, and nothing else is taken again. */
  const goOn = async (spin) => {
    const before = await show(spin);
    const had = frames(before);
    expect(had.size > 0 && had.size < FRAMES, `${had.size} frames before`);
    expect(before.missing.length === FRAMES - had.size, `${before.missing.length} are said to be missing`);
    const after = await call("spin.resume", { spin, by: "陈管" });
    const has = frames(after);
    expect(after.state === "complete" && !after.missing.length, `${after.state}, missing ${after.missing}`);
    expect(after.stills.length === FRAMES && has.size === FRAMES, `${after.stills.length} stills of ${has.size} frames`);
    for (const [frame, still] of had) expect(has.get(frame) === still, `frame ${frame} was taken again`);
    const off = Math.max(...after.stills.map((still) => apart(still.bearing_mdeg, Math.round(still.frame * 360000 / FRAMES))));
    expect(off <= 200, `one is ${off} mdeg beside its angle`);
    return `${had.size} were there, ${FRAMES - had.size} taken; at most ${off} mdeg beside`;
  };

  await homed();
  await call("subscribe", { topics: ["evidence"] });

  await claim("cancelled in the middle: what there is stays, and the rest is taken later", async () => {
    const spin = await begin(4);
    await call("spin.cancel");
    const now = await ended(spin);
    expect(now.state === "stopped" && /cancelled/.test(now.outcome), `${now.state}: ${now.outcome}`);
    expect((await refusal("spin.cancel"))?.kind === "state", "one that has ended was cancelled");
    expect(now.second === "杜管 (demonstration)", `the second maker is "${now.second}"`);
    return goOn(spin);
  });

  await claim("a stop in the middle ends it, and it goes on only when it is told to", async () => {
    const spin = await begin(3);
    await call("table.stop", { by: "判" });
    const now = await ended(spin);
    expect(now.state === "stopped" && /stop/.test(now.outcome), `${now.state}: ${now.outcome}`);
    return goOn(spin);
  });

  await claim("somebody else's command to the table ends it", async () => {
    const spin = await begin(2);
    await call("table.goto", { bearing_mdeg: 200000, by: "other" }).catch(() => {});
    const now = await ended(spin);
    expect(now.state === "stopped", now.state);
    expect(!now.stills.some((still) => apart(still.bearing_mdeg, Math.round(still.frame * 360000 / FRAMES)) > 200),
      "a still was kept of an angle that is not its own");
    return goOn(spin);
  });

  await claim("two at a time are refused, and a still of one's own meanwhile is not mixed in", async () => {
    const spin = await begin(1);
    expect((await refusal("spin.take", { frames: FRAMES, wait: false }))?.kind === "state", "a second spin began");
    await call("spin.cancel");
    await ended(spin);
  });

  await claim("killed in the middle: after the start it is stopped, and only what is missing is taken", async () => {
    const spin = await begin(5);
    await station.stop("SIGKILL");
    await station.start();
    const now = await show(spin);
    expect(now.state === "stopped", `after a kill it is ${now.state}`);
    expect(now.stills.length >= 5, `${now.stills.length} of 5 acknowledged are left`);
    await homed();
    return goOn(spin);
  });

  await claim("a table that does not know its angle takes none", async () => {
    const table = await station.child("table");
    process.kill(table.pid, "SIGKILL");
    await until("another table process", async () => {
      const now = await station.child("table");
      return now.state === "running" && now.pid !== table.pid;
    }, 5000, 20);
    await until("the table's link", async () => (await call("table.status")).link === "up", 10000);
    const refused = await refusal("spin.take", { frames: FRAMES, wait: false });
    expect(refused?.kind === "state" && /home/.test(refused.message), `${refused?.kind}: ${refused?.message}`);
    await call("table.home");
    await homed();
  });

  await claim("the table's process dies in the middle: it ends, and goes on after homing", async () => {
    const spin = await begin(3);
    process.kill((await station.child("table")).pid, "SIGKILL");
    const now = await ended(spin);
    expect(now.state === "stopped", now.state);
    await until("the table's link", async () => (await call("table.status")).link === "up", 10000);
    expect((await refusal("spin.resume", { spin }))?.kind === "state", "it went on without an angle");
    await call("table.home");
    await homed();
    return goOn(spin);
  });

  const browser = await launch(station.demo.ca);
  const judge = await openPage(browser, station, "judge");
  // after the kill the showing is on hold
  if ((await call("showing.status")).state !== "ON_AIR") await call("showing.resume", { by: "陈管", reason: "killed by the test" });
  await live(judge);

  await claim("a still of the whole sensor ends neither the showing nor the connection of a room", async () => {
    const before = (await watch(judge, 3))[2];
    const id = (await call("rooms")).rooms.find((room) => room.role === "judge").id;
    const still = await call("still.take", { full: true, by: "陈管" });
    await live(judge, 8000);
    const after = (await watch(judge, 3))[2];
    expect(still.full && still.width > before.width, `${still.width} pixels wide`);
    expect(after.width === before.width && after.time_us > before.time_us, "no new picture of the same size after it");
    expect((await call("rooms")).rooms.find((room) => room.role === "judge").id === id, "the room had to connect again");
    expect((await call("showing.status")).state === "ON_AIR", "it is not on air any more");
    return `${still.width}x${still.height}`;
  });

  await claim("during a spin of the whole sensor a room is told that the picture is held, until it ends", async () => {
    const spin = await begin(1, { full: true });
    await until("HELD on the page", async () => (await badge(judge)) === "HELD", 10000);
    const words = await judge.textContent("#stale-text");
    expect(/still is being taken/.test(words), `the page says "${words}"`);
    const at = async () => (await call("table.status")).bearing_mdeg;
    const [first, from] = [await thumbnail(judge), await at()];
    await until("the table to turn", async () => apart(await at(), from) > 25000, 20000);
    expect((await badge(judge)) === "HELD", "held no more");
    const second = await thumbnail(judge);
    await screenshot(judge, "spin-held");
    await call("spin.cancel");
    await ended(spin);
    await live(judge, 8000);
    expect((await judge.textContent("#stale-text")) === "", "the words have stayed");
    const last = await thumbnail(judge);
    const [held, after] = [places(first, second), places(second, last)];
    expect(held < 20, `while it was held ${held} of ${first.length} places have changed`);
    expect(after > 100, `afterwards only ${after} of ${first.length} places are others`);
    expect(!judge.problems.length, judge.problems.join("; "));
    return `${held} of ${first.length} places changed while it was held and the table turned, ${after} after it`;
  });
});
