// SPDX-License-Identifier: GPL-3.0-or-later
// A judge's computer with a certificate in the browser's own store: no pass, no sign-in; revoked, the picture ends.
// An ordinary user cannot write the policy that chooses the certificate; there the driver's own TLS shows it.

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { badge, claim, expect, launch, live, main, program, Station, temporary, until } from "./lib.mjs";

const SECRET = "correct horse";

function person(station) {
  const folder = temporary("ostend-p12-");
  const file = path.join(folder, "judge.p12");
  const secretFile = path.join(folder, "secret");
  fs.writeFileSync(secretFile, `${SECRET}\n`, { mode: 0o600 });
  execFileSync(program("ostend-certs"), ["--state", station.state, "person", "法官李明", "--role", "judge", "--out", file, "--pass-file", secretFile]);
  return { file, secret: SECRET };
}

async function open(station, holder) {
  const native = process.getuid() === 0;
  const browser = await launch(station.demo.ca, native ? holder : null, new URL(station.url).origin);
  const context = await browser.newContext({
    locale: "zh-CN", viewport: { width: 1280, height: 800 },
    ...(native ? {} : { ignoreHTTPSErrors: true, clientCertificates: [{ origin: new URL(station.url).origin, pfxPath: holder.file, passphrase: holder.secret }] }),
  });
  const page = await context.newPage();
  await page.goto(station.url);
  return page;
}

await main(async () => {
  const station = await new Station().start();
  const holder = person(station);
  const page = await open(station, holder);

  await claim("a certificate shows the page and the live picture without a pass", async () => {
    await page.waitForSelector("#picture", { timeout: 15000 });
    await until("实时 on the page", async () => /^实时 \d+ 毫秒$/.test(await badge(page)), 15000);
    expect((await page.textContent("#who")).includes("法官李明"), await page.textContent("#who"));
    const row = await until("the row of a certificate", async () =>
      (await station.control.call("rooms")).rooms.find((room) => room.kind === "certificate" && room.state === "connected"));
    expect(row.role === "judge" && row.name === "法官李明", JSON.stringify(row));
  });

  await claim("revoked, its picture ends within 2 s and its page says so", async () => {
    const revoked = Date.now();
    execFileSync(program("ostend-certs"), ["--state", station.state, "revoke", "法官李明"]);
    await until("the viewer's end", async () => !(await station.control.call("rooms")).rooms.some((room) => room.state === "connected"), 4000, 20);
    const took = Date.now() - revoked;
    expect(took < 2000, `after ${took} ms`);
    await until("no live picture on the page", async () => !/^实时/.test(await badge(page)), 10000);
    return `${took} ms`;
  });
});
