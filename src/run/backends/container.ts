import assert from "node:assert/strict";

import type { Capability } from "../../plan/fault-description.ts";
import type { Clock } from "../../determinism/clock.ts";
import { drawSeed } from "../../determinism/random.ts";
import { HarnessError } from "../../errors.ts";
import { type Backend, TOXIPROXY_CAPABILITIES } from "../backend.ts";
import type { ContainerSet } from "../containers/container-set.ts";
import { followServerLog, type ServerLog } from "../containers/server-log.ts";
import { createServerMachine } from "../containers/server-machine.ts";
import { publishedUrl } from "../containers/set-server.ts";
import { createSharedContainers, type SharedContainers } from "../containers/shared-containers.ts";
import { expectUpgrade } from "../expect-upgrade.ts";
import { openRemoteReference } from "../remote/remote-reference.ts";
import { createSlotPool } from "../slot-pool.ts";
import type { OpenedTarget, Target, TargetContext, TargetImage } from "../target.ts";
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
 * A server in a container, behind a real Toxiproxy in another: all of it started by Testcontainers when the first run
 * needs it, shared by the runs of this process, and stopped soon after the last.
 *
 * The server is the reference server, or one that the target names by its image; each has a set of its own.
 */
export function createContainerBackend(options: { readonly clock: Clock; readonly sessionsMax: number }): Backend {
  const sets = new Map<string, SharedContainers>();
  const pool = createSlotPool(options.sessionsMax, "--sessions-max");

  function containersOf({ name, image }: Target): SharedContainers {
    const key = image === undefined ? "reference" : name;
    const containers = sets.get(key) ?? createSharedContainers({ ...options, ...(image && { target: image }) });
    sets.set(key, containers);
    return containers;
  }

  return {
    name: "container",
    capabilities: CAPABILITIES,
    refusal: (scheduled) => {
      const isOfAll = scheduled.fault.kind !== "container" || scheduled.when.place.session === "all";
      if (!isOfAll) return 'a container is one for all sessions, so its place has to be "all"';
      return refusalOfToxiproxy(scheduled, true);
    },
    targetOf: (target) => targetInContainer(target, () => containersOf(target)),
    async close() {
      for (const containers of sets.values()) await containers.close();
    },
    async open(context) {
      const standing = [...sets.values()].map((containers) => containers.standing());
      const set = standing.find((candidate) => candidate?.serverName === context.upstream.host);
      assert(set !== undefined, "wires were asked for by a run that has not leased containers");
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

/** The target as it stands in its container: the reference server, or the one of an image. */
function targetInContainer(target: Target, containers: () => SharedContainers): Target {
  const { image } = target;
  if (image !== undefined) {
    return { ...target, open: async (context) => await openOfImage({ ...target, image }, containers(), context) };
  }
  if (!target.isScripted) {
    const refuse = async (): Promise<OpenedTarget> => await Promise.reject(notInContainer(target.name));
    return { ...target, open: refuse };
  }
  return { ...target, open: async (context) => await openReference(containers(), context) };
}

function notInContainer(name: string): HarnessError {
  return new HarnessError(
    "HARNESS_INVALID_OPTION",
    `The target "${name}" cannot stand behind the backend "container", which starts its server itself. Give its image, as --target image=my-server:1,port=8080, or take another backend.`,
    { details: { target: name } },
  );
}

async function openReference(containers: SharedContainers, context: TargetContext): Promise<OpenedTarget> {
  const lease = await containers.lease(context.isAlone === true);
  const { set } = lease;
  let log: ServerLog | undefined;
  try {
    let controlUrl = await publishedUrl(set.engine, set.serverId, set.server);
    const opened = await openRemoteReference(
      {
        controlUrl: () => controlUrl,
        upstream: { host: set.serverName, port: set.server.port },
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
      saveStore: async () => await opened.saveStore(),
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

/** A server of somebody else's: nothing can be done to it from the inside, and something to its container. */
async function openOfImage(
  { image, apiKey }: Target & { readonly image: TargetImage },
  containers: SharedContainers,
  { scripts, clock, isAlone }: TargetContext,
): Promise<OpenedTarget> {
  const lease = await containers.lease(isAlone === true);
  const { set } = lease;
  try {
    const url = await publishedUrl(set.engine, set.serverId, set.server);
    const [ownKey = ""] = scripts.keys();
    await expectUpgrade(`${url.replace("http", "ws")}${image.basePath}/responses`, apiKey ?? ownKey, clock);
    const machine = createServerMachine({ set, clock, restarted: async () => undefined });
    const beyond = async (): Promise<never> => await Promise.reject(new Error("that server has no control API"));
    return {
      host: set.serverName,
      port: image.port,
      basePath: image.basePath,
      control: {
        forget: beyond,
        reuseCallIds: beyond,
        freeze: beyond,
        thaw: beyond,
        disturbMachine: async (how) => await machine.disturb(how),
      },
      close: async () => lease.giveBack(),
    };
  } catch (error) {
    lease.giveBack();
    throw error;
  }
}
