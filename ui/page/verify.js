// SPDX-License-Identifier: GPL-3.0-or-later
// Whether the picture is the one that the station signed, by this page's own check.
//
// The station says over the page's TLS connection which certificate signs its video; a signature by another key is
// wrong, whoever has issued that key. Green is never a state that stays: it is true while the newest section that was
// verified is younger than FRESH_MS and nothing has been missing for GAP_MS. A wrong signature stays red until the page
// is loaded again.

import { t } from "./i18n.js";

const FRESH_MS = 3000;
const GAP_MS = 5000;
const READY_MS = 2000;
const UNSIGNED_FRAMES = 90;

const WORDS = {
  unsupported: () => t("Signature not checked: this browser cannot"),
  failed: () => t("Signature not checked: the check has failed"),
  waiting: () => t("Signature not checked yet"),
  unsigned: () => t("NOT SIGNED"),
  late: ({ seconds }) => t("No signature for {seconds} s", { seconds }),
  gap: ({ missing }) => (missing ? t("Signed, {missing} parts of pictures missing", { missing }) : t("Signed, with gaps")),
  verified: ({ station }) => t("SIGNED by {station}, verified", { station }),
  bad: ({ time }) => t("SIGNATURE WRONG at {time}", { time }),
};

const REASONS = {
  changed: () => t("The picture is not what the station signed."),
  signature: () => t("The signature is not by the station's certificate."),
  order: () => t("Signed sections do not follow each other."),
};

const HELP = {
  unsupported: () => t("It has no access to received video (RTCRtpScriptTransform). The recording can be checked later."),
  verified: ({ time }) => t("Checked on this computer. Newest signed picture: {time} by the station's clock.", { time }),
};

const KINDS = { verified: "live", bad: "stale" }; // all else: "wait"

const clockTime = (ms) => new Date(ms).toTimeString().slice(0, 8);

export class Verification {
  #worker = null;
  #id = 0;
  #broken = null; // "unsupported" or "failed"
  #station = "";
  #frames = 0;
  #verifiedMs = null; // performance.now() of the newest good section
  #signedMs = 0; // its end, by the station's clock
  #gapMs = null;
  #missing = 0;
  #bad = null; // {reason, at}: the first one

  constructor() {
    if (!window.RTCRtpScriptTransform || !window.crypto?.subtle) {
      this.#broken = "unsupported";
      this.ready = Promise.resolve();
      return;
    }
    this.#worker = new Worker("/verify-worker.js", { type: "module" });
    /** Settled when attach() may be called. */
    this.ready = new Promise((done) => {
      const timer = setTimeout(() => this.#fail(done), READY_MS);
      this.#worker.onerror = () => this.#fail(done);
      this.#worker.onmessage = ({ data }) => {
        clearTimeout(timer);
        if (data.type === "ready") done();
        else this.#take(data);
      };
    });
  }

  #fail(done) {
    this.#broken = "failed";
    this.#worker?.terminate(); // a connection with a dead one shows no picture, and is made anew without
    this.#worker = null;
    done();
  }

  /** The station's message "media-key". */
  setKey({ chain, station }) {
    this.#station = station;
    this.#worker?.postMessage({ chain });
  }

  /** Look at what `receiver` gets from now on. Before any picture comes. */
  attach(receiver) {
    if (!this.#worker) return;
    this.#frames = 0;
    this.#verifiedMs = this.#gapMs = null;
    receiver.transform = new RTCRtpScriptTransform(this.#worker, { id: ++this.#id });
  }

  #take(message) {
    if (message.type === "key-refused") this.#broken = "failed";
    if (message.type !== "seen" || message.id !== this.#id) return;
    this.#frames = message.frames;
    for (const verdict of message.verdicts) this.#judge(verdict, performance.now());
  }

  #judge(verdict, now) {
    if (verdict.result === "bad") this.#bad ??= { reason: verdict.reason, at: Date.now() };
    if (verdict.result === "gap") {
      const fresh = this.#gapMs === null || now - this.#gapMs > GAP_MS;
      this.#missing = (fresh ? 0 : this.#missing) + verdict.missing;
      this.#gapMs = now;
    }
    if (verdict.result === "good" || (verdict.result === "gap" && verdict.end_ms)) {
      this.#verifiedMs = now;
      this.#signedMs = verdict.end_ms;
    }
  }

  #state(now) {
    if (this.#bad) return "bad";
    if (this.#broken) return this.#broken;
    if (this.#verifiedMs === null) return this.#frames > UNSIGNED_FRAMES ? "unsigned" : "waiting";
    if (now - this.#verifiedMs >= FRESH_MS) return "late";
    return this.#gapMs !== null && now - this.#gapMs < GAP_MS ? "gap" : "verified";
  }

  /** {state, kind, text, help}: kind is a class of the badge. */
  read() {
    const now = performance.now();
    const state = this.#state(now);
    const values = {
      station: this.#station,
      missing: this.#missing,
      seconds: this.#verifiedMs === null ? 0 : Math.floor((now - this.#verifiedMs) / 1000),
      time: clockTime(this.#bad ? this.#bad.at : this.#signedMs),
    };
    return {
      state, kind: KINDS[state] ?? "wait", text: WORDS[state](values),
      help: state === "bad" ? REASONS[this.#bad.reason]?.() ?? this.#bad.reason : HELP[state]?.(values) ?? "",
    };
  }
}
