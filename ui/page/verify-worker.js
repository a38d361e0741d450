// SPDX-License-Identifier: GPL-3.0-or-later
// Beside the picture's way to the decoder: each encoded picture is passed on first, and then looked at.

import { readKey, SectionReader } from "./sections.js";

const TELL_EVERY = 15; // pictures, without anything else to tell
const BEHIND_MAX = 120; // pictures not looked at yet: four seconds

let key = null;
let keyCame;
const firstKey = new Promise((done) => { keyCame = done; });

async function takeKey(chain) {
  try {
    key = await readKey(chain);
    keyCame();
  } catch (error) {
    postMessage({ type: "key-refused", reason: String(error) });
  }
}

/** The pictures of one connection. */
class Track {
  #reader = null;
  #frames = 0;
  #behind = 0;
  #work = Promise.resolve();

  constructor(id) {
    this.id = id;
  }

  take(bytes) {
    if (this.#behind >= BEHIND_MAX) {
      this.#tell([{ result: "gap", missing: 0, changed: 0, unsigned: 1, reason: "slow" }]);
      return; // missing from the next section; the picture itself is not held up
    }
    this.#behind++;
    this.#work = this.#work.then(() => this.#look(bytes)).catch((error) => {
      this.#tell([{ result: "gap", missing: 0, changed: 0, unsigned: 1, reason: String(error) }]);
    }).finally(() => { this.#behind--; });
  }

  async #look(bytes) {
    await firstKey; // the first picture is the one that all others hang on: it must not be missed
    this.#frames++;
    if (this.#reader?.key !== key) this.#reader = new SectionReader(key);
    const verdicts = await this.#reader.take(bytes);
    if (verdicts.length || this.#frames % TELL_EVERY === 0) this.#tell(verdicts);
  }

  #tell(verdicts) {
    postMessage({ type: "seen", id: this.id, frames: this.#frames, verdicts });
  }
}

self.onrtctransform = ({ transformer }) => {
  const track = new Track(transformer.options.id);
  transformer.readable.pipeThrough(new TransformStream({
    transform(frame, controller) {
      const bytes = new Uint8Array(frame.data.slice(0)); // the frame's own goes to the decoder
      controller.enqueue(frame);
      track.take(bytes);
    },
  })).pipeTo(transformer.writable).catch(() => {}); // the connection's end
};

self.onmessage = ({ data }) => takeKey(data.chain);
postMessage({ type: "ready" });
