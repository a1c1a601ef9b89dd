import assert from "node:assert/strict";
import { setMaxListeners } from "node:events";

import type { Clock } from "../determinism/clock.ts";
import { createDeferred, DEADLINE_PASSED, OVER, resolvesBefore, settleWithin, sleep } from "../determinism/waiting.ts";
import { messageOf } from "../errors.ts";
import type { FaultEventBody } from "../history/event.ts";
import type { Recorder } from "../history/recorder.ts";
import type { Heal, ScheduledFault } from "../plan/fault.ts";
import { describeFault } from "../plan/fault-catalogue.ts";
import type { AnchorRegistry, AnchorSite, ArmedAnchor } from "./anchor-registry.ts";
import type { AppliedChange, Wire } from "./backend.ts";
import { openSessionBarrier, type SessionBarrier } from "./session-barrier.ts";
import type { ClientProcessControl, FaultAppliers } from "./fault-applier.ts";
import type { TargetControl } from "./target.ts";

/** What a schedule needs. */
export type FaultScheduleOptions = {
  readonly faults: readonly ScheduledFault[];
  readonly wires: readonly Wire[];
  /** What can be done to the target; nothing where absent. */
  readonly target?: TargetControl | undefined;
  /** What can be done to the client's process; nothing where absent. */
  readonly client?: ClientProcessControl;
  readonly appliers: FaultAppliers;
  readonly anchors: AnchorRegistry;
  readonly clock: Clock;
  readonly recorder: Recorder;
  /** Aborted when the run has to end now; then not even a strike that is due is waited for. */
  readonly signal: AbortSignal;
  /** Told whenever a fault struck or healed: the deadline of the session's turn starts again. */
  onDisturbance(session: number): void;
};

/** The faults of a run, each waiting for its anchor. */
export type FaultSchedule = {
  /**
   * Says that a session has nothing left to do. A fault of all sessions whose anchor it has not reached strikes nobody:
   * otherwise the others would be held until the end of their turns for one that never comes.
   */
  sessionIsOver(session: number): void;
  /**
   * Waits for the strikes whose anchor was reached, heals what is still applied, gives up what has not been reached,
   * and resolves when all of that is recorded.
   */
  finish(): Promise<void>;
};

/**
 * How long a connection that a fault is about to end is given to be gone, once all turns have ended: what is asked next
 * is to find it gone, and not to meet its end halfway. A silent one stays, and costs this time.
 */
const GONE_MS = 100;

/** How long a change of a wire may take before the fault has failed. */
const APPLY_DEADLINE_MS = 5_000;

/** Arms every fault of a plan. No byte may have flowed yet, because each anchor counts from here. */
export function startFaultSchedule(options: FaultScheduleOptions): FaultSchedule {
  const ending = new AbortController();
  // Every fault waits for the end of the run, so there are as many listeners as faults, which the plan bounds.
  setMaxListeners(0, ending.signal, options.signal);
  const striking = new Set<Promise<void>>();
  const closing = new Set<Promise<void>>();
  const barriers: SessionBarrier[] = [];
  const underway = options.faults.flatMap((scheduled) => {
    const barrier = openSessionBarrier(sessionsOf(scheduled, options.wires));
    barriers.push(barrier);
    return armFault(scheduled, { options, striking, closing, barrier, ending: ending.signal });
  });
  return {
    sessionIsOver(session) {
      for (const barrier of barriers) barrier.leave(session);
    },
    async finish() {
      await resolvesBefore(Promise.all(striking), options.signal);
      if (closing.size > 0) {
        await resolvesBefore(settleWithin(options.clock, Promise.all(closing), GONE_MS), options.signal);
      }
      ending.abort(OVER);
      await Promise.all(underway);
    },
  };
}

/** One task for each session that the fault strikes; "all" strikes every one when the last has reached the anchor. */
function armFault(scheduled: ScheduledFault, shared: Omit<FaultTask, "scheduled" | "wire">): Promise<void>[] {
  const { wires } = shared.options;
  return sessionsOf(scheduled, wires).map(async (index) => {
    const wire = wires[index];
    assert(wire !== undefined, `fault ${scheduled.id} names session ${index}, which has no wire`);
    await runFault({ ...shared, scheduled, wire });
  });
}

function sessionsOf({ when }: ScheduledFault, wires: readonly Wire[]): readonly number[] {
  return when.place.session === "all" ? wires.map(({ session }) => session) : [when.place.session];
}

type FaultTask = {
  readonly scheduled: ScheduledFault;
  readonly wire: Wire;
  readonly barrier: SessionBarrier;
  readonly options: FaultScheduleOptions;
  /** Strikes whose anchor was reached and that have not struck yet. */
  readonly striking: Set<Promise<void>>;
  /** Connections that were struck and are not gone yet. */
  readonly closing: Set<Promise<void>>;
  readonly ending: AbortSignal;
};

async function runFault(task: FaultTask): Promise<void> {
  const { scheduled, wire, options, ending } = task;
  const { session } = wire;
  const armed = options.anchors.arm({ ...scheduled.when.place, session }, scheduled.when.at);
  const healing = armHealing(scheduled.heal, task);
  onceAborted(ending, () => armed.disarm("the run ended before its anchor was reached"));
  const outcome = await armed.outcome;
  if (outcome.kind === "missed") {
    task.barrier.leave(session);
    record(task, { kind: "fault-missed", id: scheduled.id, why: outcome.why });
  } else {
    recordReached(task, outcome.site);
    if (await task.barrier.arrive(session, ending)) await strike(task, { site: outcome.site, armed, healing });
    else record(task, { kind: "fault-missed", id: scheduled.id, why: "not every session reached its anchor" });
  }
  healing?.armed.disarm("the fault is over");
  armed.release();
}

/** The anchor that ends a fault. It holds the session only where there is something to be undone before it goes on. */
type Healing = { readonly armed: ArmedAnchor; isHolding: boolean };

/** The healing anchor counts from the start of the run like every other, so it is armed together with the fault. */
function armHealing(heal: Heal, { wire, scheduled, options }: FaultTask): Healing | undefined {
  if (heal.kind !== "at") return undefined;
  const armed = options.anchors.arm({ ...scheduled.when.place, session: wire.session }, heal.at);
  const healing: Healing = { armed, isHolding: false };
  void armed.outcome.then(() => {
    if (!healing.isHolding) armed.release();
  });
  return healing;
}

async function strike(
  task: FaultTask,
  reached: { readonly site: AnchorSite; readonly armed: ArmedAnchor; readonly healing: Healing | undefined },
): Promise<void> {
  const { scheduled, wire, options, ending } = task;
  const { healing } = reached;
  const reachedMs = options.recorder.nowMs();
  const isOfConnection = describeFault(scheduled.fault).scope === "connection";
  const connection = reached.site.connection ?? (isOfConnection ? wire.liveConnection() : undefined);
  const change = await applyInTime(task, { ...reached, connection });
  if (change === undefined) return;
  if (healing !== undefined) healing.isHolding = true;
  if (change.struck !== undefined) {
    reached.armed.release();
    const isOver = healing === undefined ? [] : [healing.armed.outcome.then(() => false)];
    if (!(await Promise.race([resolvesBefore(change.struck, ending), ...isOver]))) {
      await heal(task, change, ending.aborted ? "the run ended" : "its anchor was reached");
      const end = ending.aborted ? "the run ended" : "its end came";
      record(task, { kind: "fault-missed", id: scheduled.id, why: `${end} before it struck anything` });
      return;
    }
  }
  const delayMs = options.recorder.nowMs() - reachedMs;
  record(task, { kind: "fault-applied", id: scheduled.id, fault: { ...scheduled.fault }, delayMs }, connection);
  options.onDisturbance(wire.session);
  reached.armed.release();
  const why = await waitForHeal(task, connection, healing?.armed);
  // A fault with an end of its own is over then; one without was to be used up, and what is left of it never happened.
  const isOwed = scheduled.heal.kind === "never" || change.owesAlways === true;
  const shortfall = isOwed ? change.shortfall?.() : undefined;
  await heal(task, change, why);
  if (shortfall !== undefined) record(task, { kind: "fault-missed", id: scheduled.id, why: shortfall });
}

/** Waits out the trigger's delay and applies the fault; undefined where it failed, which is then recorded. */
async function applyInTime(
  task: FaultTask,
  { armed, connection }: { readonly armed: ArmedAnchor; readonly connection: number | undefined },
): Promise<AppliedChange | undefined> {
  const { scheduled, options, striking } = task;
  const { delayMs = 0 } = scheduled.when;
  const struck = createDeferred<void>();
  striking.add(struck.promise);
  try {
    if (delayMs > 0) {
      // Holding for the whole delay would stall the session, which is another fault than the one asked for.
      armed.release();
      await sleep(options.clock, delayMs, options.signal);
    }
    return await applyFault(task, connection);
  } catch (error) {
    record(task, { kind: "fault-failed", id: scheduled.id, why: messageOf(error) });
    return undefined;
  } finally {
    striking.delete(struck.promise);
    struck.resolve();
  }
}

async function applyFault(
  { scheduled, wire, options }: FaultTask,
  connection: number | undefined,
): Promise<AppliedChange> {
  const applier = options.appliers.get(scheduled.fault.kind);
  assert(applier !== undefined, `no applier for faults of kind ${scheduled.fault.kind}`);
  const { clock, target, client } = options;
  const applying = applier.apply(scheduled.fault, { wire, connection, clock, target, client });
  const change = await settleWithin(clock, applying, APPLY_DEADLINE_MS);
  if (change !== DEADLINE_PASSED) return change;
  // Nobody expects it any more when it comes late. That it may fail even then has been told by the failure itself.
  applying.then(async (late) => await late.undo()).catch(() => undefined);
  throw new Error(`it could not be applied within ${APPLY_DEADLINE_MS} ms`);
}

/** Resolves with the reason when the fault is to end. */
async function waitForHeal(
  { scheduled, wire, options, closing, ending }: FaultTask,
  connection: number | undefined,
  healing: ArmedAnchor | undefined,
): Promise<string> {
  const { heal: how } = scheduled;
  switch (how.kind) {
    case "after":
      await sleep(options.clock, how.delayMs, ending);
      return ending.aborted ? "the run ended" : `after ${how.delayMs} ms`;
    case "on-close": {
      if (connection === undefined) return "its connection is gone";
      const gone = wire.connectionGone(connection);
      closing.add(gone);
      const isGone = await resolvesBefore(gone, ending);
      closing.delete(gone);
      return isGone ? "its connection is gone" : "the run ended";
    }
    case "at": {
      onceAborted(ending, () => healing?.disarm("the run ended"));
      const outcome = await healing?.outcome;
      return outcome?.kind === "reached" ? "its anchor was reached" : "the run ended";
    }
    case "never":
      await resolvesBefore(new Promise(() => undefined), ending);
      return "the run ended";
  }
}

async function heal(task: FaultTask, change: AppliedChange, why: string): Promise<void> {
  const { scheduled, wire, options } = task;
  try {
    const undone = await settleWithin(options.clock, change.undo(), APPLY_DEADLINE_MS);
    if (undone === DEADLINE_PASSED) throw new Error(`it could not be undone within ${APPLY_DEADLINE_MS} ms`);
    record(task, { kind: "fault-healed", id: scheduled.id, why });
    options.onDisturbance(wire.session);
  } catch (error) {
    record(task, { kind: "fault-failed", id: scheduled.id, why: `healing it failed: ${messageOf(error)}` });
  }
}

function record(task: FaultTask, body: FaultEventBody, connection?: number): void {
  const { session } = task.wire;
  task.options.recorder.record({
    source: "fault",
    session,
    ...(connection === undefined ? {} : { connection }),
    ...body,
  });
}

function recordReached(task: FaultTask, { connection, ...where }: AnchorSite): void {
  const { id, when } = task.scheduled;
  record(task, { kind: "fault-reached", id, at: when.at, ...where }, connection);
}

function onceAborted(signal: AbortSignal, act: () => void): void {
  if (signal.aborted) act();
  else signal.addEventListener("abort", act, { once: true });
}
