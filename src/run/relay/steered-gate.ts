import type { Clock } from "../../determinism/clock.ts";
import { GateStage } from "../../tcp-proxy/gate-stage.ts";
import type { GateAnswer } from "../../tcp-proxy/interceptor.ts";

/** What a gate of a tap, decided here, needs. */
export type SteeredGateOptions = {
  readonly decide: (chunk: Buffer) => GateAnswer;
  /** Sends bytes on; `isOpen` says that the tap may show what came behind them. */
  readonly pass: (bytes: Buffer, isOpen: boolean) => void;
  /** A clock whose timers end with the connection. */
  readonly clock: Clock;
  readonly holdDeadlineMs: number;
};

/** A gate whose bytes come from a tap elsewhere: it waits there with the next ones until this one stands open again. */
export class SteeredGate {
  readonly #options: SteeredGateOptions;
  readonly #stage: GateStage;
  #out: Buffer[] = [];
  #isClosed = false;
  /** Whether the tap waits for the word that the gate is open. */
  #isAwaited = false;

  constructor(options: SteeredGateOptions) {
    this.#options = options;
    this.#stage = new GateStage({
      decide: (chunk) => {
        const answer = options.decide(chunk);
        this.#isClosed = answer.held !== undefined;
        return answer;
      },
      waitingChanged: () => undefined,
      clock: options.clock,
      holdDeadlineMs: options.holdDeadlineMs,
      holdExpired: () => {
        this.#isClosed = false;
        queueMicrotask(() => this.#tell());
      },
    });
    this.#stage.connectTo({ receive: (bytes) => void this.#out.push(bytes), end: () => undefined });
  }

  /** Takes what the tap has shown. */
  receive(bytes: Buffer): void {
    this.#isAwaited = true;
    this.#stage.receive(bytes);
    this.#tell();
  }

  /** Opens the gate; what is held is decided again. */
  release(): void {
    this.#isClosed = false;
    this.#stage.release();
    this.#tell();
  }

  /** Throws away everything that waits and comes. */
  discard(): void {
    this.#isClosed = false;
    this.#stage.discard();
    this.#tell();
  }

  #tell(): void {
    if (!this.#isAwaited) return;
    const bytes = Buffer.concat(this.#out);
    this.#out = [];
    if (bytes.length === 0 && this.#isClosed) return;
    this.#isAwaited = this.#isClosed;
    this.#options.pass(bytes, !this.#isClosed);
  }
}
