import { performance } from "node:perf_hooks";

import { ambientWorld } from "./ambient-world.ts";
import { divert, replaceMember } from "./divert.ts";
import { signalOfTimeout } from "./ambient-timer-promises.ts";

/** Makes the clocks of Node ask the world that is entered: `Date`, `performance.now`, `process.hrtime` and `uptime`. */
export function installTime(): void {
  replaceMember(globalThis, "Date", worldlyDate(Date));
  divert(performance, "now", (world) => world.nowMs());
  divert(process, "uptime", (world) => world.nowMs() / 1_000);
  const bigint: unknown = Reflect.get(process.hrtime, "bigint");
  divert(process, "hrtime", (world, [before]) => hrtimeOf(world.nowMs(), before));
  Reflect.defineProperty(process.hrtime, "bigint", { value: bigint, writable: true, configurable: true });
  divert(process.hrtime, "bigint", (world) => BigInt(Math.round(world.nowMs() * 1e6)));
  divert(AbortSignal, "timeout", signalOfTimeout);
}

/** `Date`, with the world's time where none is given; `instanceof` and everything else are as before. */
function worldlyDate(original: DateConstructor): DateConstructor {
  const proxy: DateConstructor = new Proxy(original, {
    construct(target, args: unknown[], newTarget): object {
      const world = args.length === 0 ? ambientWorld() : undefined;
      const given = world === undefined ? args : [world.calendarMs()];
      return Reflect.construct(target, given, newTarget === proxy ? target : newTarget) as Date;
    },
    apply(target): string {
      const world = ambientWorld();
      return new target(world === undefined ? target.now() : world.calendarMs()).toString();
    },
  });
  divert(original, "now", (world) => world.calendarMs());
  // A date says which constructor made it, and that has to be the one that everybody sees.
  Reflect.defineProperty(original.prototype, "constructor", { value: proxy, writable: true, configurable: true });
  return proxy;
}

function hrtimeOf(nowMs: number, before: unknown): [number, number] {
  const [seconds, nanoseconds] = Array.isArray(before) ? before.map(Number) : [0, 0];
  const total = Math.round(nowMs * 1e6) - ((seconds ?? 0) * 1e9 + (nanoseconds ?? 0));
  return [Math.floor(total / 1e9), total - Math.floor(total / 1e9) * 1e9];
}
