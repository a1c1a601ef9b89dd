import type { ScheduledFault } from "../plan/fault.ts";
import type { ProtocolPoint } from "../protocol/protocol-point.ts";
import type { AppliedChange, BackendContext, OpenedBackend, Wire } from "./backend.ts";
import { openSplitWire, type SplitWire } from "./relay/split-wire.ts";
import { openTapLink } from "./relay/tap-link.ts";
import { createResources, type Resources } from "./resources.ts";
import { createWireTap, type SessionTap, type WireTap } from "./tap/wire-tap.ts";
import { type ControlledProxy, createToxiproxyControl } from "./toxiproxy-control.ts";

/** One port of a Toxiproxy, for one session at a time. */
export type ToxiproxySlot = {
  /** A name that no other proxy of this Toxiproxy has. */
  readonly name: string;
  /** Where Toxiproxy is to listen, in its own words: `"0.0.0.0:8666"`. */
  readonly listen: string;
  /** `host:port` of the same port, as it is reached from here; where Toxiproxy says that it listens, if absent. */
  readonly reachedAt?: string;
  /** What Toxiproxy dials: `"tap:9000"`. */
  readonly upstream: string;
  /** Place of that port in the list that the tap listens on. */
  readonly tapSlot: number;
};

/** A real Toxiproxy, with as many of its ports as there are sessions. */
export type ToxiproxyPlace = {
  /** `"http://127.0.0.1:8474"` */
  readonly apiUrl: string;
  /** The control API of the tap behind it; without one, the server's face is where Toxiproxy's answers come in. */
  readonly tapUrl: string | undefined;
  readonly slots: readonly ToxiproxySlot[];
};

/** What the client's face alone can see and hold, or a tool: everything else takes both faces. */
const POINTS_WITHOUT_TAP: ReadonlySet<ProtocolPoint> = new Set(["P0", "P8", "P9", "P14"]);

/** Why a real Toxiproxy cannot do a fault as it is scheduled; undefined where it can. */
export function refusalOfToxiproxy({ fault, when, heal }: ScheduledFault, hasTap: boolean): string | undefined {
  if (fault.kind === "cut" && fault.mode === "blackhole" && (heal.kind === "after" || heal.kind === "at")) {
    return "a silence of Toxiproxy never heals: it ends with its connection";
  }
  const anchors = heal.kind === "at" ? [when.at, heal.at] : [when.at];
  const blind = anchors.find((anchor) => anchor.kind !== "point" || !POINTS_WITHOUT_TAP.has(anchor.point));
  if (hasTap || blind === undefined) return undefined;
  return `${blind.kind === "point" ? blind.point : `an anchor of kind "${blind.kind}"`} needs the server's face, and there is no tap`;
}

/**
 * Opens the wires of a run through a real Toxiproxy: client → the face in this process → Toxiproxy → tap → target.
 *
 * @throws HarnessError `HARNESS_BACKEND_UNAVAILABLE`
 */
export async function openToxiproxyWires(context: BackendContext, place: ToxiproxyPlace): Promise<OpenedBackend> {
  const resources = createResources();
  try {
    const tap = createWireTap(context);
    const control = createToxiproxyControl(place.apiUrl, context.clock);
    const proxies: ControlledProxy[] = [];
    for (let session = 0; session < context.sessionCount; session += 1) {
      const { name, listen, upstream } = slotOf(place, session);
      const proxy = await control.createProxy({ name, listen, upstream });
      resources.add(async () => await proxy.remove());
      proxies.push(proxy);
    }
    const near = await openNearSides(context, { place, proxies, tap, resources });
    const wires = near.map(({ split, proxy }, session) =>
      openWire(session, { split, proxy, tap: tap.session(session) }),
    );
    return { wires, close: async () => await resources.close() };
  } catch (error) {
    await resources.close().catch(() => undefined);
    throw error;
  }
}

type NearParts = {
  readonly place: ToxiproxyPlace;
  readonly proxies: readonly ControlledProxy[];
  readonly tap: WireTap;
  readonly resources: Resources;
};

type NearSide = { readonly split: SplitWire; readonly proxy: ControlledProxy };

async function openNearSides(
  { clock }: BackendContext,
  { place, proxies, tap, resources }: NearParts,
): Promise<readonly NearSide[]> {
  const sides: NearSide[] = [];
  for (const [session, proxy] of proxies.entries()) {
    const split = await openSplitWire({
      session,
      upstream: slotOf(place, session).reachedAt ?? proxy.listen,
      interceptor: tap.interceptor,
      clock,
      hasTap: place.tapUrl !== undefined,
    });
    resources.add(() => split.close());
    sides.push({ split, proxy });
  }
  if (place.tapUrl === undefined) return sides;
  const sessionOfSlot = new Map(proxies.map((_, session) => [slotOf(place, session).tapSlot, session]));
  const link = await openTapLink({
    url: place.tapUrl,
    slots: [...sessionOfSlot.keys()],
    clock,
    connected(connection) {
      const side = sides[sessionOfSlot.get(connection.slot) ?? -1];
      return side?.split.tapped(connection) ?? (() => undefined);
    },
  });
  // Last in, first out: clients end first, so that what still runs through Toxiproxy ends for everybody.
  resources.add(async () => await link.close());
  resources.add(() => {
    for (const { split } of sides) split.close();
  });
  return sides;
}

function slotOf({ slots }: ToxiproxyPlace, session: number): ToxiproxySlot {
  const slot = slots[session];
  if (slot === undefined) throw new RangeError(`there are ${slots.length} ports, and none for session ${session}`);
  return slot;
}

type WireParts = { readonly split: SplitWire; readonly proxy: ControlledProxy; readonly tap: SessionTap };

function openWire(session: number, { split, proxy, tap }: WireParts): Wire {
  return {
    session,
    baseUrl: `http://${split.listen}/v1`,
    liveConnection: tap.liveConnection,
    connectionGone: tap.connectionGone,
    addToxic: async (toxic) => await proxy.addToxic(toxic),
    rejectDials: async (rejection) => tap.rejectDials(rejection),
    disturbUpgrades: async (disturbance) => tap.disturbUpgrades(disturbance),
    faces: tap.faces,
    async refuseDials() {
      const disabled = await proxy.disable();
      // The port that clients dial is ours, and has to be closed for them to be refused.
      split.pause();
      return {
        async undo() {
          await disabled.undo();
          await split.resume();
        },
      };
    },
    stall: async () => await Promise.reject(new Error("Toxiproxy cannot stall one direction without loss")),
    async closeWithFrame(frame, connection) {
      await tap.closeWithFrame(frame, connection);
      return { undo: async () => undefined };
    },
    async cut(mode, connection) {
      if (!tap.isLive(connection)) throw new Error(`connection ${connection} is not there to be cut`);
      if (split.liveCount() > 1) throw new Error("Toxiproxy cannot cut one of several connections of a session");
      if (mode === "rst") throw new Error("Toxiproxy cannot reset a live connection");
      return await (mode === "fin" ? cutWithFin(split, proxy) : silence(connection, { split, proxy }));
    },
  };
}

/** Disabling a proxy ends its connections with a FIN; clients that dial meanwhile wait until it is enabled again. */
async function cutWithFin(split: SplitWire, proxy: ControlledProxy): Promise<AppliedChange> {
  const letDial = split.holdDials();
  try {
    const disabled = await proxy.disable();
    await disabled.undo();
  } finally {
    letDial();
  }
  return { undo: async () => undefined };
}

/**
 * Has a proxy pass nothing either way. Its toxics are of the proxy, not of the connection, so nobody dials until they
 * are gone: when the client gives the connection up, or the fault is over.
 */
async function silence(
  connection: number,
  { split, proxy }: Pick<WireParts, "split" | "proxy">,
): Promise<AppliedChange> {
  const letDial = split.holdDials();
  const changes: AppliedChange[] = [];
  let ending: Promise<void> | undefined;
  async function end(): Promise<void> {
    try {
      for (const change of changes) await change.undo();
    } finally {
      letDial();
    }
  }
  const undo = async (): Promise<void> => await (ending ??= end());
  try {
    for (const direction of ["to-client", "to-server"] as const) {
      changes.push(await proxy.addToxic({ type: "timeout", direction, attributes: { timeout: 0 } }));
    }
  } catch (error) {
    await undo().catch(() => undefined);
    throw error;
  }
  // A removal that fails is told by whoever undoes the fault.
  void split.clientGone(connection).then(async () => await undo().catch(() => undefined));
  return { undo };
}
