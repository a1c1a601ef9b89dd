import { performance } from "node:perf_hooks";

import { type AmbientWorld, ambientWorld } from "./ambient-world.ts";
import { divert, replaceMember } from "./divert.ts";
import { signalOfTimeout } from "./ambient-timer-promises.ts";

/**
 * Makes the clocks of Node ask the world that is entered: `Date`, `Temporal.Now` where this Node has it,
 * `performance.now`, `process.hrtime` and `uptime`.
 */
export function installTime(): void {
  replaceMember(globalThis, "Date", worldlyDate(Date));
  installTemporal(Reflect.get(globalThis, "Temporal"));
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

/** The parts of `Temporal` that say what time it is, and what they are made with. */
type Temporal = {
  readonly Now: { timeZoneId(): string };
  readonly Instant: { fromEpochMilliseconds(calendarMs: number): Instant };
};
type Instant = { toZonedDateTimeISO(zone: unknown): ZonedDateTime };
type ZonedDateTime = { toPlainDateTime(): unknown; toPlainDate(): unknown; toPlainTime(): unknown };

function installTemporal(found: unknown): void {
  if (typeof found !== "object" || found === null) return;
  const { Now, Instant } = found as Temporal;
  const instant = (world: AmbientWorld): Instant => Instant.fromEpochMilliseconds(world.calendarMs());
  const zoned = (world: AmbientWorld, [zone]: readonly unknown[]): ZonedDateTime =>
    instant(world).toZonedDateTimeISO(zone ?? Now.timeZoneId());
  divert(Now, "instant", instant);
  divert(Now, "zonedDateTimeISO", zoned);
  divert(Now, "plainDateTimeISO", (world, args) => zoned(world, args).toPlainDateTime());
  divert(Now, "plainDateISO", (world, args) => zoned(world, args).toPlainDate());
  divert(Now, "plainTimeISO", (world, args) => zoned(world, args).toPlainTime());
}

function hrtimeOf(nowMs: number, before: unknown): [number, number] {
  const [seconds, nanoseconds] = Array.isArray(before) ? before.map(Number) : [0, 0];
  const total = Math.round(nowMs * 1e6) - ((seconds ?? 0) * 1e9 + (nanoseconds ?? 0));
  return [Math.floor(total / 1e9), total - Math.floor(total / 1e9) * 1e9];
}
