import { sleep } from "../../determinism/waiting.ts";
import type { Clock } from "../../determinism/clock.ts";
import type { AppliedChange } from "../backend.ts";
import type { MachineDisturbance } from "../target.ts";
import { type ContainerSet, joinData } from "./container-set.ts";
import { isWell, publishedUrl } from "./set-server.ts";

/** The container of the server, as faults see it. */
export type ServerMachine = {
  /** Does it once, however many sessions ask for it, and undoes it when the last of them asks for that. */
  disturb(disturbance: MachineDisturbance): Promise<AppliedChange>;
};

/** What the machine needs. */
export type ServerMachineOptions = {
  readonly set: ContainerSet;
  readonly clock: Clock;
  /** The server has been started anew, and what of it is published is reached at this URL now. */
  readonly restarted: (url: string) => Promise<void>;
  /** Reads what the server has stored, and answers how that is put back; absent where that cannot be had. */
  readonly saveStore?: () => Promise<() => Promise<void>>;
};

type Underway = { readonly change: Promise<AppliedChange>; users: number };

const PAUSE_MS = 25;
const START_DEADLINE_MS = 10_000;

/** Opens the machine of a set's server. */
export function createServerMachine(options: ServerMachineOptions): ServerMachine {
  const underway = new Map<MachineDisturbance["action"], Underway>();
  return {
    async disturb(disturbance) {
      const { action } = disturbance;
      const found = underway.get(action) ?? { change: act(disturbance, options), users: 0 };
      underway.set(action, found);
      found.users += 1;
      const change = await found.change;
      let isUndone = false;
      return {
        async undo() {
          if (isUndone) return;
          isUndone = true;
          found.users -= 1;
          if (found.users > 0) return;
          underway.delete(action);
          await change.undo();
        },
      };
    },
  };
}

async function act({ action, keepsStore }: MachineDisturbance, options: ServerMachineOptions): Promise<AppliedChange> {
  const { set } = options;
  const { docker, call } = set.engine;
  const container = docker.getContainer(set.serverId);
  switch (action) {
    case "pause":
      await call("pausing the server", container.pause());
      return { undo: async () => void (await call("letting the server go on", container.unpause())) };
    case "kill": {
      const putBack = await kill(options, keepsStore);
      return { undo: async () => await startAgain(options, putBack) };
    }
    case "restart":
      await startAgain(options, await kill(options, keepsStore));
      return { undo: async () => undefined };
    case "disconnect": {
      const network = docker.getNetwork(set.dataNetworkId);
      await call("taking the server off the network", network.disconnect({ Container: set.serverId, Force: true }));
      const place = { networkId: set.dataNetworkId, containerId: set.serverId, name: set.serverName };
      return { undo: async () => await joinData(set.engine, place) };
    }
  }
}

/** Kills the server; the answer puts back what it had stored, if that is to be kept. */
async function kill(options: ServerMachineOptions, keepsStore: boolean): Promise<() => Promise<void>> {
  const { set, saveStore } = options;
  if (keepsStore && saveStore === undefined) throw new Error("what that server stores cannot be kept");
  const putBack = keepsStore ? await saveStore?.() : undefined;
  await set.engine.call("killing the server", set.engine.docker.getContainer(set.serverId).kill());
  await isStopped(options);
  return putBack ?? (async () => undefined);
}

/** A kill is read back: the engine says that the process is gone. */
async function isStopped({ set, clock }: ServerMachineOptions): Promise<void> {
  await until(clock, async () => {
    const { State } = await set.engine.call("reading back", set.engine.docker.getContainer(set.serverId).inspect());
    return !State.Running;
  });
}

async function startAgain(options: ServerMachineOptions, putBack: () => Promise<void>): Promise<void> {
  const { set, clock, restarted } = options;
  await set.engine.call("starting the server", set.engine.docker.getContainer(set.serverId).start());
  // Its port on the host is another one now.
  const url = await publishedUrl(set.engine, set.serverId, set.server);
  await until(clock, async () => await isWell(url, set.server, clock));
  await restarted(url);
  await putBack();
}

async function until(clock: Clock, holds: () => Promise<boolean>): Promise<void> {
  const deadlineMs = clock.nowMs() + START_DEADLINE_MS;
  while (!(await holds())) {
    if (clock.nowMs() > deadlineMs)
      throw new Error(`the server's container was not as asked for within ${START_DEADLINE_MS} ms`);
    await sleep(clock, PAUSE_MS);
  }
}
