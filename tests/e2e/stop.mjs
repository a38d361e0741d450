// SPDX-License-Identifier: GPL-3.0-or-later
// Emergency stop by a remote party, in a real browser against the real station: it stops the table, latches, is
// explained everywhere, and only the operator clears it, in two steps. And the operator's hand goes before any lease.

import { execFileSync, spawnSync } from "node:child_process";
import path from "node:path";
import { Worker } from "node:worker_threads";
import { artefacts, claim, Control, expect, later, launch, live, main, openPage, program, screenshot, Station, temporary, until } from "./lib.mjs";

function ostend(station, ...words) {
  const { status, stdout, stderr } = spawnSync(program("ostend"), ["--state", station.state, ...words], { encoding: "utf8", timeout: 20000 });
  return { status, stdout, stderr };
}

/** The operator's console in a terminal of its own. */
class Terminal {
  constructor(station) {
    this.socket = path.join(temporary("ostend-tmux-"), "tmux");
    this.#run("new-session", "-d", "-x", "100", "-y", "30", `env TERM=tmux-256color LC_ALL=C.UTF-8 LANGUAGE=en ${program("ostend")} --state ${station.state}`);
    later(() => this.#run("kill-server"));
  }

  #run(...words) {
    return execFileSync("tmux", ["-S", this.socket, "-f", "/dev/null", ...words], { encoding: "utf8" });
  }

  keys(...names) {
    this.#run("send-keys", ...names);
  }

  screen() {
    return this.#run("capture-pane", "-p");
  }

  shows(text, ms = 10000) {
    return until(`"${text}" on the console`, () => this.screen().includes(text), ms).catch((error) => { throw new Error(`${error.message}\n${this.screen()}`); });
  }
}

/** Somebody afar who has a lease and spins the table: {lease, end()}; `said` is why it no longer may. */
async function drive(station, holder) {
  const worker = new Worker(new URL("./drive.mjs", import.meta.url), { workerData: { control: station.demo.control, holder } });
  const script = { lease: null, said: "", end: () => worker.terminate() };
  later(script.end);
  worker.on("message", (message) => { if (typeof message === "number") script.lease = message; else script.said = message; });
  worker.on("error", (error) => { script.said = error.message; });
  await until("a lease", () => { expect(!script.said, script.said); return script.lease; });
  return script;
}

await main(async () => {
  const station = await new Station().start();
  const browser = await launch(station.demo.ca);
  const judge = await openPage(browser, station, "judge");
  const defence = await openPage(browser, station, "defence", { locale: "zh-CN", viewport: { width: 390, height: 844 }, hasTouch: true });
  const table = () => station.control.call("table.status");
  const spin = async () => {
    await station.control.call("table.spin", { speed_mdeg_s: 20000 });
    await until("turning", async () => (await table()).motion === "moving", 5000);
  };
  /** The first step is refused until the table is known to stand still. */
  const firstStep = () => until("the first step", () => {
    const answer = ostend(station, "table", "clear");
    return answer.status === 0 && answer;
  }, 10000);
  const clear = async () => {
    await firstStep();
    const { status, stderr } = ostend(station, "table", "clear", "--confirm");
    expect(status === 0, stderr);
  };
  await Promise.all([live(judge), until("a picture", () => defence.evaluate(() => document.querySelector("video").videoWidth > 0))]);
  const terminal = new Terminal(station);
  await terminal.shows("Any key closes this."); // the way to join comes first
  terminal.keys("x");

  await claim("the button is reached by keyboard alone", async () => {
    await judge.evaluate(() => document.activeElement.blur());
    for (let i = 0; i < 6; i++) {
      await judge.keyboard.press("Tab");
      if (await judge.evaluate(() => document.activeElement.id === "estop")) return `Tab ${i + 1}`;
    }
    throw new Error("not within six Tabs");
  });

  await claim("a finger that scrolls over the button stops nothing", async () => {
    const box = await (await defence.$("#estop")).boundingBox();
    const touch = await defence.context().newCDPSession(defence);
    const at = (dy) => [{ x: box.x + box.width / 2, y: box.y + box.height / 2 + dy }];
    await spin();
    await touch.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: at(0) });
    for (let dy = -10; dy >= -120; dy -= 10) await touch.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: at(dy) });
    await touch.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
    const { reported_mdeg: from } = await table();
    await until("another 10 degrees", async () => Math.abs((await table()).reported_mdeg - from) > 10000, 5000);
    const state = await table();
    expect(state.motion === "moving" && !state.estop && !state.halt, JSON.stringify(state));
  });

  await claim("one press stops the turning table, and latches", async () => {
    await judge.focus("#estop");
    const pressed = Date.now();
    await judge.keyboard.press("Enter");
    const latched = await until("latched", async () => { const state = await table(); return state.halt && state; }, 3000, 5);
    const latchedMs = Date.now() - pressed;
    await until("still", async () => (await table()).motion === "still", 5000, 10);
    const stillMs = Date.now() - pressed;
    expect(latched.estop && latched.halt.kind === "estop", JSON.stringify(latched.halt));
    expect(/Judge/.test(latched.halt.by), `by "${latched.halt.by}"`);
    const refused = await station.control.call("table.goto", { bearing_mdeg: 0 }).then(() => "", (error) => error.message);
    expect(refused, "a halted table was turned");
    return `latched after ${latchedMs} ms, still after ${stillMs} ms; then: ${refused}`;
  });

  await claim("the one who pressed, the other seat and the console all say so", async () => {
    await until("confirmed", async () => (await judge.textContent("#pressed")).startsWith("You have stopped the table"), 3000);
    await until("the judge's reason", async () => /The table is stopped: Emergency stop by Judge since \d+:\d+/.test(await judge.textContent("#halt")), 3000);
    await until("the other seat", async () => (await defence.textContent("#halt")).includes("审判长"), 3000);
    expect((await defence.textContent("#pressed")) === "", "the other seat claims the press");
    await terminal.shows("THE TABLE IS HALTED");
    await terminal.shows("by Judge");
    await screenshot(judge, "stop-en");
    await screenshot(defence, "stop-phone-zh");
  });

  await claim("no seat can clear it", async () => {
    const code = await judge.evaluate(() => new Promise((done) => {
      const socket = new WebSocket(`wss://${location.host}/seat`, ["ostend.v1"]);
      socket.onopen = () => socket.send(JSON.stringify({ type: "clear", confirm: "clear" }));
      socket.onclose = (event) => done(event.code);
    }));
    expect(code === 1008, `closed with ${code}`);
    expect((await table()).halt, "cleared by a seat");
  });

  await claim("it outlives the table's process", async () => {
    const { pid, restarts } = await station.child("table");
    process.kill(pid, "SIGKILL");
    await until("started again", async () => (await station.child("table")).restarts > restarts, 10000);
    await until("the line again", async () => (await table().catch(() => ({}))).link === "up", 15000);
    const { halt } = await table();
    expect(halt?.kind === "estop", JSON.stringify(halt));
  });

  await claim("clearing takes two steps at the station", async () => {
    const early = ostend(station, "table", "clear", "--confirm");
    expect(early.status === 1 && (await table()).halt, "cleared without the first step");
    const first = await firstStep();
    expect(first.stdout.includes("--confirm"), first.stdout + first.stderr);
    expect((await table()).halt, "the first step has cleared");
    const second = ostend(station, "table", "clear", "--confirm");
    expect(second.status === 0, second.stderr);
    expect(!(await table()).halt && !(await table()).estop, "not cleared");
    await until("the page lets go", async () => (await judge.textContent("#halt")) === "" && (await judge.textContent("#pressed")) === "", 3000);
    return first.stdout.trim().split("\n")[0];
  });

  await claim("in the console too: another key, after a look", async () => {
    terminal.keys("E");
    await terminal.shows("THE TABLE IS HALTED");
    await firstStep(); // the table is known to stand still; the console asks for its own first step all the same
    terminal.keys("c");
    await terminal.shows("Clear the halt: step 2 of 2");
    terminal.keys("c");
    await until("closed", () => !terminal.screen().includes("step 2 of 2"), 3000);
    expect((await table()).halt, "one key held down has cleared it");
    terminal.keys("c");
    await terminal.shows("I have looked");
    terminal.keys("y");
    await until("cleared", async () => !(await table()).halt, 5000);
  });

  await claim("a stop pressed while the table's process is away is not lost", async () => {
    const { pid } = await station.child("table");
    process.kill(pid, "SIGKILL");
    await judge.click("#estop");
    await until("latched", async () => (await table().catch(() => ({}))).halt?.kind === "estop", 15000);
    await until("the line again", async () => (await table()).link === "up", 15000);
    await clear();
  });

  await claim("`ostend table estop` works while ostendd hangs", async () => {
    await spin();
    station.process.kill("SIGSTOP");
    const started = Date.now();
    const { status, stderr } = ostend(station, "table", "estop");
    const took = Date.now() - started;
    station.process.kill("SIGCONT");
    expect(status === 0, stderr);
    expect(took < 3000, `${took} ms`);
    const state = await table();
    expect(state.halt?.kind === "estop" && state.motion === "still", JSON.stringify(state));
    await clear();
    return `stands still ${took} ms after the command was begun`;
  });

  await claim("so does the E key of a console that was open already", async () => {
    await spin();
    const direct = await Control.connect(path.join(station.state, "table.sock"));
    station.process.kill("SIGSTOP");
    try {
      const pressed = Date.now();
      terminal.keys("E");
      await until("still", async () => { const state = await direct.call("table.status"); return state.halt && state.motion === "still"; }, 5000, 10);
      const took = Date.now() - pressed;
      await terminal.shows("THE TABLE IS HALTED");
      return `stands still ${took} ms after the key`;
    } finally {
      station.process.kill("SIGCONT");
      direct.close();
      await clear();
    }
  });

  await claim("any key at the console takes the table from a script that has a lease", async () => {
    const script = await drive(station, "counsel Li");
    await until("turning", async () => (await table()).motion === "moving", 5000);
    await terminal.shows("REMOTE CONTROL: counsel Li");
    await until("the page names who drives", async () => (await judge.textContent("#drive")).startsWith("counsel Li may turn the table"), 3000);
    await screenshot(judge, "lease-en");
    const { reported_mdeg: from } = await table();
    // a second: longer than a lease lives without its keepalives, so it is they that keep it
    await until("another 10 degrees", async () => Math.abs((await table()).reported_mdeg - from) > 10000, 5000);
    const pressed = Date.now();
    terminal.keys("Tab");
    await until("no lease", async () => !(await table()).lease, 3000, 5);
    const endedMs = Date.now() - pressed;
    await until("still", async () => (await table()).motion === "still", 3000, 10);
    const stillMs = Date.now() - pressed;
    await terminal.shows("YOU HAVE TAKEN THE TABLE BACK from counsel Li");
    const refused = await station.control.call("table.turn", { lease: script.lease, seen: (await table()).sequence, by_mdeg: 1000 }).then(() => "", (error) => error.message);
    expect(refused, "the script still turns the table");
    await until("the script hears of it", () => script.said, 3000);
    script.end();
    expect(!(await table()).halt, "a key is no emergency");
    await until("the page knows", async () => (await judge.textContent("#drive")) === "", 3000);
    return `lease over after ${endedMs} ms, still after ${stillMs} ms; the script hears: ${refused}`;
  });

  // the demo's table counts steps; what others would say is put into the station's own messages on their way
  await claim("the page marks an angle by how it is known", async () => {
    const context = await browser.newContext({ locale: "en-US", viewport: { width: 1366, height: 768 } });
    const page = await context.newPage();
    let other = {};
    await page.routeWebSocket(/\/seat$/, (socket) => {
      const server = socket.connectToServer();
      server.onMessage((text) => {
        const message = JSON.parse(text);
        socket.send(message.type === "table" ? JSON.stringify({ ...message, bearing_mdeg: 123456, ...other }) : text);
      });
    });
    await page.goto(`${station.url}#pass=${station.demo.passes.clerk}`);
    await page.waitForSelector("#picture", { timeout: 15000 });
    const kinds = [
      [{ source: "encoder", reference: "homed", homed: true, evidence: true }, "123.46°", "", "encoder", false],
      [{ source: "counted", reference: "homed", homed: true, evidence: true }, "123.5°", "", "counted steps", false],
      [{ source: "counted", reference: "user-zero", homed: false, evidence: false }, "123.5°", "not evidence", "counted steps", false],
      [{ source: "assumed", reference: "homed", homed: true, evidence: false, uncertainty_mdeg: 5000 }, "~123.5°", "not evidence", "assumed, not measured ±5°", true],
    ];
    for (const [state, bearing, evidence, kind, dashed] of kinds) {
      other = state;
      await until(`${bearing} ${evidence} ${kind}`, async () => (await page.textContent("#bearing")) === bearing &&
        (await page.textContent("#evidence")) === evidence && (await page.textContent("#kind")).startsWith(kind), 5000);
      const dash = await page.evaluate(() => getComputedStyle(document.querySelector("#needle path")).strokeDasharray);
      expect((dash !== "none") === dashed, `${kind}: the needle's line is ${dash}`);
    }
    await screenshot(page, "angle-assumed");
    await context.close();
  });

  await claim("a page without its station says that the stop cannot reach it", async () => {
    station.process.kill("SIGSTOP");
    await until("unreachable", () => judge.evaluate(() => document.getElementById("estop").classList.contains("unreachable")), 8000);
    await until("closed by the page", () => judge.evaluate(() => document.getElementById("state").classList.contains("failed")), 12000);
    await judge.click("#estop");
    const words = await judge.textContent("#pressed");
    await screenshot(judge, "stop-unreachable");
    station.process.kill("SIGCONT");
    expect(words.includes("NOT sent"), words);
    await until("reachable again", () => judge.evaluate(() => !document.getElementById("estop").classList.contains("unreachable")), 20000);
    expect(!(await table()).halt, "a press that was said not to be sent has come later");
  });

  console.log(`screens in ${artefacts}`);
});
