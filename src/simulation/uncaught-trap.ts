import { isFunction } from "../determinism/ambient/divert.ts";

/** Keeps errors that nobody catches inside a world from the process around it. */
export type UncaughtTrap = { close(): void };

/**
 * Takes every uncaught error and unhandled rejection until it is closed.
 *
 * Listeners of a test runner for unhandled rejections would get them first, and so stand aside meanwhile.
 *
 * @throws Error where somebody else has set a capture callback for uncaught errors, as `node:domain` does
 */
export function openUncaughtTrap(take: (error: unknown) => void): UncaughtTrap {
  if (process.hasUncaughtExceptionCaptureCallback()) {
    throw new Error("another part of this process captures uncaught errors, and a simulation has to");
  }
  const aside = process.rawListeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", take);
  process.setUncaughtExceptionCaptureCallback(take);
  return {
    close() {
      process.setUncaughtExceptionCaptureCallback(null);
      process.off("unhandledRejection", take);
      // As they were, so that whoever put them there can still take them away.
      const on: unknown = Reflect.get(process, "on");
      for (const listener of aside) if (isFunction(on)) Reflect.apply(on, process, ["unhandledRejection", listener]);
    },
  };
}
