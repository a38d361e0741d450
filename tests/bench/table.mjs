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

  say(command) {
    this.process.stdin.write(`${command}\n`);
  }

  async read(name) {
    return { taken: JSON.parse(await this.line(`measured ${name}-taken `)), arrived: JSON.parse(await this.line(`measured ${name}-arrived `)) };
  }

  measure(command, name) {
    this.say(command);
    return this.read(name);
  }
}

const figures = ({ p50, p99, max }) => `p50 ${p50.toFixed(2).padStart(6)}   p99 ${p99.toFixed(2).padStart(6)}   max ${max.toFixed(2).padStart(6)} ms`;
const row = (name, { taken, arrived }) =>
  console.log(`${name.padEnd(34)} ${figures(taken)}   | far end of the pty: ${figures(arrived)}   (${taken.count})`);

await main(() => claim("a command and a stop are on the wire at once", async () => {
  const count = Number(process.argv[2] ?? 300);
  const bench = new Bench();
  const port = await bench.line("line ");
  row("the machine, idle", await bench.measure(`floor ${count}`, "floor"));

  const config = path.join(temporary("ostend-bench-"), "ostend.conf");
  fs.writeFileSync(config, `[table]\ndriver = grbl\nport = ${port}\ntrace = 1\n`);
  const station = await new Station(["--config", config]).start();
  const viewers = new Viewers(station);
  const ids = [];
  while (ids.length < Number(process.argv[3] ?? 50)) { // the joins are not what is measured here: one by one
    ids.push(await viewers.join("room"));
    await viewers.picture(ids.at(-1));
  }
  await until("the table", async () => (await station.control.call("table.status")).motion === "still", 20000);
  await sleep(1000);
  const before = (await station.control.call("status")).encoder.frames_encoded;
  const from = Date.now();

  row(`the machine, ${ids.length} viewers`, await bench.measure(`floor ${count}`, "floor"));
  const slow = [];
  for (const socket of ["table", "control"]) {
    bench.say(`table ${count} ${socket} ${path.join(station.state, `${socket}.sock`)} ${path.join(station.state, "table.trace")}`);
    for (const what of ["command", "stop"]) {
      const measured = await bench.read(`${socket}-${what}`);
      row(`${socket}.sock: ${what} to the wire`, measured);
      if (measured.taken.p99 > LIMIT_MS) slow.push(`${socket}.sock ${what} ${measured.taken.p99.toFixed(2)} ms`);
    }
  }
  const status = await station.control.call("status");
  console.log(`meanwhile ${((status.encoder.frames_encoded - before) / (Date.now() - from) * 1000).toFixed(1)} pictures a second for ${status.stream.viewers} viewers`);
  console.log(slow.length ? `over ${LIMIT_MS} ms (p99): ${slow.join(", ")}` : `all p99 at most ${LIMIT_MS} ms`);
}));
