import WebSocket, { type RawData } from "ws";

import type { Clock, Timer } from "../determinism/clock.ts";
import { OVER } from "../determinism/waiting.ts";
import { messageOf } from "../errors.ts";
import { type JsonObject, parseJsonObject } from "../protocol/json.ts";
import type { Attribution } from "./attribution.ts";
import type { ClientLimits } from "./client-limits.ts";
import type { Dialer } from "./dial.ts";
import type { Failure, RequestPhase } from "./failure.ts";
import type { Liveness, LivenessWatch } from "./liveness.ts";
import { readRefusedUpgrade } from "./refused-upgrade.ts";

/** How long a polite close waits for the peer; afterwards the socket is destroyed. */
const CLOSE_WAIT_MS = 200;

/** What a connection needs. */
export type ConnectionOptions = {
  readonly url: string;
  readonly apiKey: string;
  /** Number of the dial within the session, from 1. */
  readonly epoch: number;
  readonly clock: Clock;
  readonly limits: ClientLimits;
  readonly dialer: Dialer;
  readonly liveness: Liveness;
  readonly attribution: Attribution;
  /** The connection was lost while no request ran on it. */
  readonly onIdleLoss: (failure: Failure) => void;
};

/** One request on a connection. */
export type ConnectionRequest = {
  /** The create as JSON text. */
  readonly frame: string;
  /** Takes each event of the request; true ends the request. */
  readonly read: (event: JsonObject) => boolean;
  readonly signal: AbortSignal;
};

type RunningRequest = {
  readonly read: (event: JsonObject) => boolean;
  readonly end: (failure: Failure | undefined) => void;
  /** Whether its create was handed to the socket. */
  readonly isSent: boolean;
  sizeBytes: number;
};

/**
 * One socket, from the dial to its end.
 *
 * Its listeners stay for its whole life, so no late error is ever unheard (INV-42), and after its end they change
 * nothing any more (INV-21). It ends once, in `#lose`, for whatever reason; nothing waits for a close handshake.
 */
export class Connection {
  readonly epoch: number;
  /** Undefined when the connection is open; otherwise why it is not. Never rejects. */
  readonly opened: Promise<Failure | undefined>;
  readonly #options: ConnectionOptions;
  readonly #socket: WebSocket;
  readonly #lost = new AbortController();
  readonly #connectTimer: Timer;
  #settleOpened: (failure: Failure | undefined) => void = () => undefined;
  #state: "opening" | "open" | "gone" = "opening";
  #openedAtMs = 0;
  #isLeaving = false;
  #watch: LivenessWatch | undefined;
  #request: RunningRequest | undefined;

  constructor(options: ConnectionOptions) {
    const { clock, dialer, limits } = options;
    this.#options = options;
    this.epoch = options.epoch;
    this.opened = new Promise((resolve) => (this.#settleOpened = resolve));
    this.#connectTimer = clock.startTimer(dialer.connectTimeoutMs, () =>
      this.#lose({ kind: "connect-failed", message: `no answer to the upgrade for ${dialer.connectTimeoutMs} ms` }),
    );
    this.#socket = dialer.dial({
      url: options.url,
      headers: { Authorization: `Bearer ${options.apiKey}` },
      messageSizeBytesMax: limits.messageSizeBytesMax,
    });
    this.#listen(this.#socket);
  }

  /** Aborted when the connection ends, for whatever reason. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Whether a create can be sent: open, and the peer has not begun to close. */
  isUsable(): boolean {
    return this.#state === "open" && this.#socket.readyState === WebSocket.OPEN;
  }

  /** Milliseconds since the upgrade was answered. */
  ageMs(): number {
    return this.#options.clock.nowMs() - this.#openedAtMs;
  }

  /**
   * Sends a create and reads events until `read` says that the request has ended: then undefined, otherwise why not.
   * One request at a time (INV-18).
   */
  async exchange({ frame, read, signal }: ConnectionRequest): Promise<Failure | undefined> {
    const { limits, attribution } = this.#options;
    const sizeBytes = Buffer.byteLength(frame) + this.#socket.bufferedAmount;
    if (sizeBytes > limits.sendQueueSizeBytesMax) {
      return { kind: "too-large", sizeBytes, sizeBytesMax: limits.sendQueueSizeBytesMax };
    }
    if (signal.aborted) return { kind: "cancelled" };
    if (!this.isUsable()) return await this.#closedBeforeRequest();
    const cancel = (): void => this.#cancelRequest();
    signal.addEventListener("abort", cancel, { once: true });
    const failure = await new Promise<Failure | undefined>((resolve) => {
      this.#request = { read, end: resolve, isSent: true, sizeBytes: 0 };
      attribution.requestStarted();
      this.#watch?.requestStarted();
      this.#socket.send(frame, (error) => {
        if (error instanceof Error)
          this.#lose(this.#lostFailure({ closeCode: 1006, reason: "", detail: error.message }));
      });
    });
    signal.removeEventListener("abort", cancel);
    return failure;
  }

  /** The peer's Close came with the answer to the upgrade. Its code decides what the loss means, and is known at the end. */
  async #closedBeforeRequest(): Promise<Failure | undefined> {
    const unexplained = { closeCode: 1006, reason: "", detail: "closed before the request" };
    if (this.#state !== "open") return this.#lostFailure(unexplained);
    const timer = this.#options.clock.startTimer(CLOSE_WAIT_MS, () => this.#lose(this.#lostFailure(unexplained)));
    const failure = await new Promise<Failure | undefined>((resolve) => {
      this.#request = { read: () => false, end: resolve, isSent: false, sizeBytes: 0 };
    });
    timer.cancel();
    return failure;
  }

  /** Destroys the socket at once. A running request ends as cancelled. */
  abort(): void {
    this.#lose({ kind: "cancelled" });
  }

  /** Closes with a handshake, and waits a moment at most for the peer's half of it. */
  async leave(): Promise<void> {
    if (this.#state === "gone") return;
    this.#isLeaving = true;
    this.#socket.close(1000);
    await new Promise<void>((resolve) => {
      const timer = this.#options.clock.startTimer(CLOSE_WAIT_MS, resolve);
      this.lost.addEventListener("abort", () => {
        timer.cancel();
        resolve();
      });
    });
    this.abort();
  }

  #listen(socket: WebSocket): void {
    socket.on("open", () => this.#open());
    socket.on("unexpected-response", (_request, response) =>
      readRefusedUpgrade(response, (failure) => this.#lose(failure)),
    );
    socket.on("message", (data) => this.#receive(data));
    socket.on("ping", () => this.#watch?.frameReceived("control"));
    socket.on("pong", () => this.#watch?.frameReceived("control"));
    socket.on("close", (closeCode, reason) => this.#lose(this.#lostFailure({ closeCode, reason: reason.toString() })));
    socket.on("error", (error) => {
      const message = messageOf(error);
      this.#lose({ kind: this.#state === "opening" ? "connect-failed" : "bad-frame", message });
    });
  }

  #open(): void {
    if (this.#state !== "opening") return;
    this.#state = "open";
    this.#connectTimer.cancel();
    this.#openedAtMs = this.#options.clock.nowMs();
    this.#watch = this.#options.liveness.watch({
      ping: () => this.#socket.ping(),
      abort: (detail) => this.#abandon(detail),
      close: () => this.#socket.close(),
    });
    this.#settleOpened(undefined);
  }

  #receive(data: RawData): void {
    if (this.#state !== "open") return;
    this.#watch?.frameReceived("event");
    // Servers are seen to send their events in binary frames too; the payload is the same (protocol.md §1.1).
    const text = Buffer.isBuffer(data) ? data.toString("utf8") : "";
    const event = parseJsonObject(text);
    if (event === undefined) return this.#lose({ kind: "bad-frame", message: "a message is no JSON object" });
    const owner = this.#options.attribution.ownerOf(event, this.#request !== undefined);
    if (owner === "retire-connection") return this.#lose({ kind: "cancelled" });
    if (owner === "nobody" || this.#request === undefined) return;
    this.#request.sizeBytes += text.length;
    const { responseSizeBytesMax } = this.#options.limits;
    if (this.#request.read(event)) this.#endRequest(undefined);
    else if (this.#request.sizeBytes > responseSizeBytesMax) {
      this.#lose({ kind: "bad-frame", message: `the response has more than ${responseSizeBytesMax} bytes` });
    }
  }

  #cancelRequest(): void {
    if (this.#options.attribution.abandoned() === "retire") this.abort();
    else this.#endRequest({ kind: "cancelled" });
  }

  #endRequest(failure: Failure | undefined): void {
    const request = this.#request;
    this.#request = undefined;
    this.#watch?.requestEnded();
    request?.end(failure);
  }

  /** A deadline has passed. Where the peer's Close was read and only the end of its socket is missing, that code counts. */
  #abandon(detail: string): void {
    if (this.#socket.readyState === WebSocket.CLOSING) this.#socket.terminate();
    else this.#lose(this.#lostFailure({ closeCode: 1006, reason: "", detail }));
  }

  #lostFailure(loss: { closeCode: number; reason: string; detail?: string }): Failure {
    if (this.#state === "opening") return { kind: "connect-failed", message: `closed with ${loss.closeCode}` };
    const created: RequestPhase = this.#options.attribution.isCreated() ? "created" : "sent";
    return { kind: "connection-lost", ...loss, phase: this.#request?.isSent === true ? created : "idle" };
  }

  #lose(failure: Failure): void {
    const before = this.#state;
    if (before === "gone") return;
    this.#state = "gone";
    this.#connectTimer.cancel();
    this.#watch?.stop();
    this.#socket.terminate();
    const wasIdle = before === "open" && this.#request === undefined;
    this.#endRequest(failure);
    if (before === "opening") this.#settleOpened(failure);
    if (wasIdle && !this.#isLeaving && failure.kind !== "cancelled") this.#options.onIdleLoss(failure);
    this.#lost.abort(OVER);
  }
}
