// SPDX-License-Identifier: GPL-3.0-or-later
// The seat's own messages (doc/protocol.md 3), and the station's clock as it follows from them.

const PING_MS = 2000;
const SILENT_MS = 6000;
const DOUBTFUL_MS = 4000; // a ping each 2 s has been missed
const RETRY_MS = [200, 500, 1000, 2000];
const SAMPLES = 8;
const TICKS_PER_MS = 90;
const WRAP = 2 ** 32;

/** Difference of two RTP times, as a signed number of ticks. */
function difference(a, b) {
  const ticks = (a - b) % WRAP;
  const positive = ticks < 0 ? ticks + WRAP : ticks;
  return positive >= WRAP / 2 ? positive - WRAP : positive;
}

/** The station's media clock: of the newest samples the one with the shortest round trip is right. */
export class StationClock {
  #samples = [];

  add(sentMs, receivedMs, ts90k) {
    this.#samples.push({ rtt: receivedMs - sentMs, middle: (sentMs + receivedMs) / 2, ts90k });
    if (this.#samples.length > SAMPLES) this.#samples.shift();
  }

  reset() {
    this.#samples = [];
  }

  /** Milliseconds from the capture of the picture with `rtpTimestamp` to `atMs` (performance.now()); null if unknown. */
  ageMs(rtpTimestamp, atMs) {
    if (!this.#samples.length) return null;
    const best = this.#samples.reduce((a, b) => (b.rtt < a.rtt ? b : a));
    return difference(best.ts90k, rtpTimestamp) / TICKS_PER_MS + (atMs - best.middle);
  }
}

export class Seat {
  #socket = null;
  #tries = 0;
  #heardMs = 0;

  /** `onMessage(message)`, `onLink(up)`. Connects by itself, again and again. */
  constructor(clock, onMessage, onLink) {
    this.clock = clock;
    this.onMessage = onMessage;
    this.onLink = onLink;
    this.#open();
    setInterval(() => this.#keepAlive(), PING_MS);
  }

  #open() {
    const socket = new WebSocket(`wss://${location.host}/seat`, ["ostend.v1"]);
    this.#socket = socket;
    this.#heardMs = performance.now();
    socket.onopen = () => {
      this.#tries = 0;
      this.clock.reset();
      this.onLink(true);
      for (let i = 0; i < 3; i++) this.#ping();
    };
    socket.onmessage = (event) => this.#take(JSON.parse(event.data));
    socket.onclose = (event) => this.#lost(socket, event.code, event.reason);
  }

  #lost(socket, code, reason) {
    if (socket !== this.#socket) return;
    this.#socket = null;
    this.onLink(false, code, reason);
    setTimeout(() => this.#open(), RETRY_MS[Math.min(this.#tries++, RETRY_MS.length - 1)]);
  }

  #take(message) {
    this.#heardMs = performance.now();
    if (message.type === "pong") this.clock.add(message.t, this.#heardMs, message.ts_90k);
    else this.onMessage(message);
  }

  #ping() {
    this.send({ type: "ping", t: performance.now() });
  }

  #keepAlive() {
    if (performance.now() - this.#heardMs <= SILENT_MS) {
      this.#ping();
    } else if (this.#socket) {
      const socket = this.#socket;
      socket.close(); // who does not answer does not answer to this either: do not wait for it
      this.#lost(socket, 1006, "");
    }
  }

  /** Whether what is sent now can be expected to arrive. */
  get reachable() {
    return this.#socket?.readyState === WebSocket.OPEN && performance.now() - this.#heardMs < DOUBTFUL_MS;
  }

  /** False: there is no connection, and nothing was sent or kept for later. */
  send(message) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }
}
