import assert from "node:assert/strict";

import type { AmbientWorld, Chance } from "../determinism/ambient/ambient-world.ts";
import type { Timer } from "../determinism/clock.ts";
import { createRandom } from "../determinism/random.ts";
import { createVirtualClock, type Owner, type VirtualClock } from "../determinism/virtual-clock.ts";
import type { Escape } from "./escape-detector.ts";
import { SimulatedNetwork } from "./simulated-network.ts";

/** What becomes of what the code under test does to its process. */
export type WorldGuest = {
  print(stream: "stdout" | "stderr", text: string): void;
  /** It ended its process. */
  exited(code: number): void;
  /** It threw, or rejected, and nobody caught it: a process of its own would have ended. */
  threw(error: unknown): void;
};

/** The calendar time at which every world begins, in milliseconds since 1970: 2026-01-01. */
const CALENDAR_START_MS = 1_767_225_600_000;

/** Longer than anything takes on the network, as it is on a machine: what is on the wire already comes first. */
const POST_MS = 0.3;

const NOTHING_STARTED: Timer = { cancel: () => undefined };

/** A world in virtual time: one clock, one network, and streams of chance that are forked from its seed by label. */
export class World {
  readonly clock: VirtualClock = createVirtualClock();
  readonly network: SimulatedNetwork;
  /** What code finds around itself while this world is entered. */
  readonly ambient: AmbientWorld;
  /** Whose code is running. */
  owner: Owner = "harness";
  readonly #seed: number;
  readonly #streams = new Map<string, Chance>();
  #guest: WorldGuest | undefined;
  #isGuestEnded = false;
  /** How far the wall clock of the code under test is from the calendar of the world, in ms. */
  #wallClockOffMs = 0;
  #escape: Escape | undefined;
  #failure: { readonly error: unknown } | undefined;
  #onSpinning: ((tasks: number) => void) | undefined;

  constructor(seed: number) {
    this.#seed = seed;
    this.network = new SimulatedNetwork(this.clock, createRandom(seed, "network/wire"));
    this.ambient = this.#createAmbient();
  }

  /** Runs code of an owner in a task of its own, as late as a message from one process to another is. */
  post(owner: Owner, callback: () => void): Timer {
    if (owner === "client" && this.#isGuestEnded) return NOTHING_STARTED;
    return this.clock.startTimerOf(owner, POST_MS, callback);
  }

  /** Tells what the code under test does to its process, from now on. */
  receive(guest: WorldGuest): void {
    this.#guest = guest;
  }

  /** Steps the wall clock that the code under test sees, by milliseconds; nobody else's time is touched. */
  stepWallClock(byMs: number): void {
    this.#wallClockOffMs += byMs;
  }

  /** Ends the code under test as the end of its process would: timers, sockets, and whatever was posted to it. */
  endGuest(): void {
    this.#isGuestEnded = true;
    this.clock.cancelAll("client");
    this.network.hangUp("client");
  }

  /** Takes an error that nobody caught: the guest's goes to whoever receives it, any other ends the world. */
  uncaught(error: unknown): void {
    if (this.owner !== "client" || this.#guest === undefined) this.#failure ??= { error };
    else if (!this.#isGuestEnded) this.#guest.threw(error);
  }

  /** The error that ended the world. */
  failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  /** What code of this world did that no world can hold, as far as that code is stopped from doing it. */
  escape(): Escape | undefined {
    return this.#escape;
  }

  /** Calls back, once, where time stands still for so many tasks that it counts as a loop. */
  whenSpinning(callback: (tasks: number) => void): void {
    this.#onSpinning = callback;
  }

  /** Tells of it; false where nobody listens any more. */
  spins(tasks: number): boolean {
    const callback = this.#onSpinning;
    this.#onSpinning = undefined;
    callback?.(tasks);
    return callback !== undefined;
  }

  /** Destroys every socket and cancels every timer. */
  close(): void {
    this.network.close();
    this.clock.cancelAll("client");
    this.clock.cancelAll("harness");
    assert(this.clock.waiting() === 0, "something was started while the world was taken down");
  }

  #createAmbient(): AmbientWorld {
    const { clock, network } = this;
    const startMs = clock.nowMs();
    return {
      nowMs: () => clock.nowMs(),
      calendarMs: () =>
        Math.floor(CALENDAR_START_MS + clock.nowMs() - startMs) + (this.owner === "client" ? this.#wallClockOffMs : 0),
      startTimer: (delayMs, callback) =>
        this.#isOver() ? NOTHING_STARTED : clock.startTimerOf(this.owner, delayMs, callback),
      startImmediate: (callback) => (this.#isOver() ? NOTHING_STARTED : clock.startImmediate(this.owner, callback)),
      chance: (name) => this.#chance(name),
      dial: (address) => {
        const socket = network.dialStream(this.owner, address);
        return this.#isOver() ? socket.destroy() : socket;
      },
      escaped: (type) => void (this.#escape ??= { type, stack: wholeStackOf(type) }),
      print: (stream, text) => this.#tellGuest((guest) => guest.print(stream, text)),
      exit: (code) => this.#tellGuest((guest) => guest.exited(code)),
    };
  }

  #chance(name: string): Chance {
    const known = this.#streams.get(name);
    if (known !== undefined) return known;
    const stream = createRandom(this.#seed, `ambient/${name}`);
    this.#streams.set(name, stream);
    return stream;
  }

  /** Whether the running code is that of a process that has ended: what it still starts never happens. */
  #isOver(): boolean {
    return this.owner === "client" && this.#isGuestEnded;
  }

  /** Whether it was the code under test that did something to its process. */
  #tellGuest(tell: (guest: WorldGuest) => void): boolean {
    if (this.owner !== "client" || this.#guest === undefined) return false;
    if (!this.#isGuestEnded) tell(this.#guest);
    return true;
  }
}

/** A package that makes many calls of one leaves ten of its own lines, and none of who called it. */
const STACK_LINES = 60;

function wholeStackOf(message: string): string {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = STACK_LINES;
  const { stack = "" } = new Error(message);
  Error.stackTraceLimit = before;
  return stack;
}
