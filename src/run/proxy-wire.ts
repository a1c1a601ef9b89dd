import assert from "node:assert/strict";

import type { Capability } from "../plan/fault-description.ts";
import type { AppliedChange, Wire } from "./backend.ts";
import type { SessionTap } from "./tap/wire-tap.ts";
import type { ControlledProxy } from "./toxiproxy-control.ts";

/** What our own proxy can do to a wire. */
export const PROXY_CAPABILITIES: ReadonlySet<Capability> = new Set([
  "cut-fin",
  "cut-rst",
  "cut-blackhole",
  "close-frame",
  "reject-dial",
  "stall",
  "refuse-dial",
  "disturb-upgrade",
  "edit-messages",
  "toxic-bandwidth",
  "toxic-latency",
  "toxic-limit-data",
  "toxic-reset-peer",
  "toxic-slicer",
  "toxic-slow-close",
  "toxic-timeout",
]);

/** How much may lie unread at the client for an RST to destroy nothing: 60 kB arrived 10 times of 10, 200 kB never. */
const RST_UNREAD_SIZE_BYTES_MAX: number = 64 * 1024;

/** How our proxy makes each cut: toxics of its own that strike one connection at once. */
const TOXIC_OF_CUT = { fin: "cutwire_fin", rst: "cutwire_rst", blackhole: "cutwire_stall" } as const;

/** The wire of a session, made of its proxy and of what the faces can do. */
export function openProxyWire(session: number, proxy: ControlledProxy, tap: SessionTap): Wire {
  return {
    session,
    baseUrl: `http://${proxy.listen}/v1`,
    liveConnection: tap.liveConnection,
    connectionGone: tap.connectionGone,
    addToxic: async (toxic) => await proxy.addToxic(toxic),
    rejectDials: async (rejection) => tap.rejectDials(rejection),
    refuseDials: async (how) => (how === undefined ? await proxy.disable() : await vanish(proxy, tap)),
    disturbUpgrades: async (disturbance) => tap.disturbUpgrades(disturbance),
    faces: tap.faces,
    async stall(direction, connection) {
      if (!tap.isLive(connection)) throw new Error(`connection ${connection} is not there to be stalled`);
      return await proxy.addToxic({ type: "cutwire_stall", direction, attributes: { connection } });
    },
    async closeWithFrame(frame, connection) {
      await tap.closeWithFrame(frame, connection);
      return { undo: async () => undefined };
    },
    async cut(mode, connection) {
      // The proxy takes a toxic for a connection that is gone as well, and then strikes nothing.
      if (!tap.isLive(connection)) throw new Error(`connection ${connection} is not there to be cut`);
      if (mode === "rst" && tap.unreadBytesMax(connection) > RST_UNREAD_SIZE_BYTES_MAX) {
        throw new Error("more than 64 KiB may be unread, and an RST could destroy what the anchor says was delivered");
      }
      const type = TOXIC_OF_CUT[mode];
      const attributes = { connection };
      // FIN and RST strike the whole connection from either stream; silence has to be kept in both.
      const toClient = await proxy.addToxic({ type, direction: "to-client", attributes });
      if (mode !== "blackhole") return toClient;
      try {
        return together(toClient, await proxy.addToxic({ type, direction: "to-server", attributes }));
      } catch (error) {
        await toClient.undo();
        throw error;
      }
    },
  };
}

/** Lets the port vanish. It is there to leave dials without an answer, so where none came it has done nothing. */
async function vanish(proxy: ControlledProxy, tap: SessionTap): Promise<AppliedChange> {
  assert(proxy.vanish !== undefined, "the backend claims ignore-dial, and its proxies cannot vanish");
  let unanswered = 0;
  const change = await proxy.vanish(() => {
    unanswered += 1;
    tap.dialUnanswered();
  });
  const shortfall = (): string | undefined => (unanswered > 0 ? undefined : "no dial came while nobody answered");
  return { ...change, shortfall, owesAlways: true };
}

function together(...changes: readonly AppliedChange[]): AppliedChange {
  return { undo: async () => void (await Promise.all(changes.map(async (change) => await change.undo()))) };
}
