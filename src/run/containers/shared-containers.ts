import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

import type { Clock, Timer } from "../../determinism/clock.ts";
import { type ContainerSet, openContainerSet } from "./container-set.ts";
import { createSharedLock } from "./shared-lock.ts";

/** A set that is lent to a run; it is given back once, further calls do nothing. */
export type ContainerLease = { readonly set: ContainerSet; giveBack(): void };

/** The containers of this process: started for the first run that needs them, stopped soon after the last. */
export type SharedContainers = {
  /**
   * Lends the set, alone or together with other runs.
   *
   * @throws HarnessError `HARNESS_BACKEND_UNAVAILABLE`, `HARNESS_MISSING_PACKAGE`
   */
  lease(isAlone: boolean): Promise<ContainerLease>;
  /** The set that a run has been lent, for its other parts. */
  lent(): Promise<ContainerSet>;
};

/** How long the set stands when no run has it: the next one may come at once. */
const IDLE_MS = 1_500;

const SWEEPER: string = fileURLToPath(new URL("./sweep-main.js", import.meta.url));

/** Opens the containers of this process; nothing is started yet. */
export function createSharedContainers(options: {
  readonly sessionsMax: number;
  readonly clock: Clock;
}): SharedContainers {
  const lock = createSharedLock();
  let opening: Promise<ContainerSet> | undefined;
  let closing: Promise<void> = Promise.resolve();
  let users = 0;
  let idle: Timer | undefined;

  async function current(): Promise<ContainerSet> {
    await closing;
    opening ??= openContainerSet(options);
    try {
      const set = await opening;
      process.on("exit", leaveToSweeper);
      return set;
    } catch (error) {
      opening = undefined;
      throw error;
    }
  }

  function closeIdle(): void {
    const last = opening;
    opening = undefined;
    process.off("exit", leaveToSweeper);
    // What cannot be removed now is left to the next start, which says so itself where it fails again.
    closing = (async () => await (await last)?.close())().catch(() => leaveToSweeper());
  }

  function leave(release: () => void): void {
    release();
    users -= 1;
    if (users === 0 && opening !== undefined) idle = options.clock.startTimer(IDLE_MS, closeIdle);
  }

  return {
    async lent() {
      assert(opening !== undefined && users > 0, "containers were asked for by a run that has not leased them");
      return await opening;
    },
    async lease(isAlone) {
      const release = await lock.take(isAlone);
      users += 1;
      idle?.cancel();
      let isGivenBack = false;
      const giveBack = (): void => {
        if (!isGivenBack) leave(release);
        isGivenBack = true;
      };
      try {
        return { set: await current(), giveBack };
      } catch (error) {
        giveBack();
        throw error;
      }
    },
  };
}

/** This process ends without having stopped its containers: another one does it in its place. */
function leaveToSweeper(): void {
  spawn(process.execPath, [SWEEPER], { detached: true, stdio: "ignore" }).unref();
}
