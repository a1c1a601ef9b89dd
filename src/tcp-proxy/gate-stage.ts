import type { Clock, Timer } from "../determinism/clock.ts";
import type { GateAnswer } from "./interceptor.ts";
import type { Receiver, Stage } from "./toxic-stage.ts";

/** Who decides at a gate, and how long it may stay closed. */
export type GateStageOptions = {
  decide(chunk: Buffer): GateAnswer;
  /** That many bytes more (or, negative, fewer) wait at the gate. */
  waitingChanged(deltaBytes: number): void;
  /** A clock whose timers end with the connection. */
  readonly clock: Clock;
  readonly holdDeadlineMs: number;
  /** The gate was closed for longer than its deadline; it opens right after this call. */
  holdExpired(): void;
};

/** A stage at which an interceptor looks at every chunk and may hold it. */
export class GateStage implements Stage {
  readonly #options: GateStageOptions;
  readonly #waiting: Buffer[] = [];
  #next: Receiver | undefined;
  #isClosed = false;
  #isBusy = false;
  #isDiscarding = false;
  #inputEnded = false;
  #endWasPassed = false;
  #deadline: Timer | undefined;

  constructor(options: GateStageOptions) {
    this.#options = options;
  }

  connectTo(next: Receiver): void {
    this.#next = next;
  }

  receive(bytes: Buffer): void {
    if (this.#inputEnded || this.#isDiscarding) return;
    if (this.#isBusy || this.#isClosed || this.#waiting.length > 0) {
      this.#waiting.push(bytes);
      this.#options.waitingChanged(bytes.length);
      return;
    }
    this.#isBusy = true;
    this.#take(bytes);
    this.#isBusy = false;
    this.#pump();
  }

  end(): void {
    this.#inputEnded = true;
    this.#pump();
  }

  /** Opens the gate: what waits comes to the interceptor again, in order. */
  release(): void {
    this.#deadline?.cancel();
    this.#isClosed = false;
    this.#pump();
  }

  /** Opens the gate for good and throws away everything but the end. */
  discard(): void {
    this.#isDiscarding = true;
    for (const bytes of this.#waiting.splice(0)) this.#options.waitingChanged(-bytes.length);
    this.release();
  }

  /** The connection is gone: nothing comes to the interceptor any more. */
  dispose(): void {
    this.#isDiscarding = true;
    this.#endWasPassed = true;
    this.#waiting.length = 0;
  }

  #pump(): void {
    // An interceptor may release a gate while that very gate is passing something: the running loop goes on with it.
    if (this.#isBusy) return;
    this.#isBusy = true;
    while (!this.#isClosed) {
      const chunk = this.#waiting.shift();
      if (chunk === undefined) break;
      this.#options.waitingChanged(-chunk.length);
      this.#take(chunk);
    }
    this.#isBusy = false;
    if (!this.#inputEnded || this.#endWasPassed || this.#isClosed) return;
    this.#endWasPassed = true;
    this.#next?.end();
  }

  #take(chunk: Buffer): void {
    const { pass, held } = this.#options.decide(chunk);
    // The gate closes before the rest goes on: what goes on may make the interceptor release it.
    if (held !== undefined && !this.#isDiscarding) this.#close(held);
    if (pass.length > 0) this.#next?.receive(pass);
  }

  #close(held: Buffer): void {
    this.#isClosed = true;
    if (held.length > 0) {
      this.#waiting.unshift(held);
      this.#options.waitingChanged(held.length);
    }
    this.#deadline = this.#options.clock.startTimer(this.#options.holdDeadlineMs, () => {
      this.#options.holdExpired();
      this.release();
    });
  }
}
