// SPDX-License-Identifier: GPL-3.0-or-later
// A remote party that may turn the table, as a worker: spins it, and says every 150 ms that it still looks. Of its
// own thread, so that nothing a test waits for can keep it from that.

import { parentPort, workerData } from "node:worker_threads";
import { Control } from "./lib.mjs";

const control = await Control.connect(workerData.control);
const { lease } = await control.call("table.lease", { holder: workerData.holder, for_s: 60 });
await control.call("subscribe", { topics: ["table"] });
const seen = async () => (control.notifications.findLast(({ method }) => method === "table")?.params ?? await control.call("table.status")).sequence;

await control.call("table.spin", { lease, seen: await seen(), speed_mdeg_s: 10000, ttl_ms: 30000 });
parentPort.postMessage(lease);
const timer = setInterval(async () => {
  await control.call("table.keepalive", { lease, seen: await seen() }).catch((error) => {
    clearInterval(timer);
    parentPort.postMessage(error.message);
  });
}, 150);
