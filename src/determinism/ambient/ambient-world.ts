import { AsyncLocalStorage } from "node:async_hooks";
import type { Duplex } from "node:stream";

import type { Timer } from "../timer.ts";

/** A stream of chance: the part of a `Random` that draws. */
export type Chance = { integer(least: number, most: number): number; ratio(): number; hex(digits: number): string };

/**
 * Everything that code finds around itself without being given it: time, chance, the network, its output, its process.
 *
 * While a world is entered, the wrappers of {@link installAmbient} ask it; at all other times they are what they were.
 */
export type AmbientWorld = {
  /** Monotonic, in milliseconds with fractions. */
  nowMs(): number;
  /** The calendar time in milliseconds since 1970. */
  calendarMs(): number;
  startTimer(delayMs: number, callback: () => void): Timer;
  startImmediate(callback: () => void): Timer;
  /** A stream of chance of its own for each name: a draw of one kind never moves another. */
  chance(name: string): Chance;
  /** Dials; the stream connects, or fails, later. */
  dial(address: { readonly host: string; readonly port: number }): Duplex;
  /** Takes what the code prints; false where it is not the client's, and goes where it always goes. */
  print(stream: "stdout" | "stderr", text: string): boolean;
  /** The code did what no world can hold, by its name: `"fetch"`. The world is over then. */
  escaped(what: string): void;
  /** The code ends its process; false where it is not the client's, and the process really ends. */
  exit(code: number): boolean;
};

let entered: AmbientWorld | undefined;
/** For worlds that live over many turns of the event loop, in between which other code runs. */
const contexts: AsyncLocalStorage<AmbientWorld> = new AsyncLocalStorage();
let contextsOpen = 0;

/** The world that the running code is in; undefined in the real one. */
export function ambientWorld(): AmbientWorld | undefined {
  if (entered !== undefined) return entered;
  return contextsOpen > 0 ? contexts.getStore() : undefined;
}

/** Runs a synchronous section in a world: everything in it, whoever wrote it, is in that world. */
export function inWorld<Result>(world: AmbientWorld, section: () => Result): Result {
  const before = entered;
  entered = world;
  try {
    return section();
  } finally {
    entered = before;
  }
}

/** Runs code in a world together with whatever that code starts, on later turns of the event loop too. */
export function inWorldContext<Result>(world: AmbientWorld, section: () => Result): Result {
  return contexts.run(world, section);
}

/** Says that worlds are told apart by their asynchronous context from now on; answers how to end that. */
export function openContexts(): () => void {
  contextsOpen += 1;
  return () => {
    contextsOpen -= 1;
  };
}
