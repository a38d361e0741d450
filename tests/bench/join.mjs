// SPDX-License-Identifier: GPL-3.0-or-later
// From the offer to the first packet and the first whole keyframe, by WHEP: one viewer at a time, and many at once.
// Usage: node join.mjs [ONE BY ONE] [AT ONCE]; `make bench` runs it.

import { claim, main, quantile, Station } from "../e2e/lib.mjs";
import { Viewers } from "../e2e/viewers.mjs";

const row = (name, values) =>
  console.log(`${name.padEnd(44)} p50 ${quantile(values, 0.5).toFixed(0).padStart(5)} ms   p95 ${quantile(values, 0.95).toFixed(0).padStart(5)} ms   (${values.length} samples)`);

function rows(name, list) {
  row(`${name}: first packet`, list.map((seen) => seen.first_packet_ms));
  row(`${name}: first keyframe`, list.map((seen) => seen.first_keyframe_ms));
}

await main(() => claim("measured over WHEP", async () => {
  const station = await new Station().start();
  const viewers = new Viewers(station);
  const one = [];
  for (let i = 0; i < Number(process.argv[2] ?? 50); i++) {
    const id = await viewers.join("judge");
    await viewers.picture(id);
    one.push(await viewers.leave(id));
  }
  rows("one at a time", one);
  const before = (await station.control.call("status")).encoder.keyframes;
  const ids = await Promise.all(Array.from({ length: Number(process.argv[3] ?? 50) }, () => viewers.join("room")));
  await Promise.all(ids.map((id) => viewers.picture(id)));
  const many = [];
  for (const id of ids) many.push(await viewers.leave(id));
  rows(`${ids.length} at once`, many);
  console.log(`keyframes made for ${ids.length} at once: ${(await station.control.call("status")).encoder.keyframes - before}`);
}));
