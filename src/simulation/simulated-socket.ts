import { AsyncResource } from "node:async_hooks";
import type { AddressInfo } from "node:net";
import { Duplex } from "node:stream";

import type { Timer } from "../determinism/clock.ts";
import type { VirtualClock } from "../determinism/virtual-clock.ts";
import { systemError } from "./system-error.ts";
import type { TcpEnd } from "./tcp-end.ts";

/** Node's own default differs between its versions, and what is read at once must not. */
const BUFFER_SIZE_BYTES: number = 64 * 1024;

/** What a simulated socket is made of. */
export type SimulatedSocketOptions = {
  readonly end: TcpEnd;
  readonly clock: VirtualClock;
  /** Whether it was dialled and has not connected; false for an accepted one. */
  readonly isConnecting: boolean;
  readonly local: { readonly host: string; readonly port: number };
  readonly remote: { readonly host: string; readonly port: number };
};

/**
 * A stream with the members of `net.Socket` over a simulated connection: what `http` and `ws` take for a socket.
 *
 * `instanceof net.Socket` is false. A peer's end is answered with an end, as a socket of `net.connect` does.
 */
export class SimulatedSocket extends Duplex {
  readonly remoteFamily = "IPv4";
  readonly localFamily = "IPv4";
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  connecting: boolean;
  bytesRead = 0;
  timeout = 0;
  readonly #end: TcpEnd;
  readonly #clock: VirtualClock;
  readonly #resource: AsyncResource = new AsyncResource("CUTWIRE_SOCKET", { requireManualDestroy: true });
  #bytesSent = 0;
  #idleTimer: Timer | undefined;

  constructor({ end, clock, isConnecting, local, remote }: SimulatedSocketOptions) {
    super({
      allowHalfOpen: false,
      autoDestroy: true,
      emitClose: true,
      decodeStrings: true,
      highWaterMark: BUFFER_SIZE_BYTES,
    });
    this.#end = end;
    this.#clock = clock;
    this.connecting = isConnecting;
    this.remoteAddress = remote.host;
    this.remotePort = remote.port;
    this.localAddress = local.host;
    this.localPort = local.port;
    end.listen({
      connected: () => this.#inScope(() => this.#connected()),
      data: (bytes) => this.#inScope(() => this.#take(bytes)),
      ended: () => this.#inScope(() => void this.push(null)),
      failed: (code) => this.#inScope(() => void this.destroy(systemError(code, isConnecting ? remote : undefined))),
    });
  }

  get pending(): boolean {
    return this.connecting;
  }

  get readyState(): "opening" | "open" | "readOnly" | "writeOnly" | "closed" {
    if (this.connecting) return "opening";
    if (this.readable && this.writable) return "open";
    if (this.readable) return "readOnly";
    return this.writable ? "writeOnly" : "closed";
  }

  get bytesWritten(): number {
    return this.#bytesSent + this.writableLength;
  }

  address(): AddressInfo {
    return { address: this.localAddress, family: this.localFamily, port: this.localPort };
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  setTimeout(timeoutMs: number, listener?: () => void): this {
    this.timeout = timeoutMs;
    if (listener !== undefined && timeoutMs > 0) this.once("timeout", listener);
    else if (listener !== undefined) this.off("timeout", listener);
    this.#restartIdleTimer();
    return this;
  }

  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once("finish", () => this.destroy());
  }

  resetAndDestroy(): this {
    if (this.connecting) {
      this.once("connect", () => this.resetAndDestroy());
      return this;
    }
    this.#end.reset();
    return this.destroy();
  }

  override _read(): void {
    if (!this.connecting) this.#end.setReading(true);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    if (this.connecting) {
      this.once("connect", () => this._write(chunk, _encoding, callback));
      return;
    }
    this.#restartIdleTimer();
    this.#bytesSent += chunk.length;
    this.#end.send(chunk, () => callback());
  }

  override _final(callback: (error?: Error | null) => void): void {
    if (this.connecting) {
      this.once("connect", () => this._final(callback));
      return;
    }
    // The end of what is sent is a matter between the kernels: the stream is done with it at once.
    this.#end.sendEnd(() => undefined);
    callback();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#idleTimer?.cancel();
    this.connecting = false;
    this.#end.close();
    callback(error);
  }

  #connected(): void {
    this.connecting = false;
    this.#end.setReading(true);
    this.emit("connect");
    this.emit("ready");
  }

  #take(bytes: Buffer): void {
    this.bytesRead += bytes.length;
    this.#restartIdleTimer();
    if (!this.push(bytes)) this.#end.setReading(false);
  }

  #inScope(act: () => void): void {
    this.#resource.runInAsyncScope(act);
  }

  #restartIdleTimer(): void {
    this.#idleTimer?.cancel();
    this.#idleTimer = undefined;
    if (this.timeout <= 0 || this.destroyed) return;
    this.#idleTimer = this.#clock.startTimerOf(this.#end.owner, this.timeout, () => this.emit("timeout"));
  }
}
