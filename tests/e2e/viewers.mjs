// SPDX-License-Identifier: GPL-3.0-or-later
// Viewers without a browser: their offers and answers go by WHEP, their media is tests/client/media-clients.

import { spawn } from "node:child_process";
import { expect, later, program, until } from "./lib.mjs";

export class Viewers {
  constructor(station) {
    this.station = station;
    this.process = spawn(program("tests/client/media-clients"), { stdio: ["pipe", "pipe", "inherit"] });
    this.waiting = new Map(); // "offer 3" -> resolve
    this.resources = new Map();
    this.number = 0;
    let rest = "";
    this.process.stdout.on("data", (data) => {
      const lines = (rest + data).split("\n");
      rest = lines.pop();
      for (const line of lines) this.#take(line);
    });
    later(() => this.process.kill("SIGKILL"));
  }

  #take(line) {
    const [word, id, ...value] = line.split(" ");
    for (const key of [`${word} ${id}`, word === "refused" ? `offer ${id}` : ""]) {
      const resolve = this.waiting.get(key);
      this.waiting.delete(key);
      resolve?.(word === "refused" ? null : value.join(" "));
    }
  }

  #say(line) {
    this.process.stdin.write(`${line}\n`);
  }

  async #ask(line, word, id) {
    const answer = new Promise((resolve) => this.waiting.set(`${word} ${id}`, resolve));
    this.#say(line);
    const value = await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 10000, null))]);
    expect(value !== null, `media-clients did not answer "${line}"`);
    return value;
  }

  /** Join as `role`; resolves when the station has answered: the viewer's id here. */
  async join(role, fault = "") {
    const id = String(++this.number);
    const offer = Buffer.from(await this.#ask(`new ${id} ${fault}`, "offer", id), "base64").toString();
    const { status, text, headers } = await this.station.request("POST", "/whep", {
      headers: { Authorization: `Bearer ${this.station.demo.passes[role]}`, "Content-Type": "application/sdp" }, body: offer,
    });
    if (status !== 201) {
      this.#say(`end ${id} vanish`);
      throw new Error(`WHEP: ${status} ${text}`);
    }
    this.resources.set(id, { role, location: headers.location });
    this.#say(`answer ${id} ${Buffer.from(text).toString("base64")}`);
    return id;
  }

  counts = async (id) => JSON.parse(await this.#ask(`counts ${id}`, "counts", id));
  damaged = (id) => this.#say(`damaged ${id}`);
  pli = (id) => this.#say(`pli ${id}`);

  /** Wait until the first whole keyframe of `id` has come; its counts. */
  picture = (id, ms = 10000) => until(`viewer ${id}'s first picture`, async () => {
    const counts = await this.counts(id);
    return counts.first_keyframe_ms >= 0 && counts;
  }, ms, 20);

  /** Leave by "delete" (WHEP), "close" (DTLS) or "vanish"; what it has seen. */
  async leave(id, how = "delete") {
    const { role, location } = this.resources.get(id);
    this.resources.delete(id);
    if (how === "delete")
      await this.station.request("DELETE", location, { headers: { Authorization: `Bearer ${this.station.demo.passes[role]}` } });
    return JSON.parse(await this.#ask(`end ${id} ${how === "close" ? "close" : "vanish"}`, "ended", id));
  }
}
