// SPDX-License-Identifier: GPL-3.0-or-later
// The stills of the showing: a small picture and the digest of each, and one at a time in its full size. A file is
// shown only when its bytes have the digest that the station announced: the page computes that by itself.

import { language, t } from "./i18n.js";

const THUMB_PX = 240;
const ZOOM_STEP = 1.5;
const ZOOM_MAX = 8;
const FETCHES_AT_ONCE = 2; // the live picture goes first

/** The beginning of a digest, in groups that can be read aloud. */
export const beginning = (sha256, groups = 4) => (sha256.match(/.{4}/g) ?? []).slice(0, groups).join(" ");

const hex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");

function timeText(utcUs) {
  return `${new Date(utcUs / 1000).toISOString().slice(11, 19)} UTC`;
}

function bearingText(pose) {
  return Number.isInteger(pose?.bearing_mdeg) ? `${(pose.bearing_mdeg / 1000).toFixed(1)}°` : t("angle unknown");
}

/** As it is called in the list, and read out. */
function title(still) {
  return [t("Still {number}", { number: still.still }), still.view_label && t(still.view_label)].filter(Boolean).join(" · ");
}

function make(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

/** The file's bytes; throws a sentence when they are not the announced ones. */
async function load(still) {
  const response = await fetch(`/still/${still.still}`, { headers: { "X-Ostend": "1" } });
  if (!response.ok) throw new Error(t("The station does not give it ({status}).", { status: response.status }));
  const bytes = await response.arrayBuffer();
  if (hex(await crypto.subtle.digest("SHA-256", bytes)) !== still.sha256)
    throw new Error(t("THE FILE IS NOT THE ONE THAT WAS ANNOUNCED: its digest is another."));
  return new Blob([bytes], { type: "image/jpeg" });
}

async function drawThumb(canvas, blob) {
  const picture = await createImageBitmap(blob, { resizeWidth: THUMB_PX, resizeQuality: "medium" });
  canvas.width = picture.width;
  canvas.height = picture.height;
  canvas.getContext("2d").drawImage(picture, 0, 0);
  picture.close();
}

export class Stills {
  #items = new Map(); // number -> {still, row, canvas, words, blob, error}
  #waiting = [];
  #fetching = 0;
  #open = null; // number
  #url = null;
  #zoom = 0; // 0: fits
  #showing = null;

  /** `at`: elements by name: rail, heading, list, viewer, image, facts, check, buttons: close, fit, plus, minus. */
  constructor(at) {
    this.at = at;
    at.close.onclick = () => at.viewer.close();
    at.fit.onclick = () => this.#setZoom(0);
    at.plus.onclick = () => this.#setZoom(this.#scale() * ZOOM_STEP);
    at.minus.onclick = () => this.#setZoom(this.#scale() / ZOOM_STEP);
    at.before.onclick = () => this.#step(-1);
    at.after.onclick = () => this.#step(1);
    at.viewer.onclose = () => this.#closed();
    at.viewer.onkeydown = (event) => this.#key(event);
    at.image.onload = () => this.#setZoom(0);
    at.stage.ondblclick = () => this.#setZoom(this.#zoom ? 0 : 1);
    this.#dragging();
  }

  get isOpen() {
    return this.at.viewer.open;
  }

  /** A message of type "still". */
  take(still) {
    if (still.rejected) this.#remove(still.still);
    else if (this.#items.get(still.still)?.still.sha256 !== still.sha256) this.#add(still);
    this.draw();
  }

  /** What is ON AIR: another showing has other stills, and without one nothing is to be seen. */
  follow(onAir, showing) {
    if (showing !== undefined && showing !== this.#showing) {
      for (const number of [...this.#items.keys()]) this.#remove(number);
      this.#showing = showing;
    }
    if (!onAir && this.isOpen) this.at.viewer.close();
    this.at.rail.hidden = !onAir || this.#items.size === 0;
  }

  #add(still) {
    this.#remove(still.still);
    const canvas = make("canvas", { width: THUMB_PX, height: THUMB_PX * still.height / still.width || 135 });
    const words = make("span", { className: "words" });
    const button = make("button", { type: "button", onclick: () => this.show(still.still) }, canvas, words);
    const item = { still, canvas, words, button, row: make("li", {}, button), blob: null, error: null };
    canvas.setAttribute("aria-hidden", "true");
    this.#items.set(still.still, item);
    const older = [...this.at.list.children].find((row) => Number(row.dataset.still) < still.still);
    item.row.dataset.still = still.still;
    this.at.list.insertBefore(item.row, older ?? null); // the newest first
    this.#waiting.push(item);
    this.#fetchMore();
  }

  #remove(number) {
    const item = this.#items.get(number);
    if (!item) return;
    if (this.#open === number) this.at.viewer.close();
    item.row.remove();
    this.#items.delete(number);
  }

  async #fetchMore() {
    if (this.#fetching >= FETCHES_AT_ONCE) return;
    const item = this.#waiting.pop();
    if (!item) return;
    this.#fetching++;
    await this.#fetch(item);
    this.#fetching--;
    this.#fetchMore();
  }

  async #fetch(item) {
    if (this.#items.get(item.still.still) !== item) return;
    try {
      item.blob = await load(item.still);
      await drawThumb(item.canvas, item.blob);
    } catch (error) {
      item.error = error.message;
    }
    this.draw();
    if (this.#open === item.still.still) this.#fill();
  }

  #drawItem({ still, words, button, error, blob }) {
    const lines = [title(still), `${bearingText(still.pose)} · ${timeText(still.captured_utc_us)}`, beginning(still.sha256)];
    if (error) lines.push(error);
    if (words.textContent !== lines.join("")) words.replaceChildren(...lines.map((line) => make("span", { textContent: line })));
    button.classList.toggle("wrong", Boolean(error));
    button.classList.toggle("checked", Boolean(blob));
  }

  draw() {
    this.at.heading.textContent = t("Stills: {count}", { count: this.#items.size });
    this.at.rail.setAttribute("aria-label", this.at.heading.textContent);
    for (const item of this.#items.values()) this.#drawItem(item);
    for (const [name, words] of Object.entries({ close: t("Close"), fit: t("Whole picture"), plus: t("Larger"), minus: t("Smaller"), before: t("Earlier still"), after: t("Later still") })) {
      this.at[name].title = words;
      this.at[name].setAttribute("aria-label", words);
    }
    this.at.fit.textContent = t("Whole picture");
    if (this.isOpen) this.#fill();
  }

  // --- one of them in its full size -----------------------------------------------------------------

  show(number) {
    const item = this.#items.get(number);
    if (!item) return;
    this.#open = number;
    if (item.error) {
      item.error = null; // another try
      this.#fetch(item);
    }
    if (!this.isOpen) this.at.viewer.showModal();
    this.#fill();
    this.at.stage.focus();
  }

  #setImage(item) {
    const blob = item?.blob ?? null;
    if (this.at.image.blob === blob) return;
    if (this.#url) URL.revokeObjectURL(this.#url);
    this.#url = blob ? URL.createObjectURL(blob) : null;
    this.at.image.blob = blob;
    if (blob) this.at.image.src = this.#url;
    else this.at.image.removeAttribute("src");
  }

  #fill() {
    const item = this.#items.get(this.#open);
    if (!item) return;
    const { still } = item;
    this.at.title.textContent = title(still);
    this.at.viewer.setAttribute("aria-label", title(still));
    this.at.facts.textContent = [bearingText(still.pose), timeText(still.captured_utc_us), `${still.width}×${still.height}`,
      t("{bytes} bytes", { bytes: still.bytes.toLocaleString(language()) })].join(" · ");
    this.at.digest.textContent = `SHA-256 ${beginning(still.sha256, 16)}`;
    this.at.check.textContent = item.error ?? (item.blob ? t("The bytes received have this digest.") : t("Fetching and checking it …"));
    this.at.check.className = item.error ? "wrong" : item.blob ? "checked" : "";
    this.at.image.alt = title(still);
    this.at.before.disabled = !this.#neighbour(-1);
    this.at.after.disabled = !this.#neighbour(1);
    this.#setImage(item);
  }

  #closed() {
    const item = this.#items.get(this.#open);
    this.#open = null;
    this.#setImage(null);
    item?.button.focus();
  }

  #neighbour(by) {
    const numbers = [...this.#items.keys()].sort((a, b) => a - b);
    return numbers[numbers.indexOf(this.#open) + by];
  }

  #step(by) {
    const number = this.#neighbour(by);
    if (number) this.show(number);
  }

  #fitScale() {
    const { stage, image } = this.at;
    return Math.min(stage.clientWidth / image.naturalWidth, stage.clientHeight / image.naturalHeight, 1) || 1;
  }

  #scale() {
    return this.#zoom || this.#fitScale();
  }

  /** What was in the middle stays there. */
  #setZoom(zoom) {
    const { stage, image } = this.at;
    const fit = this.#fitScale();
    const middle = [stage.scrollLeft + stage.clientWidth / 2, stage.scrollTop + stage.clientHeight / 2].map((at) => at / this.#scale());
    this.#zoom = zoom <= fit ? 0 : Math.min(zoom, ZOOM_MAX);
    image.style.width = `${Math.round(image.naturalWidth * this.#scale())}px`;
    stage.scrollLeft = middle[0] * this.#scale() - stage.clientWidth / 2;
    stage.scrollTop = middle[1] * this.#scale() - stage.clientHeight / 2;
    this.at.zoom.textContent = `${Math.round(this.#scale() * 100)} %`;
  }

  #key(event) {
    const keys = {
      "+": () => this.at.plus.click(), "=": () => this.at.plus.click(), "-": () => this.at.minus.click(),
      0: () => this.at.fit.click(), 1: () => this.#setZoom(1), PageUp: () => this.#step(-1), PageDown: () => this.#step(1),
    };
    event.stopPropagation();
    if (event.ctrlKey || event.altKey || event.metaKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  }

  /** A mouse drags the picture; fingers scroll it as they scroll everything. */
  #dragging() {
    const { stage } = this.at;
    stage.onpointerdown = (event) => {
      if (event.pointerType !== "mouse" || event.button !== 0) return;
      const from = { x: event.clientX + stage.scrollLeft, y: event.clientY + stage.scrollTop };
      stage.setPointerCapture(event.pointerId);
      stage.onpointermove = (move) => { stage.scrollLeft = from.x - move.clientX; stage.scrollTop = from.y - move.clientY; };
      stage.onpointerup = () => { stage.onpointermove = null; };
      event.preventDefault();
      stage.focus();
    };
  }
}
