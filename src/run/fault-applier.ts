import type { Clock } from "../determinism/clock.ts";
import type { Fault, FaultKind } from "../plan/fault.ts";
import type { AppliedChange, Wire } from "./backend.ts";
import type { RunningClient } from "./running-client.ts";
import type { TargetControl } from "./target.ts";

/** Where a fault strikes: a session's wire, and the connection that its anchor was reached on. */
export type FaultSite = {
  readonly wire: Wire;
  readonly connection: number | undefined;
  /** For what a fault does again and again. */
  readonly clock: Clock;
  /** Absent where nothing can be done to the target; plans whose faults need it are refused before the run. */
  readonly target?: TargetControl | undefined;
  /** What can be done to the client's process; nothing where absent. */
  readonly client?: ClientProcessControl | undefined;
};

/** What faults do to the process of the client under test. */
export type ClientProcessControl = Pick<RunningClient, "stepWallClock">;

/** Makes one kind of fault happen, in the verbs of a wire. */
export type FaultApplier = {
  readonly kind: FaultKind;
  /** Resolves when the fault was applied and read back; rejects where there was nothing to apply it to. */
  apply(fault: Fault, site: FaultSite): Promise<AppliedChange>;
};

/** The appliers by kind. */
export type FaultAppliers = ReadonlyMap<FaultKind, FaultApplier>;

/**
 * An applier for one kind, which then sees that kind of fault alone.
 *
 * @example applierFor("cut", async (fault, site) => await site.wire.cut(fault.mode, connectionOf(site)))
 */
export function applierFor<Kind extends FaultKind>(
  kind: Kind,
  apply: (fault: Extract<Fault, { kind: Kind }>, site: FaultSite) => Promise<AppliedChange>,
): FaultApplier {
  const isOfKind = (fault: Fault): fault is Extract<Fault, { kind: Kind }> => fault.kind === kind;
  return {
    kind,
    async apply(fault, site) {
      if (!isOfKind(fault)) throw new TypeError(`the applier of ${kind} was given a fault of kind ${fault.kind}`);
      return await apply(fault, site);
    },
  };
}

/** The connection to strike: the one of the anchor, or the one that is open; there may be none. */
export function connectionOf({ wire, connection }: FaultSite): number {
  const struck = connection ?? wire.liveConnection();
  if (struck === undefined) throw new Error(`session ${wire.session} has no open connection to strike`);
  return struck;
}

/** What the target can be told to do. */
export function targetOf({ target }: FaultSite): TargetControl {
  if (target === undefined) throw new Error("nothing can be done to this target");
  return target;
}
