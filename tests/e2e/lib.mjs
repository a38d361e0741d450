// SPDX-License-Identifier: GPL-3.0-or-later
// What the end-to-end tests share: a real station, its control socket, a real Chromium, and the picture as a
// viewer sees it. Every wait is for a condition and has a deadline.

import { execFileSync, spawn } from "node:child_process";
import dgram from "node:dgram";
import fs from "node:fs";
import https from "node:https";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { createRequire } from "node:module";

const build = process.env.top_builddir ? path.resolve(process.env.top_builddir) : process.cwd();
export const program = (name) => path.join(build, name);
export const artefacts = path.join(build, "tests/e2e/artefacts");
fs.mkdirSync(artefacts, { recursive: true });

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** Wait until `condition()` is truthy; its value. */
export async function until(what, condition, ms = 10000, step = 50) {
  const deadline = Date.now() + ms;
  let last;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) throw new Error(`${what}: not within ${ms} ms${last ? ` (${last.message})` : ""}`);
    await sleep(step);
  }
}

// --- claims -----------------------------------------------------------------------------------------

let passed = 0;
let failed = 0;

/** One claim; a thrown error fails it and the rest goes on. */
export async function claim(name, test) {
  const started = Date.now();
  try {
    const figure = await test();
    passed++;
    console.log(`ok   ${name} (${Date.now() - started} ms)${figure === undefined ? "" : `: ${figure}`}`);
  } catch (error) {
    failed++;
    console.log(`FAIL ${name}: ${error.stack}`);
  }
}

export function expect(condition, what) {
  if (!condition) throw new Error(what);
}

// --- things to undo ---------------------------------------------------------------------------------

const undo = [];
export const later = (action) => undo.push(action);

/** Undo everything, newest first, and end with the right code. What a sanitizer has said fails the test. */
export async function finish() {
  for (const action of undo.reverse()) await Promise.race([Promise.resolve().then(action).catch(() => {}), sleep(20000)]);
  for (const { log } of Station.all) {
    const report = /^.*(?:Address|Leak|Thread)Sanitizer|^.*: runtime error: .*$/m.exec(log);
    if (!report) continue;
    failed++;
    console.log(`FAIL the station: ${log.slice(report.index, report.index + 4000)}`);
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed || !passed ? 1 : 0);
}

/** Run a whole test: an error outside any claim fails it too. */
export async function main(body) {
  try {
    await body();
  } catch (error) {
    failed++;
    console.log(`FAIL ${error.stack}`);
  }
  await finish();
}

export function temporary(prefix) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), prefix));
  later(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

// --- the station ------------------------------------------------------------------------------------

export class Station {
  static all = [];

  /** A demo station with a state folder of its own; `listen` and `media` stay the same over restarts. */
  constructor(extra = []) {
    this.state = path.join(temporary("ostend-e2e-"), "state");
    this.extra = extra;
    this.listen = "127.0.0.1:0";
    this.media = "127.0.0.1:0";
    this.log = "";
    Station.all.push(this);
    later(() => this.stop());
  }

  async start() {
    const args = ["--demo", "--state", this.state, "--listen", this.listen, "--media", this.media, ...this.extra];
    const process_ = spawn(program("ostendd"), args, { stdio: ["ignore", "pipe", "pipe"] });
    this.process = process_;
    this.ended = new Promise((done) => process_.on("exit", (code, signal) => { this.exit = signal ?? code; done(); }));
    let output = "";
    this.exit = undefined;
    process_.stdout.on("data", (data) => { output += data; });
    process_.stderr.on("data", (data) => { this.log += data; });
    await until("ready", () => {
      expect(this.exit === undefined, `ostendd ended (${this.exit}): ${this.log.slice(-500)}`);
      return /^ready https:\S+$/m.test(output);
    }, 40000).catch((error) => { throw new Error(`${error.message}\n${this.log.slice(-2000)}`); });
    this.demo = JSON.parse(fs.readFileSync(path.join(this.state, "demo.json")));
    this.url = this.demo.url;
    this.listen = new URL(this.url).host;
    this.control = await Control.connect(this.demo.control);
    this.media = this.media.replace(/:0$/, `:${(await this.control.call("status")).stream.port}`);
    return this;
  }

  async stop(signal = "SIGTERM") {
    this.control?.close();
    if (!this.process || this.exit !== undefined) return;
    this.process.kill(signal);
    await Promise.race([this.ended, sleep(15000)]);
    if (this.exit === undefined) {
      this.process.kill("SIGKILL");
      await this.ended;
      throw new Error("ostendd did not end within 15 s of being asked");
    }
  }

  child(name) {
    return this.control.call("status").then((status) => status.children.find((child) => child.name === name));
  }

  /** An HTTPS request as a program makes it: the answer, never an exception for a status. */
  request(method, pathname, { headers = {}, body, ...tls } = {}) {
    const url = new URL(pathname, this.url);
    return new Promise((done, fail) => {
      const request = https.request(url, { method, headers, ca: fs.readFileSync(this.demo.ca), agent: false, timeout: 10000, ...tls }, (response) => {
        let text = "";
        response.on("data", (data) => { text += data; });
        response.on("end", () => done({ status: response.statusCode, headers: response.headers, text }));
      });
      request.on("timeout", () => request.destroy(new Error(`${method} ${pathname}: no answer`)));
      request.on("error", fail);
      request.end(body);
    });
  }
}

/** JSON-RPC over the control socket. */
export class Control {
  static connect(socketPath) {
    return new Promise((done, fail) => {
      const socket = net.connect(socketPath, () => done(new Control(socket)));
      socket.on("error", fail);
    });
  }

  constructor(socket) {
    this.socket = socket;
    this.waiting = new Map();
    this.notifications = [];
    this.id = 0;
    let rest = "";
    socket.on("data", (data) => {
      const lines = (rest + data).split("\n");
      rest = lines.pop();
      for (const line of lines) this.#take(JSON.parse(line));
    });
    socket.on("close", () => this.#end());
    socket.on("error", () => {});
  }

  #take(message) {
    if (message.method) {
      this.notifications.push({ ...message, at: Date.now() });
      if (this.notifications.length > 5000) this.notifications.shift();
      return;
    }
    const call = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if (message.error) call?.fail(Object.assign(new Error(message.error.message), { kind: message.error.data?.kind }));
    else call?.done(message.result);
  }

  #end() {
    for (const call of this.waiting.values()) call.fail(new Error("the control socket was closed"));
    this.waiting.clear();
  }

  call(method, params = {}, ms = 60000) {
    const id = ++this.id;
    return new Promise((done, fail) => {
      const timer = setTimeout(() => fail(new Error(`${method}: no answer within ${ms} ms`)), ms);
      const settle = (how) => (value) => { clearTimeout(timer); how(value); };
      this.waiting.set(id, { done: settle(done), fail: settle(fail) });
      this.socket.write(JSON.stringify({ jsonrpc: "2.0", id, method, params }) + "\n");
    });
  }

  close() {
    this.socket.destroy();
  }
}

// --- the browser ------------------------------------------------------------------------------------

function playwright() {
  const require = createRequire(path.join(build, "tests/e2e/"));
  return require("playwright-core");
}

/**
 * Debian's Chromium that trusts the station's root certificate, as a court's computer would; with `person`
 * ({file, secret}: a PKCS#12) in its store, too. Which certificate to show is then for a policy to say, and only
 * root may write one.
 */
export async function launch(caPath, person = null, origin = "") {
  const home = temporary("ostend-chromium-");
  const store = path.join(home, ".local/share/pki/nssdb");
  fs.mkdirSync(store, { recursive: true });
  execFileSync("certutil", ["-d", `sql:${store}`, "-N", "--empty-password"]);
  execFileSync("certutil", ["-d", `sql:${store}`, "-A", "-t", "C,,", "-n", "centre", "-i", caPath]);
  if (person) {
    execFileSync("pk12util", ["-d", `sql:${store}`, "-i", person.file, "-W", person.secret, "-K", ""]);
    choose(origin);
  }
  const args = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--lang=en-US"];
  if (process.getuid() === 0) args.push("--no-sandbox");
  const browser = await playwright().chromium.launch({
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args,
    env: { ...process.env, HOME: home, XDG_CONFIG_HOME: path.join(home, ".config"), XDG_DATA_HOME: "" },
  });
  later(() => browser.close());
  return browser;
}

function choose(origin) {
  const policy = "/etc/chromium/policies/managed/ostend-test.json";
  fs.mkdirSync(path.dirname(policy), { recursive: true });
  fs.writeFileSync(policy, JSON.stringify({ AutoSelectCertificateForUrls: [JSON.stringify({ pattern: origin, filter: {} })] }));
  later(() => fs.rmSync(policy, { force: true }));
}

/** A page of its own, signed in with the pass of `role` as its QR code would. */
export async function openPage(browser, station, role, { locale = "en-US", viewport = { width: 1920, height: 1200 }, hasTouch = false } = {}) {
  const context = await browser.newContext({ locale, viewport, hasTouch });
  const page = await context.newPage();
  await page.goto(`${station.url}#pass=${station.demo.passes[role]}`);
  await page.waitForSelector("#picture", { timeout: 15000 });
  page.problems = []; // from here on: the sign-in page is a 401, which the browser reports
  page.on("pageerror", (error) => page.problems.push(String(error)));
  page.on("console", (message) => { if (message.type() === "error") page.problems.push(message.text()); });
  return page;
}

export const badge = (page) => page.textContent("#age");
export const live = (page, ms = 15000) => until("LIVE on the page", async () => /^LIVE \d+ ms$/.test(await badge(page)), ms);

/** `count` presented frames as they stand on the screen: [{age_ms, face, patch, width, height, rtp}]. */
export function watch(page, count, ms = 15000) {
  return page.evaluate(([count_, ms_]) => new Promise((done, fail) => {
    const video = document.querySelector("video");
    const canvas = document.createElement("canvas");
    const context = canvas.getContext("2d", { willReadFrequently: true });
    const list = [];
    const timer = setTimeout(() => fail(new Error(`${list.length} of ${count_} frames within ${ms_} ms`)), ms_);
    canvas.width = 1920;
    canvas.height = 32;
    const bit = (data, x, y) => (data[(y * 1920 + x) * 4 + 1] > 127 ? 1 : 0);
    const take = (now, frame) => {
      const shown = Date.now() + Math.max(0, frame.expectedDisplayTime - performance.now());
      context.drawImage(video, 0, 0, video.videoWidth, video.videoHeight * 32 / 1080, 0, 0, 1920, 32);
      const data = context.getImageData(0, 0, 1920, 32).data;
      let time = 0n;
      for (let i = 0; i < 64; i++) time = time * 2n + BigInt(bit(data, i * 16 + 8, 8));
      let face = 0;
      for (let i = 0; i < 3; i++) face = face * 2 + bit(data, 1728 + i * 32 + 16, 16);
      const patch = [...data.slice((16 * 1920 + 1872) * 4, (16 * 1920 + 1872) * 4 + 3)];
      list.push({ age_ms: shown - Number(time / 1000n), time_us: Number(time), face, patch, width: video.videoWidth, height: video.videoHeight, rtp: frame.rtpTimestamp });
      if (list.length < count_) video.requestVideoFrameCallback(take);
      else { clearTimeout(timer); done(list); }
    };
    video.requestVideoFrameCallback(take);
  }), [count, ms]);
}

export function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
}

export const screenshot = (page, name) => page.screenshot({ path: path.join(artefacts, `${name}.png`) });

// --- foreign bytes ----------------------------------------------------------------------------------

/** Send each of `datagrams` to the media port from one socket; how many came back. */
export async function sprayUdp(station, datagrams) {
  const [host, port] = station.media.split(":");
  const socket = dgram.createSocket("udp4");
  let answers = 0;
  socket.on("message", () => { answers++; });
  for (const datagram of datagrams)
    await new Promise((done) => socket.send(datagram, Number(port), host, () => done()));
  await sleep(300);
  socket.close();
  return answers;
}
