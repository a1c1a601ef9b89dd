import assert from "node:assert/strict";

import type { Capability } from "../../plan/fault-description.ts";
import type { Clock } from "../../determinism/clock.ts";
import { drawSeed } from "../../determinism/random.ts";
import { HarnessError } from "../../errors.ts";
import { type Backend, TOXIPROXY_CAPABILITIES } from "../backend.ts";
import { type ContainerSet, SERVER_NAME, SERVER_PORT, serverControlUrl } from "../containers/container-set.ts";
import { followServerLog, type ServerLog } from "../containers/server-log.ts";
import { createServerMachine } from "../containers/server-machine.ts";
import { createSharedContainers, type SharedContainers } from "../containers/shared-containers.ts";
import { openRemoteReference } from "../remote/remote-reference.ts";
import { createSlotPool } from "../slot-pool.ts";
import type { OpenedTarget, Target, TargetContext } from "../target.ts";
import { openToxiproxyWires, refusalOfToxiproxy } from "../toxiproxy-wires.ts";

/** How many sessions can run at a time where nobody says another number. */
export const CONTAINER_SESSIONS_MAX = 32;

const CAPABILITIES: ReadonlySet<Capability> = new Set([
  ...TOXIPROXY_CAPABILITIES,
  "container-pause",
  "container-kill",
  "container-restart",
  "container-disconnect",
]);

/**
 * The reference server in a container, behind a real Toxiproxy in another: all of it started by Testcontainers when the
 * first run needs it, shared by the runs of this process, and stopped soon after the last.
 */
export function createContainerBackend(options: { readonly clock: Clock; readonly sessionsMax: number }): Backend {
  const containers = createSharedContainers(options);
  const pool = createSlotPool(options.sessionsMax, "--sessions-max");
  return {
    name: "container",
    capabilities: CAPABILITIES,
    refusal: (scheduled) => {
      const isOfAll = scheduled.fault.kind !== "container" || scheduled.when.place.session === "all";
      if (!isOfAll) return 'a container is one for all sessions, so its place has to be "all"';
      return refusalOfToxiproxy(scheduled, true);
    },
    targetOf: (target) => targetInContainer(target, containers),
    close: async () => await containers.close(),
    async open(context) {
      const set = await containers.lent();
      const ports = await pool.lease(context.sessionCount);
      const run = drawSeed().toString(36);
      const slots = ports.slots.map((tapSlot) => ({ name: `run-${run}-${tapSlot}`, tapSlot, ...slotAt(set, tapSlot) }));
      try {
        const opened = await openToxiproxyWires(context, { apiUrl: set.toxiproxyUrl, tapUrl: set.tapUrl, slots });
        const close = async (): Promise<void> => await opened.close().finally(() => ports.giveBack());
        return { wires: opened.wires, close };
      } catch (error) {
        ports.giveBack();
        throw error;
      }
    },
  };
}

function slotAt({ slots }: ContainerSet, slot: number): ContainerSet["slots"][number] {
  const found = slots[slot];
  assert(found !== undefined, `the containers have no port ${slot}`);
  return found;
}

/** The reference server as it stands in its container; no other server can be put there. */
function targetInContainer(target: Target, containers: SharedContainers): Target {
  if (!target.isScripted) {
    const refuse = async (): Promise<OpenedTarget> => await Promise.reject(notInContainer(target.name));
    return { ...target, open: refuse };
  }
  return { ...target, open: async (context) => await openInContainer(containers, context) };
}

function notInContainer(name: string): HarnessError {
  return new HarnessError(
    "HARNESS_INVALID_OPTION",
    `The target "${name}" cannot stand behind the backend "container", which has a server of its own. Take --target reference, or another backend.`,
    { details: { target: name } },
  );
}

async function openInContainer(containers: SharedContainers, context: TargetContext): Promise<OpenedTarget> {
  const lease = await containers.lease(context.isAlone === true);
  const { set } = lease;
  let log: ServerLog | undefined;
  try {
    let controlUrl = await serverControlUrl(set);
    const opened = await openRemoteReference(
      {
        controlUrl: () => controlUrl,
        upstream: { host: SERVER_NAME, port: SERVER_PORT },
        async followEvents(listener) {
          log = await followServerLog(set.engine, set.serverId, listener);
          return () => log?.stop();
        },
      },
      context,
    );
    const machine = createServerMachine({
      set,
      clock: context.clock,
      async restarted(url) {
        controlUrl = url;
        await log?.resume();
        await opened.putScripts();
      },
    });
    return {
      ...opened,
      ...(opened.control === undefined
        ? {}
        : { control: { ...opened.control, disturbMachine: async (how) => await machine.disturb(how) } }),
      close: async () => await opened.close().finally(() => lease.giveBack()),
    };
  } catch (error) {
    log?.stop();
    lease.giveBack();
    throw error;
  }
}
