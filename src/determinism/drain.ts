import { type AnyFunction, isFunction } from "./ambient/divert.ts";

/** Taken when this module is loaded: what a world waits with has to be real. */
const realSetImmediate: typeof setImmediate = setImmediate;

/** So many errors may come out of one drain; each ends one callback. */
const ERRORS_MAX = 10_000;

/** Resolves in a task of the event loop's own, where no promise is being continued. */
export async function nextTask<Result>(work: () => Result): Promise<Result> {
  return await new Promise((resolve, reject) => {
    realSetImmediate(() => {
      try {
        resolve(work());
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
  });
}

/** Calls back on one turn of the event loop after the other until it answers false. */
export async function eachTurn(turn: () => boolean): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const again = (): void => {
      try {
        if (turn()) realSetImmediate(again);
        else resolve();
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
    realSetImmediate(again);
  });
}

/**
 * Empties the queues of `process.nextTick` and of promises, now; undefined where this Node cannot do that.
 *
 * It has to be called in a task of the event loop's own: V8 empties nothing within the continuation of a promise. What
 * it throws nobody catches: it goes to the process's own way for uncaught errors, which also mends the record of
 * asynchronous contexts that a thrown error leaves behind.
 */
export function createDrain(): (() => void) | undefined {
  const runTicks: unknown = Reflect.get(process, "_tickCallback");
  const reportFatal: unknown = Reflect.get(process, "_fatalException");
  if (!isFunction(runTicks) || !isFunction(reportFatal)) return undefined;
  const drain = (): void => drainBy(runTicks, reportFatal);
  return drains(drain) ? drain : undefined;
}

function drainBy(runTicks: AnyFunction, reportFatal: AnyFunction): void {
  for (let errors = 0; errors < ERRORS_MAX; errors += 1) {
    try {
      Reflect.apply(runTicks, process, []);
      return;
    } catch (error) {
      Reflect.apply(reportFatal, process, [error]);
    }
  }
  throw new Error(`${ERRORS_MAX} errors came out of one turn`);
}

/** Whether ticks and promises that set each other going are all done when it returns. */
function drains(drain: () => void): boolean {
  const done: string[] = [];
  process.nextTick(() => {
    done.push("tick");
    void Promise.resolve().then(() => {
      done.push("promise");
      process.nextTick(() => done.push("tick of the promise"));
    });
  });
  queueMicrotask(() => {
    done.push("microtask");
    process.nextTick(() => queueMicrotask(() => done.push("microtask of the tick")));
  });
  drain();
  return done.length === 5;
}
