// SPDX-License-Identifier: GPL-3.0-or-later
// Two figures as a judge's browser has them: how old a picture is when it is shown, and how long the first one
// takes after the offer is posted. Usage: node glass.mjs [SECONDS] [JOINS]; `make bench` runs it.

import { claim, launch, live, main, openPage, quantile, Station, watch } from "../e2e/lib.mjs";

const seconds = Number(process.argv[2] ?? 20);
const joins = Number(process.argv[3] ?? 20);

/** One join by WHEP in the page: milliseconds from the POST to the first picture presented. */
const join = (page) => page.evaluate(async () => {
  const connection = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
  const video = document.createElement("video");
  video.muted = true;
  document.body.append(video);
  connection.addTransceiver("video", { direction: "recvonly" }).receiver.jitterBufferTarget = 0;
  connection.ontrack = (event) => { video.srcObject = new MediaStream([event.track]); video.play(); };
  await connection.setLocalDescription(await connection.createOffer());
  const shown = new Promise((done) => video.requestVideoFrameCallback(() => done(performance.now())));
  const posted = performance.now();
  const answer = await fetch("/whep", { method: "POST", headers: { "Content-Type": "application/sdp", "X-Ostend": "1" }, body: connection.localDescription.sdp });
  const resource = answer.headers.get("Location");
  await connection.setRemoteDescription({ type: "answer", sdp: await answer.text() });
  const took = (await shown) - posted;
  await fetch(resource, { method: "DELETE", headers: { "X-Ostend": "1" } });
  connection.close();
  video.remove();
  return took;
});

const row = (name, values) =>
  console.log(`${name.padEnd(44)} p50 ${quantile(values, 0.5).toFixed(0).padStart(5)} ms   p95 ${quantile(values, 0.95).toFixed(0).padStart(5)} ms   (${values.length} samples)`);

await main(() => claim("measured in a real browser", async () => {
  const station = await new Station().start();
  const browser = await launch(station.demo.ca);
  const judge = await openPage(browser, station, "judge");
  await live(judge);
  await watch(judge, 60);
  const frames = await watch(judge, seconds * 30, seconds * 4000);
  row("glass to glass, still table, one viewer", frames.map((frame) => frame.age_ms));
  await station.control.call("table.spin", { speed_mdeg_s: 20000 });
  row("glass to glass, turning table, one viewer", (await watch(judge, seconds * 30, seconds * 4000)).map((frame) => frame.age_ms));
  await station.control.call("table.stop");
  const span = (frames.at(-1).time_us - frames[0].time_us) / 1e6;
  console.log(`presented ${(frames.length / span).toFixed(1)} pictures/s`);
  const first = [];
  for (let i = 0; i < joins; i++) first.push(await join(judge));
  row("offer posted to first picture presented", first);
  const { encoder } = await station.control.call("status");
  console.log(`before the encoder: ${encoder.frames_dropped} of ${encoder.frames_in} pictures dropped`);
  console.log(`encode ${encoder.encode_us} us, strip and preview ${encoder.picture_us} us (last picture)`);
}));
