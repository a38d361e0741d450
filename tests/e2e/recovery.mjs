// SPDX-License-Identifier: GPL-3.0-or-later
// Parts die; the pictures come back by themselves, and every screen says what happened.

import fs from "node:fs";
import path from "node:path";
import { badge, claim, expect, launch, live, main, openPage, screenshot, sleep, Station, until, watch } from "./lib.mjs";

const trueAngle = (station) => Number(fs.readFileSync(path.join(station.state, "demo-world")).readBigInt64LE(8));

await main(async () => {
  const station = await new Station().start();
  const browser = await launch(station.demo.ca);
  const judge = await openPage(browser, station, "judge");
  await live(judge);
  const viewer = async () => (await station.control.call("rooms")).rooms.find((room) => room.role === "judge").id;

  for (const name of ["capture", "table", "signer", "simulator"]) {
    await claim(`the ${name} process is killed: back within 1 s, said on the page, the viewer stays`, async () => {
      const before = await station.child(name);
      const id = await viewer();
      process.kill(before.pid, "SIGKILL");
      const killed = Date.now();
      await until("restart", async () => {
        const now = await station.child(name);
        return now.state === "running" && now.pid !== before.pid && now.restarts === before.restarts + 1;
      }, 3000, 20);
      const took = Date.now() - killed;
      expect(took < 1000, `back only after ${took} ms`);
      await until("words on the page", async () => (await judge.textContent("#notice")).length > 10, 3000);
      await live(judge, 8000);
      expect((await viewer()) === id, "the viewer had to connect again");
      return `${took} ms`;
    });
  }

  await claim("after its process was killed the table knows no angle until it is homed", async () => {
    await until("the table's link", async () => (await station.control.call("table.status")).link === "up", 10000);
    const refused = await station.control.call("table.goto", { bearing_mdeg: 45000 }).then(() => null, (error) => error);
    expect(refused, "a move was accepted without a reference");
    expect(refused.kind === "state", `refused as ${refused.kind}: ${refused.message}`);
    await station.control.call("table.home");
    await station.control.call("table.goto", { bearing_mdeg: 45000 });
    await until("face 1", async () => (await watch(judge, 1))[0].face === 1, 3000);
  });

  await claim("the station is killed and started again: the page comes back alone", async () => {
    await station.stop("SIGKILL");
    await until("STALE on the page", async () => /^STALE|NO /.test(await badge(judge)), 5000);
    await screenshot(judge, "page-stale");
    const restarted = Date.now();
    await station.start();
    const ready = Date.now();
    await live(judge, 20000);
    const frames = await watch(judge, 5);
    expect(frames.every((frame) => frame.age_ms < 2000), "old pictures");
    return `live ${Date.now() - ready} ms after ready (start took ${ready - restarted} ms)`;
  });

  await claim("the station is killed while the table spins: the table stops", async () => {
    await until("the table homed", async () => {
      const table = await station.control.call("table.status");
      return table.homed && table.motion === "still";
    }, 30000);
    await station.control.call("table.spin", { speed_mdeg_s: 30000 });
    const from = trueAngle(station);
    await until("turning", () => Math.abs(trueAngle(station) - from) > 5000, 5000);
    await station.stop("SIGKILL");
    const killed = Date.now();
    let last = trueAngle(station);
    await until("standstill", async () => {
      const before = last;
      await sleep(200);
      last = trueAngle(station);
      return last === before;
    }, 5000, 10);
    return `still within ${Date.now() - killed} ms`;
  });
});
