// SPDX-License-Identifier: GPL-3.0-or-later
// The demonstration runs for a while as viewers come and go; memory, descriptors, threads and SRTP sessions must
// be what they were. Usage: node soak.mjs [SECONDS] [JOINS]; `make soak` is half an hour with 1,000 joins, and the
// short run of `make check` is smoke.mjs.

import fs from "node:fs";
import { claim, expect, main, sleep, Station, until } from "../e2e/lib.mjs";
import { Viewers } from "../e2e/viewers.mjs";

const ROLES = ["judge", "prosecutor", "defence", "clerk", "room"];
const WAYS = ["delete", "delete", "close", "vanish"];
const MEMORY_SLACK_KIB = 8 * 1024;

/** Memory of its own, descriptors and threads of a child. Of one that may not be looked into (not root): no descriptors. */
function look(pid) {
  const status = fs.readFileSync(`/proc/${pid}/status`, "utf8");
  const number = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)[1]);
  let fds = null;
  try {
    fds = fs.readdirSync(`/proc/${pid}/fd`).length;
  } catch (error) {
    if (error.code !== "EACCES") throw error;
  }
  return { kib: number("RssAnon"), fds, threads: number("Threads") };
}

async function sample(station, label) {
  const { children } = await station.control.call("status");
  const { text } = await station.control.call("metrics");
  const metric = (name) => Number(new RegExp(`^ostend_${name} (\\S+)`, "m").exec(text)[1]);
  const own = { kib: Math.round(metric("private_bytes") / 1024), fds: metric("open_descriptors"), threads: metric("threads") };
  return {
    label,
    processes: Object.fromEntries([["ostendd", own], ...children.map((child) => [child.name, look(child.pid)])]),
    restarts: children.reduce((sum, child) => sum + child.restarts, 0),
    viewers: metric("viewers"),
    sessions: metric("srtp_sessions"),
  };
}

function print(samples) {
  const names = Object.keys(samples[0].processes);
  console.log("when".padEnd(14) + names.map((name) => name.padStart(26)).join("") + "   viewers  SRTP sessions");
  for (const { label, processes, viewers, sessions } of samples)
    console.log(label.padEnd(14) + names.map((name) => {
      const { kib, fds, threads } = processes[name];
      return `${kib} KiB ${fds ?? "?"} fd ${threads} thr`.padStart(26);
    }).join("") + `${viewers}`.padStart(10) + `${sessions}`.padStart(15));
}

const empty = (station) => until("all viewers gone", async () => (await sample(station, "")).viewers === 0, 60000, 500);

/** A viewer's connection may outlive it for a moment: the descriptors have forty seconds to be no more than they were. */
async function settled(station, before) {
  const fds = async () => (await sample(station, "")).processes.ostendd.fds;
  await until("no descriptor too many", async () => (await fds()) <= before, 40000, 500).catch(() => {});
}

async function visit(viewers, number) {
  const id = await viewers.join(ROLES[number % ROLES.length]);
  await viewers.picture(id);
  await sleep(200);
  return viewers.leave(id, WAYS[number % WAYS.length]);
}

export async function soak(seconds, joins) {
  const station = await new Station().start();
  const viewers = new Viewers(station);
  const warmUp = Math.min(30, Math.ceil(joins / 4));
  const samples = [];
  const ends = { first_keyframe_ms: [], broken: 0 };
  const started = Date.now();

  for (let i = 0; i < joins; i++) {
    const pace = started + (i * seconds * 1000) / joins;
    if (pace > Date.now()) await sleep(pace - Date.now());
    const seen = await visit(viewers, i);
    ends.first_keyframe_ms.push(seen.first_keyframe_ms);
    ends.broken += seen.broken;
    if (i % 50 === 7) await station.control.call("table.turn", { by_mdeg: 45000, wait: false }).catch(() => {});
    if (i === warmUp || (i > warmUp && i % Math.ceil(joins / 8) === 0)) {
      if (i === warmUp) await empty(station);
      samples.push(await sample(station, `${i} joins`));
    }
  }
  await empty(station);
  await settled(station, samples[0].processes.ostendd.fds);
  samples.push(await sample(station, "end"));
  print(samples);
  const sorted = ends.first_keyframe_ms.sort((a, b) => a - b);
  console.log(`${joins} joins in ${Math.round((Date.now() - started) / 1000)} s; offer to first keyframe p50 ${sorted[joins >> 1]} ms, p95 ${sorted[Math.floor(joins * 0.95)]} ms`);
  check(samples[0], samples.at(-1));
}

function check(first, last) {
  expect(last.restarts === 0, `${last.restarts} processes died`);
  expect(last.sessions === 0 && first.sessions === 0, `${last.sessions} SRTP sessions are left`);
  for (const [name, after] of Object.entries(last.processes)) {
    const before = first.processes[name];
    expect(after.threads === before.threads, `${name}: ${before.threads} threads became ${after.threads}`);
    expect(after.fds <= before.fds, `${name}: ${before.fds} descriptors became ${after.fds}`);
    expect(after.kib <= before.kib + MEMORY_SLACK_KIB, `${name}: ${before.kib} KiB became ${after.kib} KiB`);
  }
}

if (process.argv[1]?.endsWith("soak.mjs"))
  await main(() => claim("nothing is left behind", () => soak(Number(process.argv[2] ?? 1800), Number(process.argv[3] ?? 1000))));
