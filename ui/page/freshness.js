// SPDX-License-Identifier: GPL-3.0-or-later
// How old the picture on this screen is: from frames that were really presented, never from a connection.

export const STALE_MS = 1000;

export class Freshness {
  #presented = 0;
  #shownMs = null; // performance.now() when the newest frame was shown
  #ageAtShow = null; // its age then; null: this browser does not say which frame it was
  #times = [];
  #frozenMs = 0;

  constructor(video, clock) {
    this.video = video;
    this.clock = clock;
    const each = (now, frame) => {
      this.#take(now, frame);
      video.requestVideoFrameCallback(each);
    };
    video.requestVideoFrameCallback(each);
  }

  #take(now, frame) {
    // never younger than it was: the later of when it is said to be visible and when we are told
    const shown = Math.max(performance.now(), frame.expectedDisplayTime ?? now);
    if (this.#shownMs !== null && shown - this.#shownMs > 500) this.#frozenMs += Math.round(shown - this.#shownMs);
    this.#presented++;
    this.#shownMs = shown;
    this.#ageAtShow = frame.rtpTimestamp === undefined ? null : this.clock.ageMs(frame.rtpTimestamp, shown);
    this.#times.push(shown);
    while (this.#times.length && this.#times[0] < shown - 1000) this.#times.shift();
  }

  /** A new connection: what was shown before says nothing about it. */
  restart() {
    this.#times = [];
  }

  /** {presented, silent_ms, age_ms, fps, frozen_ms}: silent_ms since a frame was shown, null before the first. */
  read() {
    const now = performance.now();
    const silent = this.#shownMs === null ? null : Math.max(0, now - this.#shownMs);
    const age = silent === null || this.#ageAtShow === null ? null : Math.max(0, this.#ageAtShow + silent);
    const recent = this.#times.filter((time) => time > now - 1000).length;
    return {
      presented: this.#presented,
      silent_ms: silent,
      age_ms: age,
      shown_age_ms: this.#ageAtShow === null ? null : Math.max(0, this.#ageAtShow),
      fps: recent,
      frozen_ms: this.#frozenMs,
    };
  }

  /** Whether the picture on the screen may be called live. */
  static live(reading) {
    return reading.silent_ms !== null && Math.max(reading.silent_ms, reading.age_ms ?? 0) <= STALE_MS;
  }
}
