import type { Checker } from "../check/checker.ts";
import type { Clock } from "../determinism/clock.ts";
import { HarnessError } from "../errors.ts";
import type { Backend } from "../run/backend.ts";
import type { FaultAppliers } from "../run/fault-applier.ts";
import type { Target } from "../run/target.ts";

/** The plug-ins that runs are made of, by name. The built-in ones are in `built-ins.ts`; nobody else names them. */
export type Harness = {
  readonly clock: Clock;
  readonly backends: ReadonlyMap<string, Backend>;
  readonly targets: ReadonlyMap<string, Target>;
  /**
   * The target that a name cannot stand for: a server that is running somewhere, by its URL (`"ws://127.0.0.1:8080/v1"`),
   * or one that a container is started with (`"image=my-server:1,port=8080"`).
   */
  targetAt(url: string): Target;
  /** Registered clients: name → `file:` URL of the module that exports it. */
  readonly clients: ReadonlyMap<string, string>;
  readonly appliers: FaultAppliers;
  readonly checkers: readonly Checker[];
};

/**
 * The target of a name, the one at a URL, or the one of an image.
 *
 * @throws HarnessError `HARNESS_UNKNOWN_NAME`, and `HARNESS_INVALID_OPTION` for a URL or an image that is no target's
 */
export function targetNamed(nameOrUrl: string, harness: Harness): Target {
  if (nameOrUrl.includes("://") || nameOrUrl.startsWith("image=")) return harness.targetAt(nameOrUrl);
  const target = harness.targets.get(nameOrUrl);
  if (target !== undefined) return target;
  const message = `There is no target named "${nameOrUrl}". Registered: ${[...harness.targets.keys()].join(", ")}. A server of your own is given by its URL, as ws://127.0.0.1:8080/v1, or by its image, as image=my-server:1,port=8080.`;
  throw new HarnessError("HARNESS_UNKNOWN_NAME", message, { details: { name: nameOrUrl } });
}

/**
 * The plug-in of a name.
 *
 * @throws HarnessError `HARNESS_UNKNOWN_NAME` that lists the registered ones
 */
export function pluginNamed<Value>(what: string, name: string, registered: ReadonlyMap<string, Value>): Value {
  const value = registered.get(name);
  if (value !== undefined) return value;
  const message = `There is no ${what} named "${name}". Registered: ${[...registered.keys()].join(", ")}.`;
  throw new HarnessError("HARNESS_UNKNOWN_NAME", message, { details: { name } });
}

/** Ends at once what the backends keep for further runs; each would else end it by itself soon after its last run. */
export async function closeBackends({ backends }: Harness): Promise<void> {
  for (const backend of backends.values()) await backend.close?.();
}
