// SPDX-License-Identifier: GPL-3.0-or-later
// The emergency stop: one press of an ordinary button, and what has become of it. A press is a click, which a
// browser does not make out of a finger that scrolls. Nothing here can clear a stop.

import { language, t } from "./i18n.js";

const CONFIRM_MS = 2000; // the table latches within milliseconds; later than this nobody may rely on it

const HALTS = {
  estop: () => t("Emergency stop"),
  fault: () => t("Fault of the table's controller"),
  line: () => t("The line to the table was lost while it turned"),
  reference: () => t("The table lost its count while it turned"),
  stall: () => t("The table did not turn although it was told to"),
  overdue: () => t("A motion did not end in time"),
  failed: () => t("A motion went wrong"),
  unstopped: () => t("A stop was not confirmed"),
  unasked: () => t("The table turned without a command"),
};

function time(utcUs) {
  return new Date(utcUs / 1000).toLocaleTimeString(language(), { hour12: false });
}

/** "Judge", "Wang (Judge)": the catalogue has the roles (station/base/role.h). */
function party(name) {
  const [, person, role] = /^(.*) \(([^()]+)\)$/.exec(name) ?? [];
  return role && t(role) !== role ? `${person} (${t(role)})` : t(name);
}

function countdown(ms) {
  const seconds = Math.ceil(Math.max(0, ms) / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

export class Stop {
  #pressedMs = null; // performance.now() of a press whose end is not known
  #words = null; // () => what became of the last press
  #failed = false;
  #table = null;
  #tableMs = 0;

  /** `elements` by name; `seat()` the seat or undefined. */
  constructor(elements, seat) {
    this.at = elements;
    this.seat = seat;
    elements.button.onclick = () => this.#press();
  }

  #say(words, failed = false) {
    this.#words = words;
    this.#failed = failed;
    this.draw();
  }

  #press() {
    if (!this.seat()?.send({ type: "estop" })) {
      this.#pressedMs = null;
      this.#say(() => t("This page has no connection to the station: the stop was NOT sent. Call the custody centre."), true);
      return;
    }
    this.#pressedMs = performance.now();
    this.#say(() => t("Emergency stop sent."));
  }

  /** The table's newest state; null: nothing is known of it. */
  take(table) {
    this.#table = table;
    this.#tableMs = performance.now();
    if (this.#pressedMs !== null && table?.estop) this.#confirmed();
    if (!table?.estop && this.#pressedMs === null && !this.#failed) this.#words = null; // cleared at the table
    this.draw();
  }

  /** The station's answer to a press. */
  answer(message) {
    if (message.outcome === "done") this.#confirmed();
    else this.#unconfirmed(message.reason);
  }

  #confirmed() {
    this.#pressedMs = null;
    this.#say(() => t("You have stopped the table. Only the operator at the table can release it."));
  }

  #unconfirmed(reason) {
    this.#pressedMs = null;
    this.#say(() => t("The stop is NOT confirmed ({reason}). Tell the operator to cut the power of the table.", { reason }), true);
  }

  /** Called a few times a second. */
  tick() {
    if (this.#pressedMs !== null && performance.now() - this.#pressedMs > CONFIRM_MS) this.#unconfirmed(t("no answer"));
    this.draw();
  }

  #reach() {
    if (!this.seat()?.reachable) return t("The stop cannot reach the station");
    if (!this.#table) return t("Nothing is known of the table");
    return this.#table.link === "up" ? "" : t("The stop may not reach the table: no connection to it");
  }

  #haltText() {
    const halt = this.#table?.halt;
    if (!halt) return this.#table?.estop ? t("The table is stopped") : "";
    const kind = HALTS[halt.kind]?.() ?? halt.kind;
    const since = halt.since_utc_us ? t("since {time}", { time: time(halt.since_utc_us) }) : "";
    const by = halt.by ? t("by {name}", { name: party(halt.by) }) : "";
    const reason = halt.kind === "estop" || !halt.reason ? "" : `(${halt.reason})`;
    return `${t("The table is stopped")}: ${[kind, reason, by, since].filter(Boolean).join(" ")}`;
  }

  #driveText() {
    const lease = this.#table?.lease;
    if (!lease) return "";
    const left = countdown(lease.left_ms - (performance.now() - this.#tableMs));
    return t("{name} may turn the table from afar, {left} left", { name: lease.holder, left });
  }

  draw() {
    const reach = this.#reach();
    const set = (element, text) => { if (element.textContent !== text) element.textContent = text; };
    this.at.button.classList.toggle("unreachable", Boolean(reach));
    this.at.bar.classList.toggle("halted", Boolean(this.#table?.halt || this.#table?.estop));
    set(this.at.label, t("Stop the table"));
    set(this.at.halt, this.#haltText());
    set(this.at.pressed, this.#words?.() ?? reach);
    this.at.pressed.className = this.#failed || (!this.#words && reach) ? "failed" : "";
    set(this.at.drive, this.#driveText());
  }
}
