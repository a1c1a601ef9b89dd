import { createRequire, syncBuiltinESMExports } from "node:module";

import { installChance } from "./ambient-chance.ts";
import { installEscapes } from "./ambient-escapes.ts";
import { installNetwork } from "./ambient-network.ts";
import { installProcess } from "./ambient-process.ts";
import { installTime } from "./ambient-time.ts";
import { installTimers } from "./ambient-timers.ts";

/** How the wrappers came to be there. */
export type AmbientInstallation = {
  /** Files of packages that had taken functions for themselves before; they go on with the real ones. */
  readonly cameTooLateFor: readonly string[];
};

let installed: AmbientInstallation | undefined;

/**
 * Puts wrappers around everything that code finds around itself, once and for good. Outside a world they change
 * nothing.
 *
 * It has to come before `ws` is loaded, which takes the functions of `node:crypto` for itself at that moment.
 */
export function installAmbient(): AmbientInstallation {
  if (installed !== undefined) return installed;
  const loaded = createRequire(import.meta.url).cache;
  // A module that an import names is in the cache before it has run, and then it is not too late.
  const cameTooLateFor = Object.keys(loaded).filter(
    (path) => /[\\/]ws[\\/]lib[\\/]sender\.js$/.test(path) && loaded[path]?.loaded === true,
  );
  installTimers();
  installTime();
  installChance();
  installNetwork();
  installProcess();
  installEscapes();
  syncBuiltinESMExports();
  // Made once per process by Node itself, with a channel that would look like an escape.
  structuredClone({});
  installed = { cameTooLateFor };
  return installed;
}

/** What {@link installAmbient} did; undefined where it was never called. */
export function ambientInstallation(): AmbientInstallation | undefined {
  return installed;
}
