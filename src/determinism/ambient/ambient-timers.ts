import { AsyncResource } from "node:async_hooks";
import timers from "node:timers";
import timersPromises from "node:timers/promises";
import { promisify } from "node:util";

import type { Timer } from "../clock.ts";
import type { AmbientWorld } from "./ambient-world.ts";
import { promiseOfImmediate, promiseOfTimer, ticksOf } from "./ambient-timer-promises.ts";
import { callbackOf, divert, type InWorld, isFunction, replaceMember } from "./divert.ts";

/** The longest time that a timer of Node waits; a longer one, as Node does it, waits 1 ms. */
const DELAY_MS_MAX = 2 ** 31 - 1;

let handles = 0;
/** Timers by the number that they turn into where somebody asks for one. */
const handlesByNumber = new Map<number, VirtualTimeout>();

/** What `setTimeout` and `setInterval` answer in a world; it has the members of Node's `Timeout`. */
class VirtualTimeout {
  readonly #world: AmbientWorld;
  readonly #delayMs: number;
  readonly #fire: () => void;
  readonly #isRepeated: boolean;
  #timer: Timer | undefined;
  #number: number | undefined;
  #isReferenced = true;

  constructor(world: AmbientWorld, callback: () => void, timing: { delayMs: unknown; isRepeated: boolean }) {
    const delayMs = Number(timing.delayMs);
    this.#world = world;
    this.#delayMs = delayMs >= 1 && delayMs <= DELAY_MS_MAX ? Math.trunc(delayMs) : 1;
    this.#isRepeated = timing.isRepeated;
    // Whoever started the timer is whom its callback belongs to, for asynchronous contexts as for Node's own timers.
    const resource = new AsyncResource("CUTWIRE_TIMER", { requireManualDestroy: true });
    this.#fire = () => resource.runInAsyncScope(callback);
    this.#start();
  }

  #start(): void {
    this.#timer = this.#world.startTimer(this.#delayMs, () => {
      this.#timer = undefined;
      if (this.#isRepeated) this.#start();
      this.#fire();
    });
  }

  ref(): this {
    this.#isReferenced = true;
    return this;
  }

  unref(): this {
    this.#isReferenced = false;
    return this;
  }

  hasRef(): boolean {
    return this.#isReferenced;
  }

  refresh(): this {
    this.#timer?.cancel();
    this.#start();
    return this;
  }

  close(): this {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#number !== undefined) handlesByNumber.delete(this.#number);
    return this;
  }

  [Symbol.toPrimitive](): number {
    if (this.#number === undefined) {
      handles += 1;
      this.#number = handles;
      handlesByNumber.set(handles, this);
    }
    return this.#number;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** What `setImmediate` answers in a world. */
class VirtualImmediate {
  readonly #timer: Timer;
  #isReferenced = true;

  constructor(world: AmbientWorld, callback: () => void) {
    const resource = new AsyncResource("CUTWIRE_TIMER", { requireManualDestroy: true });
    this.#timer = world.startImmediate(() => resource.runInAsyncScope(callback));
  }

  ref(): this {
    this.#isReferenced = true;
    return this;
  }

  unref(): this {
    this.#isReferenced = false;
    return this;
  }

  hasRef(): boolean {
    return this.#isReferenced;
  }

  close(): void {
    this.#timer.cancel();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

const startTimeout: InWorld = (world, [callback, delayMs, ...args]) =>
  new VirtualTimeout(world, callbackOf(callback, args), { delayMs, isRepeated: false });

const startInterval: InWorld = (world, [callback, delayMs, ...args]) =>
  new VirtualTimeout(world, callbackOf(callback, args), { delayMs, isRepeated: true });

const startImmediate: InWorld = (world, [callback, ...args]) => new VirtualImmediate(world, callbackOf(callback, args));

/** A handle may be cleared inside or outside the world that it belongs to, by itself or by its number. */
function clearVirtual(handle: unknown): boolean {
  const virtual =
    typeof handle === "number" || typeof handle === "string" ? handlesByNumber.get(Number(handle)) : handle;
  if (!(virtual instanceof VirtualTimeout || virtual instanceof VirtualImmediate)) return false;
  virtual.close();
  return true;
}

function divertClear(holder: object, name: string): void {
  const original: unknown = Reflect.get(holder, name);
  if (typeof original !== "function") return;
  replaceMember(holder, name, function (this: unknown, handle?: unknown): void {
    if (!clearVirtual(handle)) Reflect.apply(original, this, [handle]);
  });
}

/** Makes the timers of Node ask the world that is entered: the globals, `node:timers` and `node:timers/promises`. */
export function installTimers(): void {
  divert(timersPromises, "setTimeout", promiseOfTimer);
  divert(timersPromises, "setImmediate", promiseOfImmediate);
  divert(timersPromises, "setInterval", ticksOf);
  const { scheduler } = timersPromises;
  divert(scheduler, "wait", (world, [delayMs, options]) =>
    promiseOfTimer(world, [delayMs, undefined, options], scheduler),
  );
  divert(scheduler, "yield", (world) => promiseOfImmediate(world, [], scheduler));
  for (const holder of [globalThis, timers]) {
    divert(holder, "setTimeout", startTimeout);
    divert(holder, "setInterval", startInterval);
    divert(holder, "setImmediate", startImmediate);
    for (const name of ["clearTimeout", "clearInterval", "clearImmediate"]) divertClear(holder, name);
    for (const name of ["setTimeout", "setImmediate"]) {
      const value: unknown = Reflect.get(timersPromises, name);
      const timer: unknown = Reflect.get(holder, name);
      if (isFunction(timer)) Reflect.defineProperty(timer, promisify.custom, { value, enumerable: true });
    }
  }
}
