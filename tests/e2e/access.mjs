// SPDX-License-Identifier: GPL-3.0-or-later
// Who gets in, and how one who no longer may is put out.

import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { claim, expect, launch, live, main, openPage, program, screenshot, Station, temporary, until } from "./lib.mjs";

const certs = (station, ...args) => execFileSync(program("ostend-certs"), ["--state", station.state, ...args]).toString();

/** A page of a stranger's origin, open in the judge's browser beside the judge's own. */
async function strangerPage(context) {
  const server = http.createServer((_, response) => response.end("<!DOCTYPE html><title>stranger</title>")).listen(0, "127.0.0.1");
  await new Promise((done) => server.once("listening", done));
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  return { page, close: () => server.close() };
}

await main(async () => {
  const station = await new Station().start();
  const browser = await launch(station.demo.ca);
  const bearer = (pass) => ({ Authorization: `Bearer ${pass}`, "Content-Type": "application/sdp" });

  await claim("without authority nothing is served: 401 and the sign-in page", async () => {
    for (const name of ["/", "/app.js", "/whep", "/seat", "/zh_CN.json", "/nonexistent"]) {
      const { status, text } = await station.request("GET", name);
      expect(status === 401, `${name}: ${status}`);
      expect(!text.includes("浙0108") && !text.includes("E-0041"), `${name} tells of the case`);
    }
  });

  await claim("a wrong pass is refused", async () => {
    const { status } = await station.request("POST", "/whep", { headers: bearer("ABCD-EFGH-JKMN-PQRS-TVWX"), body: "v=0\r\n" });
    expect(status === 401, `status ${status}`);
  });

  await claim("a foreign origin is refused, whatever its pass", async () => {
    const headers = { ...bearer(station.demo.passes.judge), Origin: "https://evil.example" };
    const { status } = await station.request("POST", "/whep", { headers, body: "v=0\r\n" });
    expect(status === 403, `status ${status}`);
  });

  await claim("a foreign host is refused", async () => {
    const { status } = await station.request("GET", "/", { servername: "localhost", headers: { Host: "evil.example", ...bearer(station.demo.passes.judge) } });
    expect(status === 421, `status ${status}`);
  });

  await claim("a bad offer costs only itself, and the answer says why", async () => {
    const { status, text } = await station.request("POST", "/whep", { headers: bearer(station.demo.passes.judge), body: "v=0\r\nnonsense" });
    expect(status === 400 && text.length > 10, `status ${status}: ${text}`);
  });

  const judge = await openPage(browser, station, "judge");
  await live(judge);

  await claim("a stranger's page in the judge's browser gets nothing", async () => {
    const stranger = await strangerPage(judge.context());
    const outcome = await stranger.page.evaluate(async (url) => {
      const get = await fetch(url, { credentials: "include" }).then((r) => `readable ${r.status}`, () => "refused");
      const post = await fetch(`${url}whep`, { method: "POST", credentials: "include", headers: { "Content-Type": "application/sdp", "X-Ostend": "1" }, body: "v=0" })
        .then((r) => `readable ${r.status}`, () => "refused");
      const socket = await new Promise((done) => {
        const ws = new WebSocket(`${url.replace("https", "wss")}seat`, ["ostend.v1"]);
        ws.onopen = () => done("open");
        ws.onerror = () => done("refused");
      });
      return { get, post, socket };
    }, station.url);
    stranger.close();
    await stranger.page.close();
    expect(Object.values(outcome).every((result) => result === "refused"), JSON.stringify(outcome));
  });

  await claim("a mistyped pass gets words, and the right one lets in", async () => {
    const context = await browser.newContext({ locale: "zh-CN", viewport: { width: 1280, height: 800 } });
    const page = await context.newPage();
    await page.goto(station.url);
    await page.fill("#pass", "0000-0000-0000-0000-0000");
    await page.click("#go");
    await until("a reason", async () => (await page.textContent("#answer")).includes("通行码无效"), 5000);
    await screenshot(page, "signin-zh");
    await page.fill("#pass", station.demo.passes.clerk.toLowerCase());
    await page.click("#go");
    await page.waitForSelector("#picture", { timeout: 10000 });
    await context.close();
  });

  await claim("a withdrawn pass ends the running picture within 2 s", async () => {
    const prosecutor = await openPage(browser, station, "prosecutor");
    await live(prosecutor);
    await until("the viewer in the list", async () =>
      (await station.control.call("rooms")).rooms.some((room) => room.role === "prosecutor" && room.state === "connected"), 5000);
    const list = JSON.parse(certs(station, "list", "--json"));
    const pass = (list.passes ?? list).find((entry) => entry.role === "prosecutor");
    const revoked = Date.now();
    certs(station, "revoke", pass.id);
    await until("the viewer's end", async () => !(await station.control.call("rooms")).rooms.some((room) => room.role === "prosecutor" && room.state === "connected"), 4000, 20);
    const took = Date.now() - revoked;
    expect(took < 2000, `after ${took} ms`);
    await until("words on the page", async () => (await prosecutor.textContent("body")).includes("no longer admitted") || (await prosecutor.isVisible("#pass")), 15000);
    await screenshot(prosecutor, "page-withdrawn");
    await prosecutor.context().close();
    expect((await station.request("POST", "/whep", { headers: bearer(station.demo.passes.prosecutor), body: "v=0\r\n" })).status === 401, "the pass still works");
    await live(judge, 3000);
    return `${took} ms`;
  });

  await claim("a person's certificate gets in; revoked, it does not", async () => {
    const folder = temporary("ostend-p12-");
    const file = path.join(folder, "judge.p12");
    const secret = path.join(folder, "secret");
    fs.writeFileSync(secret, "correct horse\n", { mode: 0o600 });
    certs(station, "person", "Judge Li", "--role", "judge", "--out", file, "--pass-file", secret);
    const tls = { pfx: fs.readFileSync(file), passphrase: "correct horse" };
    const good = await station.request("GET", "/", tls);
    expect(good.status === 200 && good.text.includes("picture"), `status ${good.status}`);
    const forged = await station.request("POST", "/whep", { ...tls, headers: { "Content-Type": "application/sdp" }, body: "v=0\r\n" });
    expect(forged.status === 403, `a certificate without origin and header: ${forged.status}`);
    certs(station, "revoke", "Judge Li");
    await until("refusal", async () => {
      try {
        return (await station.request("GET", "/", tls)).status === 401;
      } catch {
        return true; // refused in the handshake
      }
    }, 2000);
  });

  await claim("a station that cannot start says why in one sentence", () => {
    const starts = [["--listen", "8443"], ["--listen", "127.0.0.1:99999"], ["--listen", "nowhere:1"], ["--media", "8444"], ["--media", ""], ["--config", "/nonexistent"]];
    for (const extra of starts) {
      const args = ["--demo", "--state", path.join(temporary("ostend-bad-"), "state"), "--listen", "127.0.0.1:0", "--media", "127.0.0.1:0", ...extra];
      const { status, stderr } = spawnSync(program("ostendd"), args, { encoding: "utf8", timeout: 20000 });
      expect(status === 1 && /^ostendd: .{10,}$/m.test(stderr), `${extra.join(" ")}: exit ${status}, "${stderr}"`);
    }
  });
});
