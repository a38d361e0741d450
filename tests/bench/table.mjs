// SPDX-License-Identifier: GPL-3.0-or-later
// A turn command, and a stop, from the socket to the wire: through table.sock and through control.sock, as the
// station encodes for 50 viewers. Beside it what the machine itself takes, idle and at that load.
// Usage: node table.mjs [COUNT] [VIEWERS]; `make bench` runs it.

import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { claim, expect, later, main, program, sleep, Station, temporary, until } from "../e2e/lib.mjs";
import { Viewers } from "../e2e/viewers.mjs";

const LIMIT_MS = 5;

/** The controller at the far end of the line, and the clock. */
class Bench {
  constructor() {
    this.process = spawn(program("tests/bench/bench-table"), { stdio: ["pipe", "pipe", "inherit"] });
    this.lines = [];
    let rest = "";
    this.process.stdout.on("data", (data) => {
      const lines = (rest + data).split("\n");
      rest = lines.pop();
      this.lines.push(...lines);
    });
    this.process.on("exit", () => { this.ended = true; });
    later(() => this.process.kill("SIGKILL"));
  }

  async line(start) {
    await until(start, () => { expect(!this.ended, "bench-table ended"); return this.lines.some((line) => line.startsWith(start)); }, 900000);
    return this.lines.splice(this.lines.findIndex((line) => line.startsWith(start)), 1)[0].slice(start.length).trim();
  }

  async measure(command, names) {
    this.process.stdin.write(`${command}\n`);
    const results = [];
    for (const name of names) results.push(JSON.parse(await this.line(`measured ${name} `)));
    return results;
  }
}

const row = (name, { p50, p99, max, count }) =>
  console.log(`${name.padEnd(44)} p50 ${p50.toFixed(2).padStart(7)} ms   p99 ${p99.toFixed(2).padStart(7)} ms   max ${max.toFixed(2).padStart(7)} ms   (${count} samples)`);

await main(() => claim("a command and a stop are on the wire at once", async () => {
  const count = Number(process.argv[2] ?? 300);
  const bench = new Bench();
  const port = await bench.line("line ");
  row("the machine, idle", (await bench.measure(`floor ${count}`, ["floor"]))[0]);

  const config = path.join(temporary("ostend-bench-"), "ostend.conf");
  fs.writeFileSync(config, `[table]\ndriver = grbl\nport = ${port}\n`);
  const station = await new Station(["--config", config]).start();
  const viewers = new Viewers(station);
  const ids = await Promise.all(Array.from({ length: Number(process.argv[3] ?? 50) }, () => viewers.join("room")));
  await Promise.all(ids.map((id) => viewers.picture(id)));
  await until("the table", async () => (await station.control.call("table.status")).motion === "still", 20000);
  await sleep(1000);
  const before = (await station.control.call("status")).encoder.frames_encoded;
  const from = Date.now();

  const [floor] = await bench.measure(`floor ${count}`, ["floor"]);
  row(`the machine, ${ids.length} viewers`, floor);
  const measured = {};
  for (const socket of ["table", "control"]) {
    const [command, stop] = await bench.measure(`table ${count} ${socket} ${path.join(station.state, `${socket}.sock`)}`, [`${socket}-command`, `${socket}-stop`]);
    row(`${socket}.sock: command to the wire`, measured[`${socket} command`] = command);
    row(`${socket}.sock: stop to the wire`, measured[`${socket} stop`] = stop);
  }
  const status = await station.control.call("status");
  console.log(`meanwhile ${((status.encoder.frames_encoded - before) / (Date.now() - from) * 1000).toFixed(1)} pictures a second for ${status.stream.viewers} viewers`);
  const slow = Object.entries(measured).filter(([, { p99 }]) => p99 > LIMIT_MS).map(([name, { p99 }]) => `${name} ${p99.toFixed(2)} ms`);
  if (slow.length) console.log(`over ${LIMIT_MS} ms (p99): ${slow.join(", ")}`);
}));
