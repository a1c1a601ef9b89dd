import type { Clock, Timer } from "../determinism/clock.ts";
import { systemCodeOf } from "../errors.ts";
import type { Side } from "./interceptor.ts";
import type { ProxySocket } from "./network.ts";

/** How long a socket that has sent its FIN may go on sending; everything it sends meanwhile is thrown away. */
const LINGER_MS = 1000;
/** How long a receiver may take for the bytes that were passed before the FIN. */
const FLUSH_MS = 30_000;

/** What a peer tells its connection. */
export type PeerOptions = {
  readonly socket: ProxySocket;
  readonly side: Side;
  readonly clock: Clock;
  /** Whether every close of this connection is an RST, see `resetsOnClose` of a toxic type. */
  resetsOnClose(): boolean;
  /** At most once. */
  wasReset(by: "peer" | "proxy"): void;
  /** Our FIN is out. At most once. */
  finished(): void;
  /** The socket is gone. Exactly once. */
  closed(): void;
};

/** One socket of a connection, with the ways in which it can be closed. */
export class Peer {
  readonly socket: ProxySocket;
  readonly side: Side;
  readonly #options: PeerOptions;
  #timer: Timer | undefined;
  #isLingering = false;
  #hasReset = false;

  /** Takes a socket over: from now on its errors are told as resets and closes. */
  constructor(options: PeerOptions) {
    const { socket, side } = options;
    this.socket = socket;
    this.side = side;
    this.#options = options;
    socket.on("error", (error) => {
      const code = systemCodeOf(error);
      if (code === "ECONNRESET" || code === "EPIPE") this.#noteReset("peer");
    });
    socket.once("finish", () => {
      if (!this.#hasReset) options.finished();
      if (this.#isLingering) this.#startLinger();
    });
    socket.once("close", () => {
      this.#timer?.cancel();
      options.closed();
    });
  }

  /**
   * Sends a FIN behind everything written. With `lingers`, input is thrown away from now on and the socket is gone a
   * second later at the latest: to close it at once with input unread would make an RST of it.
   */
  finish({ lingers }: { lingers: boolean }): void {
    const { socket } = this;
    if (socket.destroyed) return;
    if (lingers && !this.#isLingering) this.#linger();
    if (socket.writableEnded) return;
    if (this.#options.resetsOnClose()) socket.write("", () => this.reset());
    else socket.end();
  }

  /** Sends an RST. */
  reset(): void {
    const { socket } = this;
    if (socket.destroyed) return;
    // While a FIN is on its way out the kernel's handle cannot be reset: it is a matter of one turn.
    if (socket.writableEnded && !socket.writableFinished) {
      socket.once("finish", () => this.reset());
      return;
    }
    this.#noteReset("proxy");
    socket.resetAndDestroy();
  }

  /** Closes the socket without ceremony. */
  destroy(): void {
    this.socket.destroy();
  }

  /** Resolves when the FIN or RST that was asked for is out, or the socket is gone. */
  async settled(): Promise<void> {
    const { socket } = this;
    if (socket.writableFinished || socket.closed) return;
    await new Promise<void>((resolve) => {
      socket.once("finish", resolve);
      socket.once("close", () => resolve());
    });
  }

  #linger(): void {
    const { socket } = this;
    this.#isLingering = true;
    socket.resume();
    if (socket.writableFinished) this.#startLinger();
    else this.#timer = this.#options.clock.startTimer(FLUSH_MS, () => socket.destroy());
  }

  #startLinger(): void {
    this.#timer?.cancel();
    if (this.socket.destroyed) return;
    this.#timer = this.#options.clock.startTimer(LINGER_MS, () => this.socket.destroy());
  }

  #noteReset(by: "peer" | "proxy"): void {
    if (this.#hasReset) return;
    this.#hasReset = true;
    this.#options.wasReset(by);
  }
}
