// SPDX-License-Identifier: GPL-3.0-or-later
// This page as a witness of the station's record: it keeps the newest checkpoint that it has verified, and takes a
// newer one only with the proof that it continues the kept one. A record that was cut, rewritten or exchanged for an
// older one is red from then on, also after a reload: both notes are kept, and the station is told.

import { t } from "./i18n.js";
import { canCheck, continues, readCheckpoint, readKey } from "./tlog.js";

const ANSWER_MS = 10000;
const RECENT = 8; // checkpoints whose proof may still come
const place = (origin) => `ostend-record:${origin}`;

const WORDS = {
  waiting: () => t("Record not checked yet"),
  unsupported: () => t("Record not checked: this browser cannot"),
  unproven: () => t("Record: no proof yet that it continues"),
  checked: ({ size }) => t("Record kept: {size} entries, checked", { size }),
  broken: () => t("THE RECORD DOES NOT CONTINUE"),
};

const HELP = {
  unsupported: () => t("It cannot check Ed25519 signatures. The record can be checked later, from the package."),
  checked: () => t("Everything this computer has seen of the station's record before is unchanged in it."),
  broken: ({ reason }) => reason,
};

const REASONS = {
  shorter: ({ had, size }) => t("It had {had} entries when this computer last looked, and has {size} now.", { had, size }),
  other: ({ had }) => t("Its first {had} entries are not those that this computer has seen.", { had }),
  key: () => t("It is signed with another key than before."),
  signature: () => t("Its signature is wrong."),
};

const KINDS = { checked: "live", broken: "stale" }; // all else: "wait"

export class Ledger {
  #send;
  #changed;
  #state = "waiting";
  #values = {};
  #kept = null; // {note, key, size, root, broken: {why, got} or absent}
  #origin = null;
  #recent = new Map(); // size: verified, waiting for its proof
  #proof = null; // came before its checkpoint
  #asked = null; // the timer of a question
  #work = Promise.resolve(); // one message after the other

  /** `send(message)` to the station; `changed()` when read() gives something else. */
  constructor(send, changed) {
    this.#send = send;
    this.#changed = changed;
  }

  read() {
    return {
      state: this.#state,
      kind: KINDS[this.#state] ?? "wait",
      text: WORDS[this.#state](this.#values),
      help: HELP[this.#state]?.(this.#values) ?? "",
    };
  }

  /** A message of the seat: "checkpoint" or "log.proof". */
  take(message) {
    const action = message.type === "checkpoint" ? () => this.#takeCheckpoint(message) : () => this.#takeProof(message);
    this.#work = this.#work.then(action).catch((error) => this.#refuse("signature", String(error)));
  }

  /** Questions of a lost connection have no answer. */
  lost() {
    clearTimeout(this.#asked);
    this.#asked = null;
    this.#recent.clear();
    this.#proof = null;
  }

  #show(state, values = {}) {
    this.#state = state;
    this.#values = values;
    this.#changed();
  }

  #load(origin) {
    if (this.#origin === origin) return;
    this.#origin = origin;
    try {
      this.#kept = JSON.parse(localStorage.getItem(place(origin)));
    } catch {
      this.#kept = null;
    }
  }

  #keep(kept) {
    this.#kept = kept;
    localStorage.setItem(place(this.#origin), JSON.stringify(kept));
  }

  async #takeCheckpoint({ note, key }) {
    if (!(await canCheck())) {
      this.#show("unsupported");
      return;
    }
    this.#load(note.slice(0, note.indexOf("\n")));
    if (this.#kept?.broken) {
      this.#showBroken();
      return;
    }
    if (this.#kept && this.#kept.key !== key) {
      this.#refuse("key", note);
      return;
    }
    const checkpoint = await readCheckpoint(note, await readKey(key)).catch(() => null);
    if (!checkpoint) this.#refuse("signature", note);
    else await this.#compare({ ...checkpoint, note, key });
  }

  async #compare(next) {
    const kept = this.#kept;
    if (!kept) {
      this.#keep(next);
      this.#show("checked", next);
    } else if (next.size < kept.size) {
      this.#refuse("shorter", next.note, next.size);
    } else if (next.size === kept.size) {
      if (next.root === kept.root) this.#show("checked", kept);
      else this.#refuse("other", next.note);
    } else {
      this.#recent.set(next.size, next);
      if (this.#recent.size > RECENT) this.#recent.delete(this.#recent.keys().next().value);
      if (this.#proof?.size === next.size) await this.#takeProof(this.#proof);
      else this.#ask();
    }
  }

  #ask() {
    if (this.#asked !== null || !this.#kept) return;
    if (!this.#send({ type: "log.prove", old: this.#kept.size })) return;
    this.#asked = setTimeout(() => {
      this.#asked = null;
      this.#show("unproven");
      this.#ask();
    }, ANSWER_MS);
  }

  async #takeProof(proof) {
    const next = this.#recent.get(proof.size);
    const kept = this.#kept;
    clearTimeout(this.#asked);
    this.#asked = null;
    this.#proof = next ? null : proof; // its checkpoint may be on its way
    if (!kept || kept.broken || proof.old !== kept.size || !next) return;
    if (!(await continues(kept, next, proof.hashes).catch(() => false))) {
      this.#refuse("other", next.note);
      return;
    }
    this.#keep(next);
    for (const size of [...this.#recent.keys()]) if (size <= next.size) this.#recent.delete(size);
    this.#show("checked", next);
    if (this.#recent.size) this.#ask();
  }

  #showBroken() {
    const { why, size } = this.#kept.broken;
    this.#show("broken", { reason: REASONS[why]({ had: this.#kept.size, size }) });
  }

  /** For good: what was kept stays, with what came beside it. */
  #refuse(why, got, size = 0) {
    if (this.#kept?.broken) return;
    this.#keep({ ...(this.#kept ?? { size: 0, note: "" }), broken: { why, size, got, at: new Date().toISOString() } });
    this.#showBroken();
    this.#send({ type: "log.alarm", reason: this.#values.reason, had: this.#kept.note, got });
  }
}
