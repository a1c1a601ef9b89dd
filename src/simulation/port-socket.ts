import { EventEmitter } from "node:events";

import type { VirtualClock } from "../determinism/virtual-clock.ts";
import { systemError } from "./system-error.ts";
import type { TcpEnd } from "./tcp-end.ts";

/**
 * The socket of a proxy over a simulated connection: as much of `net.Socket` as a proxy uses, without the machinery of
 * a stream. A peer's end is not answered by itself.
 */
export class PortSocket extends EventEmitter {
  connecting: boolean;
  destroyed = false;
  closed = false;
  readableEnded = false;
  writableEnded = false;
  writableFinished = false;
  writableLength = 0;
  readonly #end: TcpEnd;
  readonly #clock: VirtualClock;
  #isPaused = true;
  /** Whether a write was answered with false. */
  #owesDrain = false;

  constructor({
    end,
    clock,
    isConnecting,
  }: {
    readonly end: TcpEnd;
    readonly clock: VirtualClock;
    readonly isConnecting: boolean;
  }) {
    super();
    this.#end = end;
    this.#clock = clock;
    this.connecting = isConnecting;
    end.listen({
      connected: () => {
        this.connecting = false;
        this.#end.setReading(!this.#isPaused);
        this.emit("connect");
      },
      data: (bytes) => void this.emit("data", bytes),
      ended: () => {
        this.readableEnded = true;
        this.emit("end");
        this.#closeWhenDone();
      },
      failed: (code) => this.#destroy(systemError(code)),
    });
  }

  isPaused(): boolean {
    return this.#isPaused;
  }

  pause(): void {
    this.#isPaused = true;
    this.#end.setReading(false);
  }

  resume(): void {
    this.#isPaused = false;
    if (!this.connecting && !this.destroyed) this.#end.setReading(true);
  }

  write(bytes: Buffer | string, callback?: (error?: Error | null) => void): boolean {
    const chunk = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
    if (this.destroyed || this.writableEnded) return false;
    this.writableLength += chunk.length;
    this.#end.send(chunk, () => this.#taken(chunk.length, callback));
    const isTaken = this.writableLength === 0;
    this.#owesDrain ||= !isTaken;
    return isTaken;
  }

  end(): void {
    if (this.destroyed || this.writableEnded) return;
    this.writableEnded = true;
    this.#end.sendEnd(() => this.#clock.startImmediate("harness", () => this.#finished()));
  }

  resetAndDestroy(): void {
    if (this.destroyed) return;
    this.#end.reset();
    this.#destroy(undefined);
  }

  destroy(): void {
    if (!this.destroyed) this.#destroy(undefined);
  }

  #taken(sizeBytes: number, callback: ((error?: Error | null) => void) | undefined): void {
    if (callback !== undefined) this.#clock.startImmediate("harness", callback);
    this.writableLength -= sizeBytes;
    if (!this.#owesDrain || this.writableLength > 0) return;
    this.#owesDrain = false;
    this.emit("drain");
  }

  #finished(): void {
    if (this.destroyed || this.writableFinished) return;
    this.writableFinished = true;
    this.emit("finish");
    this.#closeWhenDone();
  }

  #closeWhenDone(): void {
    if (this.readableEnded && this.writableFinished) this.destroy();
  }

  #destroy(error: Error | undefined): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.connecting = false;
    this.#end.close();
    this.#clock.startImmediate("harness", () => {
      if (error !== undefined) this.emit("error", error);
      this.closed = true;
      this.emit("close");
    });
  }
}
