// SPDX-License-Identifier: GPL-3.0-or-later
// The room page: one picture, and the truth about how live it is.

import { Freshness } from "./freshness.js";
import { language, setLanguage, t, toggleLanguage } from "./i18n.js";
import { Ledger } from "./ledger.js";
import { Seat, StationClock } from "./seat.js";
import { Stills } from "./stills.js";
import { Stop } from "./stop.js";
import { Verification } from "./verify.js";
import { missing, Player, Refusal } from "./whep.js";

const $ = (id) => document.getElementById(id);
const video = $("picture");
const clock = new StationClock();
const freshness = new Freshness(video, clock);
const verification = new Verification();
const ledger = new Ledger((message) => seat?.send(message) ?? false, () => drawLedger());

const RETRY_MS = [300, 1000, 2000, 3000];
const SILENT_RESTART_MS = 3000;
const TABLE_SILENT_MS = 3000; // it is told once a second at least

const view = {
  state: null, // of the showing; null before the first hello
  hello: null,
  table: null,
  tableMs: 0, // performance.now() when it was told
  camera: { present: true, reason: "" },
  recording: null, // as the station last said
  linked: false, // the seat's socket
  problem: null, // a message code that no retry will mend
  notice: null,
};

// --- words ------------------------------------------------------------------------------------------

const STATE_WORDS = {
  PREPARED: () => t("PREPARED"),
  PREVIEW: () => t("PREVIEW"),
  ON_AIR: () => t("ON AIR"),
  HOLD: () => t("ON HOLD"),
  CLOSED: () => t("CLOSED"),
  RECORDING_FAILED: () => t("RECORDING FAILED"),
};
const STATE_CLASSES = { ON_AIR: "on-air", HOLD: "hold", RECORDING_FAILED: "failed" };

/** What stands where the picture was: the last one must not look like one that is shown. */
const PAUSE_TEXTS = {
  PREPARED: () => t("The showing has not begun."),
  PREVIEW: () => t("The showing has not begun."),
  HOLD: () => t("The showing is paused; nothing is shown."),
  CLOSED: () => t("The showing has ended."),
  RECORDING_FAILED: () => t("Nothing is shown, because it could not be recorded."),
};

const RECORDINGS = {
  off: () => t("not recorded"),
  recording: () => t("being recorded"),
  failed: () => t("RECORDING FAILED"),
  full: () => t("THE STATION'S DISK IS FULL"),
};

const PROBLEMS = {
  "no-secure-context": () => [t("The connection is not secure"), t("Open this page by its https address.")],
  "no-webrtc": () => [
    t("This browser cannot show the live picture"),
    t("WebRTC is missing or has been switched off by a policy. Use a current Chromium, Edge, Firefox or Safari."),
  ],
  "no-frame-callback": () => [
    t("This browser is too old"),
    t("It cannot say which pictures it has really shown, so their age could not be vouched for. Please update it."),
  ],
  "no-h264": () => [
    t("This browser cannot decode H.264 video"),
    t("In Firefox, switch on the OpenH264 add-on (Add-ons, Plugins), or use Chromium, Edge or Safari."),
  ],
  "not-admitted": () => [
    t("You are no longer admitted"),
    t("Your pass or certificate has expired or was withdrawn. Ask the custody centre for a new one."),
  ],
};

const NOTICES = {
  "capture-restarted": () => t("The camera process was started again."),
  "table-restarted": () => t("The table's process was started again; its angle is unknown until it is homed."),
  "signer-restarted": () => t("The signing process was started again."),
  "record-lost": () => t("THE STATION CANNOT WRITE ITS RECORD ANY MORE."),
  "signer-forgot": () => t("The signer of the station's record has lost its memory: compare the record with what you have kept."),
  "record-refused": () => t("The station's record was changed: its signer refuses it."),
  "signing-lost": () => t("The station cannot sign the live picture at present."),
  "signing-back": () => t("The station signs the live picture again."),
  "simulator-restarted": () => t("The simulated table was started again."),
};

const KINDS = { assumed: () => t("assumed, not measured"), counted: () => t("counted steps"), encoder: () => t("encoder") };

/** As exact as it is known: "~123.5°", "123.5°", "123.46°". */
function bearingText(table) {
  const digits = table.source === "encoder" ? 2 : 1;
  const unit = 10 ** (3 - digits);
  const rounded = Math.round(table.bearing_mdeg / unit) * unit % 360000; // 359.96 is 0.0
  return `${table.source === "assumed" ? "~" : ""}${(rounded / 1000).toFixed(digits)}°`;
}

/** What may be quoted: measured, from a reference that was found. */
const isEvidence = (table) => (table.evidence ?? table.homed) && table.source !== "assumed";

function kindText(table) {
  const uncertainty = Number.isInteger(table.uncertainty_mdeg) ? ` ±${table.uncertainty_mdeg / 1000}°` : "";
  return `${KINDS[table.source]?.() ?? ""}${uncertainty}`;
}

function motionWord(table) {
  if (table.link !== "up") return t("no connection to the table");
  if (table.motion === "homing") return t("finding its zero");
  if (table.motion === "moving" || table.motion === "stopping") return t("turning");
  if (table.halt || table.estop) return t("stopped");
  return table.reference === "none" ? t("angle not known: not homed") : t("standing still");
}

// --- drawing ----------------------------------------------------------------------------------------

function setText(id, text) {
  if ($(id).textContent !== text) $(id).textContent = text;
}

function drawState() {
  const word = view.linked && view.state ? STATE_WORDS[view.state]?.() ?? view.state : t("NOT CONNECTED");
  setText("state", word);
  $("state").className = `word ${view.linked ? STATE_CLASSES[view.state] ?? "" : "failed"}`;
}

function drawRecording() {
  const state = view.linked ? view.recording : null;
  setText("recording", RECORDINGS[state]?.() ?? "");
  $("recording").className = state ?? "";
}

/** Known and not ON AIR: then a picture is neither shown nor missing. */
const isPaused = () => view.linked && view.state !== null && view.state !== "ON_AIR";

function drawPause() {
  const reason = view.hello?.pause_label ?? "";
  $("pause").hidden = !isPaused();
  $("pause").className = STATE_CLASSES[view.state] ?? "";
  if (!isPaused()) return;
  setText("pause-title", STATE_WORDS[view.state]?.() ?? view.state);
  setText("pause-text", PAUSE_TEXTS[view.state]?.() ?? "");
  setText("pause-reason", reason ? t("Reason: {reason}", { reason: t(reason) }) : "");
}

function drawCase() {
  setText("case-label", t("Case"));
  setText("exhibit-label", t("Exhibit"));
  setText("case-no", view.hello?.case_no ?? "");
  setText("exhibit-no", view.hello?.exhibit_no ?? "");
  setText("exhibit-name", view.hello?.exhibit_name ?? "");
  const label = view.hello?.role_label ?? "";
  const role = label && t(label); // the catalogue has them from station/base/role.h
  const name = view.hello && view.hello.name !== label ? view.hello.name : "";
  const demo = view.hello?.demo ? t("Demonstration: simulated camera and table") : "";
  setText("who", [role, name, demo].filter(Boolean).join(" · "));
}

function drawTable() {
  const silent = performance.now() - view.tableMs > TABLE_SILENT_MS;
  const table = view.linked && !silent ? view.table : null;
  const known = table && table.bearing_mdeg !== null && table.bearing_mdeg !== undefined;
  $("dial").classList.toggle("unknown", !known);
  $("dial").classList.toggle("assumed", Boolean(known && table.source === "assumed"));
  $("dial").classList.toggle("no-evidence", Boolean(known && !isEvidence(table)));
  setText("bearing", known ? bearingText(table) : "—°");
  setText("evidence", known && !isEvidence(table) ? t("not evidence") : "");
  setText("motion", table ? motionWord(table) : view.table ? t("no word from the table") : "");
  setText("kind", known ? kindText(table) : "");
  if (known) $("needle").setAttribute("transform", `rotate(${table.bearing_mdeg / 1000})`);
  $("dial").setAttribute("aria-label", `${t("Angle of the table")}: ${$("bearing").textContent} ${$("kind").textContent} ${$("evidence").textContent}`);
}

function drawAge() {
  const reading = freshness.read();
  const seconds = Math.floor(Math.max(reading.silent_ms ?? 0, reading.age_ms ?? 0) / 1000);
  let kind = "live";
  let text;
  if (isPaused()) {
    kind = "none";
    text = t("NO PICTURE");
  } else if (view.problem || reading.silent_ms === null) {
    kind = "wait";
    text = t("NO PICTURE YET");
  } else if (!Freshness.live(reading)) {
    kind = "stale";
    text = t("STALE {seconds} s", { seconds });
  } else if (!view.camera.present) {
    kind = "stale";
    text = view.camera.held ? t("HELD") : t("NO CAMERA");
  } else {
    text = reading.shown_age_ms === null ? t("LIVE, age unknown") : t("LIVE {age} ms", { age: Math.round(reading.shown_age_ms) });
  }
  setText("age", text);
  $("age").className = `badge ${kind}`;
  $("stale").hidden = kind !== "stale" || Boolean(view.problem);
  setText("stale-text", kind !== "stale" ? "" : view.camera.present || !Freshness.live(reading)
    ? t("This picture is not live. It is {seconds} s old.", { seconds })
    : view.camera.held ? t("A still is being taken; this picture is held.") : t("The camera gives no picture."));
  return reading;
}

/** What this page has checked by itself: one badge each. */
function drawCheck(id, { state, kind, text, help }, hidden = false) {
  $(id).hidden = Boolean(view.problem) || hidden;
  setText(`${id}-text`, text);
  setText(`${id}-help`, help);
  $(id).className = `badge ${kind} ${state}`;
  $(id).title = help;
}

const drawSignature = () => drawCheck("signature", verification.read(), isPaused()); // nothing is shown: nothing is vouched for
const drawLedger = () => drawCheck("record", ledger.read());

function drawMessage() {
  const problem = PROBLEMS[view.problem]?.();
  $("message").hidden = !problem;
  if (problem) {
    setText("message-title", problem[0]);
    setText("message-text", problem[1]);
  }
}

function drawButtons() {
  setText("language", language() === "en" ? "中文" : "English");
  $("language").lang = language() === "en" ? "zh-CN" : "en";
  setText("fullscreen", document.fullscreenElement ? t("Leave full screen") : t("Full screen"));
  setText("leave", t("Sign out"));
}

function draw() {
  document.title = view.hello?.exhibit_no ? `${view.hello.exhibit_no} · Ostend` : "Ostend";
  drawState();
  drawRecording();
  drawPause();
  stills.follow(view.state === "ON_AIR", view.hello?.showing);
  stills.draw();
  drawCase();
  drawTable();
  drawMessage();
  drawButtons();
  stop.draw();
  drawAge();
  drawSignature();
  drawLedger();
  setText("notice", view.notice ? NOTICES[view.notice.code]?.() ?? view.notice.text : "");
}

function drawMarks() {
  for (let angle = 0; angle < 360; angle += 30) {
    const mark = document.createElementNS("http://www.w3.org/2000/svg", "line");
    for (const [name, value] of Object.entries({ x1: 0, x2: 0, y1: -44, y2: angle % 90 ? -39 : -35, transform: `rotate(${angle})` }))
      mark.setAttribute(name, value);
    $("marks").append(mark);
  }
}

// --- the picture ------------------------------------------------------------------------------------

let player = null;
let tries = 0;
let retryTimer = null;
let startedMs = 0;

function retry() {
  if (retryTimer !== null || view.problem) return;
  retryTimer = setTimeout(connect, RETRY_MS[Math.min(tries++, RETRY_MS.length - 1)]);
}

async function connect() {
  retryTimer = null;
  player?.stop();
  const mine = new Player(video, () => { if (player === mine) retry(); }, (receiver) => verification.attach(receiver));
  player = mine;
  startedMs = performance.now();
  freshness.restart();
  await verification.ready;
  try {
    if (player === mine) await mine.start();
  } catch (error) {
    mine.stop();
    if (error instanceof Refusal) {
      view.problem = error.code;
      draw();
    } else if (player === mine) {
      retry();
    }
  }
}

/** The connection may say what it likes: if no picture is shown, it is made anew. */
function watch() {
  if (view.state !== "ON_AIR") startedMs = performance.now(); // nothing is sent: silence is no fault of the connection
  const reading = freshness.read();
  const quiet = Math.min(reading.silent_ms ?? Infinity, performance.now() - startedMs);
  if (Freshness.live(reading)) tries = 0;
  else if (quiet > SILENT_RESTART_MS && document.visibilityState === "visible") retry();
}

// --- the seat ---------------------------------------------------------------------------------------

function take(message) {
  if (message.type === "hello") {
    view.hello = message;
    view.state = message.state;
  } else if (message.type === "state") {
    view.state = message.state;
    Object.assign(view.hello ?? {}, message, { type: "hello" });
  } else if (message.type === "table") {
    view.table = message;
    view.tableMs = performance.now();
    stop.take(message);
    drawTable();
    return;
  } else if (message.type === "estop") {
    stop.answer(message);
    return;
  } else if (message.type === "checkpoint" || message.type === "log.proof") {
    ledger.take(message);
    return;
  } else if (message.type === "still") {
    stills.take(message);
  } else if (message.type === "recording") {
    view.recording = message.state;
  } else if (message.type === "media-key") {
    verification.setKey(message);
    return;
  } else if (message.type === "camera") {
    view.camera = message;
  } else if (message.type === "notice") {
    view.notice = message;
    setTimeout(() => { if (view.notice === message) { view.notice = null; draw(); } }, 8000);
  }
  draw();
}

function link(up) {
  view.linked = up;
  if (!up) {
    ledger.lost();
    view.table = null; // what was true once is not shown as if it were
    stop.take(null);
  }
  if (up && view.problem === "not-admitted") {
    view.problem = null; // somebody let us in again
    retry();
  }
  if (up && retryTimer !== null) {
    clearTimeout(retryTimer); // the station is back: do not sit out the pause
    connect();
  }
  draw();
}

async function report(seat) {
  const reading = freshness.read();
  seat.send({
    type: "report",
    presented: reading.presented,
    age_ms: reading.age_ms === null ? null : Math.round(reading.age_ms),
    width: video.videoWidth,
    height: video.videoHeight,
    fps: reading.fps,
    frozen_ms: reading.frozen_ms,
    visible: document.visibilityState === "visible",
    ufrag: player?.ufrag ?? "",
  });
  const figures = await player?.figures().catch(() => null);
  setText("link", figures ? t("{fps} pictures/s · {width}×{height} · {lost} packets lost", {
    fps: reading.fps, width: video.videoWidth, height: video.videoHeight, lost: figures.lost,
  }) : "");
}

// --- keys and buttons -------------------------------------------------------------------------------

const toggleFullscreen = () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen());

async function leave() {
  player?.stop();
  await fetch("/session", { method: "DELETE", headers: { "X-Ostend": "1" } }).catch(() => {});
  location.reload();
}

function listen() {
  $("fullscreen").onclick = toggleFullscreen;
  $("language").onclick = async () => { await toggleLanguage(); draw(); };
  $("leave").onclick = leave;
  document.onfullscreenchange = drawButtons;
  document.onkeydown = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || stills.isOpen) return;
    if (event.key === "f") toggleFullscreen();
    if (event.key === "l") $("language").click();
  };
  window.onpagehide = () => player?.stop();
}

await setLanguage();
const stop = new Stop({
  bar: $("stopbar"), button: $("estop"), label: $("estop-label"), halt: $("halt"), pressed: $("pressed"), drive: $("drive"),
}, () => seat);
const stills = new Stills({
  rail: $("stills"), heading: $("stills-heading"), list: $("stills-list"), viewer: $("viewer"), stage: $("viewer-stage"),
  image: $("viewer-image"), title: $("viewer-title"), facts: $("viewer-facts"), digest: $("viewer-digest"), check: $("viewer-check"),
  zoom: $("viewer-zoom"), close: $("viewer-close"), fit: $("viewer-fit"), plus: $("viewer-plus"), minus: $("viewer-minus"),
  before: $("viewer-before"), after: $("viewer-after"),
});
drawMarks();
listen();
view.problem = missing();
let seat;
draw();
seat = new Seat(clock, take, link);
if (!view.problem) connect();
setInterval(() => { drawAge(); drawSignature(); }, 250);
setInterval(() => { watch(); drawTable(); }, 500);
setInterval(() => stop.tick(), 250);
setInterval(() => report(seat), 1000);
