// SPDX-License-Identifier: GPL-3.0-or-later
// The live picture by WHEP (draft-ietf-wish-whep): one POST with the offer, the answer comes back.

const ANSWER_TIMEOUT_MS = 6000;
const CONNECT_TIMEOUT_MS = 6000;

/** A refusal that trying again will not mend. `code` picks the words shown. */
export class Refusal extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/** What this browser lacks for the live picture, as a message code; null when nothing. */
export function missing() {
  if (!window.isSecureContext) return "no-secure-context";
  if (!window.RTCPeerConnection) return "no-webrtc";
  if (!HTMLVideoElement.prototype.requestVideoFrameCallback) return "no-frame-callback";
  const codecs = RTCRtpReceiver.getCapabilities?.("video")?.codecs ?? [];
  if (!codecs.some((codec) => codec.mimeType.toLowerCase() === "video/h264")) return "no-h264";
  return null;
}

function lowLatency(receiver) {
  // the station paces the picture; a jitter buffer that grows would only make it old
  if ("jitterBufferTarget" in receiver) receiver.jitterBufferTarget = 0;
  else if ("playoutDelayHint" in receiver) receiver.playoutDelayHint = 0;
}

async function post(offer) {
  const response = await fetch("/whep", {
    method: "POST",
    headers: { "Content-Type": "application/sdp", "X-Ostend": "1" },
    body: offer,
    signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
  });
  if (response.status === 201)
    return { sdp: await response.text(), resource: response.headers.get("Location") };
  const reason = (await response.text()).slice(0, 300);
  if (response.status === 401) throw new Refusal("not-admitted", reason);
  if (response.status === 415) throw new Refusal("no-h264", reason);
  throw new Error(`${response.status} ${reason}`);
}

const drop = (resource) =>
  fetch(resource, { method: "DELETE", headers: { "X-Ostend": "1" }, keepalive: true }).catch(() => {});

export class Player {
  #connection = null;
  #resource = null;

  /**
   * `onEnded` is called once when the picture can no longer come over this connection; `onReceiver(receiver)` before
   * anything is received.
   */
  constructor(video, onEnded, onReceiver) {
    this.video = video;
    this.onEnded = onEnded;
    this.onReceiver = onReceiver;
    this.ufrag = "";
  }

  async start() {
    const connection = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
    this.#connection = connection;
    const transceiver = connection.addTransceiver("video", { direction: "recvonly" });
    lowLatency(transceiver.receiver);
    this.onReceiver(transceiver.receiver); // at once: Chromium gives nothing to a transform that is set in a later task
    connection.ontrack = (event) => {
      this.video.srcObject = event.streams[0] ?? new MediaStream([event.track]);
      this.video.play().catch(() => {});
    };
    connection.onconnectionstatechange = () => {
      if (["failed", "closed"].includes(connection.connectionState)) this.#end();
    };
    const offer = await connection.createOffer();
    await connection.setLocalDescription(offer);
    const { sdp, resource } = await post(offer.sdp);
    if (this.#connection !== connection) {
      drop(resource); // stopped while the answer was under way
      return;
    }
    this.#resource = resource;
    this.ufrag = /^a=ice-ufrag:(\S+)/m.exec(sdp)?.[1] ?? "";
    await connection.setRemoteDescription({ type: "answer", sdp });
    setTimeout(() => {
      if (connection.connectionState !== "connected") this.#end();
    }, CONNECT_TIMEOUT_MS);
  }

  #end() {
    if (!this.#connection) return;
    this.stop();
    this.onEnded();
  }

  /** Ends quietly; the station is told, as far as it can be reached. */
  stop() {
    const connection = this.#connection;
    this.#connection = null;
    if (!connection) return;
    connection.onconnectionstatechange = null;
    connection.close();
    this.ufrag = "";
    if (this.#resource) drop(this.#resource);
    this.#resource = null;
  }

  /** Packets lost and round trip, for the footer; null while there is no connection. */
  async figures() {
    const report = await this.#connection?.getStats();
    if (!report) return null;
    const figures = { lost: 0, rtt_ms: null };
    for (const entry of report.values()) {
      if (entry.type === "inbound-rtp" && entry.kind === "video") figures.lost = entry.packetsLost;
      if (entry.type === "candidate-pair" && entry.nominated && entry.currentRoundTripTime !== undefined)
        figures.rtt_ms = Math.round(entry.currentRoundTripTime * 1000);
    }
    return figures;
  }
}
