import type { Timer } from "../clock.ts";
import type { AmbientWorld } from "./ambient-world.ts";
import type { InWorld } from "./divert.ts";

/** `timers/promises.setTimeout` in a world. */
export const promiseOfTimer: InWorld = async (world, [delayMs, value, options]) =>
  await promised(signalOf(options), value, (done) => world.startTimer(delayOf(delayMs), done));

/** `timers/promises.setImmediate` in a world. */
export const promiseOfImmediate: InWorld = async (world, [value, options]) =>
  await promised(signalOf(options), value, (done) => world.startImmediate(done));

/** `timers/promises.setInterval` in a world. */
export const ticksOf: InWorld = (world, [delayMs, value, options]) => ticks(world, { delayMs, value, options });

async function* ticks(
  world: AmbientWorld,
  { delayMs, value, options }: { readonly delayMs: unknown; readonly value: unknown; readonly options: unknown },
): AsyncGenerator<unknown> {
  let dueMs = world.nowMs();
  // It goes on for as long as somebody asks for the next tick.
  for (;;) {
    dueMs += delayOf(delayMs);
    const waitMs = Math.max(dueMs - world.nowMs(), 0);
    yield await promised(signalOf(options), value, (done) => world.startTimer(waitMs, done));
  }
}

/** `AbortSignal.timeout` in a world. */
export const signalOfTimeout: InWorld = (world, [delayMs]) => {
  const aborting = new AbortController();
  const reason = new DOMException("The operation was aborted due to timeout", "TimeoutError");
  world.startTimer(Math.max(Number(delayMs), 0), () => aborting.abort(reason));
  return aborting.signal;
};

async function promised<Value>(
  signal: AbortSignal | undefined,
  value: Value,
  start: (done: () => void) => Timer,
): Promise<Value> {
  if (signal?.aborted === true) throw abortError(signal);
  return await new Promise<Value>((resolve, reject) => {
    const abort = (): void => {
      timer.cancel();
      reject(abortError(signal));
    };
    const timer = start(() => {
      signal?.removeEventListener("abort", abort);
      resolve(value);
    });
    signal?.addEventListener("abort", abort, { once: true });
  });
}

function abortError(signal: AbortSignal | undefined): Error {
  const error = new Error("The operation was aborted", { cause: signal?.reason });
  return Object.assign(error, { name: "AbortError", code: "ABORT_ERR" });
}

function signalOf(options: unknown): AbortSignal | undefined {
  if (typeof options !== "object" || options === null || !("signal" in options)) return undefined;
  return options.signal instanceof AbortSignal ? options.signal : undefined;
}

function delayOf(delayMs: unknown): number {
  const delay = Number(delayMs);
  return delay >= 1 ? Math.trunc(delay) : 1;
}
