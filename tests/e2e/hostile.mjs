// SPDX-License-Identifier: GPL-3.0-or-later
// Garbage on every door: a clear refusal, and the judge's picture does not even flicker.

import crypto from "node:crypto";
import net from "node:net";
import { claim, Control, expect, launch, live, main, openPage, sprayUdp, Station, until, watch } from "./lib.mjs";
import { Viewers } from "./viewers.mjs";

const random = (length) => crypto.randomBytes(length);

function stunWithoutIntegrity() {
  const request = Buffer.alloc(20 + 12);
  request.writeUInt16BE(1, 0);
  request.writeUInt16BE(12, 2);
  request.writeUInt32BE(0x2112a442, 4);
  request.writeUInt16BE(6, 20); // USERNAME
  request.writeUInt16BE(7, 22);
  request.write("aaaa:bb", 24);
  return request;
}

function clientHello() {
  const hello = random(300);
  hello.set([22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 1, 31, 1], 0);
  return hello;
}

const udp = () => [
  ...[0, 1, 2, 19, 20, 21, 100, 1200, 1472, 9000, 65507].map(random),
  stunWithoutIntegrity(), clientHello(),
  ...Array.from({ length: 300 }, () => { const bytes = random(1 + crypto.randomInt(1400)); bytes[0] = [0, 1, 22, 128, 144, 200][crypto.randomInt(6)]; return bytes; }),
];

/** Write `bytes` to the control socket; what came back until it was closed or fell silent. */
function shout(socketPath, bytes) {
  return new Promise((done) => {
    let answer = "";
    const socket = net.connect(socketPath, () => socket.write(bytes));
    socket.on("data", (data) => { answer += data; });
    socket.on("error", () => {});
    socket.on("close", () => done(answer));
    socket.setTimeout(700, () => socket.destroy());
  });
}

await main(async () => {
  const station = await new Station().start();
  const browser = await launch(station.demo.ca);
  const judge = await openPage(browser, station, "judge");
  await live(judge);
  const bearer = { Authorization: `Bearer ${station.demo.passes.judge}` };

  /** Do something hostile while the judge watches, from before it begins until after it ends: no freeze. */
  const undisturbed = (name, attack) => claim(name, async () => {
    const before = await station.control.call("status");
    let attacking = true;
    const attacked = attack().then((value) => ({ value }), (error) => ({ error })).finally(() => { attacking = false; });
    const times = [];
    while (attacking || times.length < 75) times.push(...(await watch(judge, 25, 10000)).map((frame) => frame.time_us));
    const { value, error } = await attacked;
    if (error) throw error;
    const gaps = times.slice(1).map((time, i) => (time - times[i]) / 1000);
    const span = (times.at(-1) - times[0]) / 1e6;
    const longest = Math.round(Math.max(...gaps));
    expect(longest < 1000, `frozen for ${longest} ms`);
    expect(times.length / span > 15, `only ${(times.length / span).toFixed(1)} pictures/s`);
    const after = await station.control.call("status");
    expect(after.children.every((child, i) => child.pid === before.children[i].pid), "a process was restarted");
    return `${(times.length / span).toFixed(1)} pictures/s, longest gap ${longest} ms${value ? `; ${value}` : ""}`;
  });

  await undisturbed("the media port answers strangers nothing", async () => {
    const answers = await sprayUdp(station, udp());
    expect(answers === 0, `${answers} answers`);
    const { stream } = await station.control.call("status");
    expect(stream.refused > 200, `only ${stream.refused} were counted`);
    return `${stream.refused} refused`;
  });

  await undisturbed("bad WHEP bodies are answered with a reason", async () => {
    const bodies = ["", "v=0", "\0".repeat(100), random(2000), "v=0\r\n" + "a=x\r\n".repeat(3000), "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n".repeat(400), "v=0\r\na=" + "y".repeat(15000)];
    for (const body of bodies) {
      const { status, text } = await station.request("POST", "/whep", { headers: { ...bearer, "Content-Type": "application/sdp", "Content-Length": Buffer.byteLength(body) }, body });
      expect([400, 413, 415].includes(status) && text.length > 5, `status ${status}: ${text}`);
    }
    const huge = await station.request("POST", "/whep", { headers: { ...bearer, "Content-Type": "application/sdp", "Content-Length": 10 ** 9 } }).catch(() => ({ status: 413 }));
    expect(huge.status === 413, `status ${huge.status}`);
  });

  await undisturbed("the control socket refuses garbage with a sentence", async () => {
    for (const bytes of ["\n", "{}\n", "[1]\n", random(500).toString("latin1") + "\n", '{"jsonrpc":"2.0","id":1,"method":"dance"}\n', '{"jsonrpc":"2.0","id":1,"method":"table.goto","params":{"bearing_mdeg":1e99}}\n',
      '{"jsonrpc":"2.0","id":1,"method":"table.goto","params":{"bearing_mdeg":90000,"bearing":1}}\n', '{"jsonrpc":"2.0","id":1,"method":"status","params":[]}\n', "[".repeat(60000) + "\n", "x".repeat(70000)]) {
      const answer = await shout(station.demo.control, bytes);
      const error = JSON.parse(answer.split("\n")[0]).error;
      expect(error?.message.length > 5, `${bytes.slice(0, 40)}: ${answer}`);
    }
    const other = await Control.connect(station.demo.control);
    expect((await other.call("status")).state === "ON_AIR", "no status");
    other.close();
  });

  const viewers = new Viewers(station);
  await undisturbed("twenty viewers join, leave and vanish beside him", async () => {
    for (let i = 0; i < 5; i++) {
      const ids = await Promise.all(["defence", "clerk", "room", "prosecutor"].map((role) => viewers.join(role)));
      const seen = await Promise.all(ids.map((id) => viewers.picture(id)));
      expect(seen.every(({ failed, before_keys, broken }) => !failed && !before_keys && !broken), JSON.stringify(seen));
      for (const [k, id] of ids.entries()) await viewers.leave(id, ["delete", "close", "vanish", "delete"][k]);
    }
  });

  await undisturbed("a viewer with another certificate than it offered never gets a packet", async () => {
    const id = await viewers.join("defence", "wrong-fingerprint");
    await until("its end", async () => !(await station.control.call("rooms")).rooms.some((room) => room.role === "defence"), 15000);
    const seen = await viewers.leave(id, "vanish");
    expect(!seen.connected && seen.packets === 0, JSON.stringify(seen));
  });

  await undisturbed("a viewer's damaged, repeated and misplaced packets change nothing", async () => {
    const id = await viewers.join("clerk");
    await viewers.picture(id);
    for (let i = 0; i < 50; i++) viewers.damaged(id);
    await until("more pictures for it", async () => (await viewers.counts(id)).access_units > 60, 10000);
    await viewers.leave(id);
  });
});
