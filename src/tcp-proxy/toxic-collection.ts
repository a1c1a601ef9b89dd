import type { Clock } from "../determinism/clock.ts";
import { settleWithin } from "../determinism/waiting.ts";
import type { Flow } from "./flow.ts";
import type { Direction } from "./interceptor.ts";
import type { ToxicEntry } from "./toxic-entry.ts";

/** How long an API call waits for a side that does not read what was sent before its FIN. */
const STOP_DEADLINE_MS = 1000;

/**
 * The toxics of one proxy, in the order in which bytes meet them, and the live directions that they act on.
 *
 * Adding or removing one leaves its neighbours as they are. The real server interrupts the toxic before it then, which
 * draws its toxicity again and lets the chunk that it holds go early.
 */
export class ToxicCollection {
  readonly #clock: Clock;
  readonly #entries: ToxicEntry[] = [];
  readonly #flows = new Set<Flow>();
  readonly #stops = new Set<Promise<void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** As the API lists them: those of the stream upstream first, then those of downstream. */
  list(): readonly ToxicEntry[] {
    const of = (direction: Direction): ToxicEntry[] => this.#entries.filter((entry) => entry.direction === direction);
    return [...of("to-server"), ...of("to-client")];
  }

  /** Names are unique over both streams. */
  find(name: string): ToxicEntry | undefined {
    return this.#entries.find((entry) => entry.name === name);
  }

  /** Puts a toxic behind those of its stream, on live connections too, at once. */
  add(entry: ToxicEntry): void {
    this.#entries.push(entry);
    for (const flow of this.#flowsOf(entry)) flow.addToxic(entry, "live");
  }

  /** Tells live connections that the entry was changed. */
  changed(entry: ToxicEntry): void {
    for (const flow of this.#flowsOf(entry)) flow.changeToxic(entry);
  }

  remove(entry: ToxicEntry): void {
    this.#entries.splice(this.#entries.indexOf(entry), 1);
    for (const flow of this.#flowsOf(entry)) flow.removeToxic(entry);
  }

  removeAll(): void {
    for (const entry of this.list()) this.remove(entry);
  }

  /** Whether a connection that starts now closes with RST whatever closes it. */
  resetsOnClose(): boolean {
    return this.#entries.some((entry) => entry.type.resetsOnClose === true);
  }

  /** A connection starts: all toxics of the direction are put into it. */
  attach(flow: Flow): void {
    this.#flows.add(flow);
    for (const entry of this.#entries) {
      if (this.#flows.has(flow) && entry.direction === flow.direction) flow.addToxic(entry, "connect");
    }
  }

  detach(flow: Flow): void {
    this.#flows.delete(flow);
  }

  /** A toxic stopped a connection; {@link settled} waits for it. */
  noteStop(stop: Promise<void>): void {
    const noted = stop.finally(() => this.#stops.delete(noted));
    this.#stops.add(noted);
  }

  /** Resolves when every FIN or RST that a toxic caused so far is out, after a second at the latest. */
  async settled(): Promise<void> {
    if (this.#stops.size > 0) await settleWithin(this.#clock, Promise.all(this.#stops), STOP_DEADLINE_MS);
  }

  #flowsOf(entry: ToxicEntry): readonly Flow[] {
    return [...this.#flows].filter((flow) => flow.direction === entry.direction);
  }
}
