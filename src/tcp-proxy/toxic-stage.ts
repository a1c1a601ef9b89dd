import {
  PASS_THROUGH,
  type AttachMoment,
  type Link,
  type StopReason,
  type Toxic,
  type ToxicAttributes,
} from "./toxic.ts";

/** Takes the bytes of a direction in order, and then its end, once. */
export type Receiver = { receive(bytes: Buffer): void; end(): void };

/** A receiver in the middle of a direction: what it lets through goes to the next one. */
export type Stage = Receiver & { connectTo(next: Receiver): void };

/** What a stage needs from the direction it stands in. */
export type StageHost = {
  /** That many bytes more (or, negative, fewer) wait in front of a stage: the source is paused while too many do. */
  waitingChanged(deltaBytes: number): void;
  resetReceiver(): void;
  stopConnection(reason: StopReason): void;
};

/**
 * A stage that runs one toxic; where the toxic does not apply to the link it lets everything through.
 *
 * The toxic gets one chunk after another, and none while it has paused its source: what arrives then waits here.
 */
export class ToxicStage implements Stage {
  readonly #host: StageHost;
  readonly #create: (attributes: ToxicAttributes) => Toxic;
  readonly #link: Link;
  readonly #waiting: Buffer[] = [];
  #toxic: Toxic;
  #next: Receiver | undefined;
  #isPaused = false;
  #isBusy = false;
  #inputEnded = false;
  #endWasDelivered = false;
  #outputEnded = false;

  /** `create` makes the toxic for given attributes; with `attributes` absent the toxic does not apply to this link. */
  constructor(
    host: StageHost,
    create: (attributes: ToxicAttributes) => Toxic,
    attributes: ToxicAttributes | undefined,
  ) {
    this.#host = host;
    this.#create = create;
    this.#toxic = attributes === undefined ? PASS_THROUGH : create(attributes);
    this.#link = {
      pass: (bytes) => this.#pass(bytes),
      end: () => this.#endOutput(),
      reset: () => host.resetReceiver(),
      pauseSource: () => {
        this.#isPaused = true;
      },
      resumeSource: () => this.#resume(),
      stop: (reason) => host.stopConnection(reason),
    };
  }

  connectTo(next: Receiver): void {
    this.#next = next;
  }

  receive(bytes: Buffer): void {
    if (this.#inputEnded || this.#outputEnded) return;
    if (this.#isBusy || this.#isPaused || this.#waiting.length > 0) {
      this.#waiting.push(bytes);
      this.#host.waitingChanged(bytes.length);
      return;
    }
    this.#isBusy = true;
    this.#toxic.onChunk(bytes, this.#link);
    this.#isBusy = false;
    if (this.#waiting.length > 0 || this.#inputEnded) this.#deliverWaiting();
  }

  end(): void {
    this.#inputEnded = true;
    this.#deliverWaiting();
  }

  /** The stage is connected: the toxic may act. */
  attach(moment: AttachMoment): void {
    if (!this.#outputEnded) this.#toxic.onAttach?.(this.#link, moment);
  }

  /** The toxic's attributes changed; absent: it does not apply to this link any more. */
  change(attributes: ToxicAttributes | undefined): void {
    const applied = this.#toxic !== PASS_THROUGH;
    if (applied && attributes !== undefined && this.#toxic.onChange !== undefined) {
      this.#toxic.onChange(attributes, this.#link);
      return;
    }
    if (!applied && attributes === undefined) return;
    this.#replaceToxic(attributes === undefined ? PASS_THROUGH : this.#create(attributes));
    this.attach("live");
    this.#deliverWaiting();
  }

  /** Makes the toxic give back what it holds. The stage before this one is then connected to the next. */
  remove(): void {
    this.#replaceToxic(PASS_THROUGH);
    this.#deliverWaiting();
  }

  #pass(bytes: Buffer): void {
    if (!this.#outputEnded && bytes.length > 0) this.#next?.receive(bytes);
  }

  #endOutput(): void {
    if (this.#outputEnded) return;
    this.#outputEnded = true;
    for (const bytes of this.#waiting.splice(0)) this.#host.waitingChanged(-bytes.length);
    this.#next?.end();
  }

  #resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#deliverWaiting();
  }

  #deliverWaiting(): void {
    // A toxic may resume, or cause more input, while it is being called: the loop that is running takes care of it.
    if (this.#isBusy) return;
    this.#isBusy = true;
    while (!this.#isPaused && !this.#outputEnded) {
      const bytes = this.#waiting.shift();
      if (bytes === undefined) break;
      this.#host.waitingChanged(-bytes.length);
      this.#toxic.onChunk(bytes, this.#link);
    }
    const isDrained = !this.#isPaused && !this.#outputEnded && this.#waiting.length === 0;
    if (this.#inputEnded && !this.#endWasDelivered && isDrained) {
      this.#endWasDelivered = true;
      this.#toxic.onEnd(this.#link);
    }
    this.#isBusy = false;
  }

  #replaceToxic(replacement: Toxic): void {
    // A toxic that was told of the end and held it back passes it on here; its successor is not told again.
    this.#toxic.onRemove?.(this.#link);
    this.#isPaused = false;
    this.#toxic = replacement;
  }
}
