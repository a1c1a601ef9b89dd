import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

import type { Timer } from "../../determinism/clock.ts";
import { type ContainerSet, type ContainerSetOptions, openContainerSet } from "./container-set.ts";
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
  /** The set that stands, for the other parts of a run that has been lent it; undefined where none does. */
  standing(): ContainerSet | undefined;
  /** Stops the set now, unless a run has it. */
  close(): Promise<void>;
};

/** How long the set stands when no run has it: the next one may come at once. */
const IDLE_MS = 1_500;

const SWEEPER: string = fileURLToPath(new URL("./sweep-main.js", import.meta.url));

/** Opens the containers of this process; nothing is started yet. */
export function createSharedContainers(options: ContainerSetOptions): SharedContainers {
  const lock = createSharedLock();
  const kept = createKeptSet(options);
  let users = 0;
  let idle: Timer | undefined;

  /** Counts a user until the answer is called. */
  function enter(release: () => void): () => void {
    users += 1;
    idle?.cancel();
    let isGivenBack = false;
    return () => {
      if (isGivenBack) return;
      isGivenBack = true;
      release();
      users -= 1;
      if (users === 0) idle = options.clock.startTimer(IDLE_MS, () => void kept.close());
    };
  }

  return {
    standing: () => kept.standing(),
    async lease(isAlone) {
      const giveBack = enter(await lock.take(isAlone));
      try {
        return { set: await kept.open(), giveBack };
      } catch (error) {
        giveBack();
        throw error;
      }
    },
    async close() {
      if (users > 0) return;
      idle?.cancel();
      await kept.close();
    },
  };
}

type KeptSet = Pick<SharedContainers, "standing"> & {
  /** The set that stands, or a new one. */
  open(): Promise<ContainerSet>;
  /** Stops the set that stands; it never rejects. */
  close(): Promise<void>;
};

function createKeptSet(options: ContainerSetOptions): KeptSet {
  let opening: Promise<ContainerSet> | undefined;
  let standing: ContainerSet | undefined;
  let closing: Promise<void> = Promise.resolve();
  return {
    standing: () => standing,
    async open() {
      await closing;
      if (opening === undefined) {
        opening = openContainerSet(options);
        process.on("exit", leaveToSweeper);
      }
      try {
        standing = await opening;
        return standing;
      } catch (error) {
        opening = undefined;
        process.off("exit", leaveToSweeper);
        throw error;
      }
    },
    async close() {
      const last = opening;
      opening = undefined;
      standing = undefined;
      process.off("exit", leaveToSweeper);
      if (last !== undefined) {
        // What cannot be removed now is left to the next start, which says so itself where it fails again.
        closing = (async () => await (await last).close())().catch(() => leaveToSweeper());
      }
      await closing;
    },
  };
}

/** This process ends without having stopped its containers: another one does it in its place. */
function leaveToSweeper(): void {
  spawn(process.execPath, [SWEEPER], { detached: true, stdio: "ignore" }).unref();
}
