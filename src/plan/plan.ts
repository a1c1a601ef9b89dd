import { z } from "zod";

import { type SessionScript, SessionScriptSchema } from "../protocol/model-script.ts";
import { type ScheduledFault, scheduledFaultSchema } from "./fault.ts";
import { describeFault, FaultSchema } from "./fault-catalogue.ts";
import { type Anchor, decidingAnchor } from "./trigger.ts";

/** The conversations of a run: sessions × turns, each turn with what the user says and what the model then does. */
export type Workload = { readonly sessions: readonly SessionScript[] };

/** Hard bounds of a run. Reaching one ends the run and is an event of its history. */
export type Limits = {
  /** Milliseconds from the start to the end of the run. */
  readonly runMs: number;
  /** Events of the history. */
  readonly eventsMax: number;
  /** Bytes over all wires in both directions. */
  readonly bytesMax: number;
  readonly sessionsMax: number;
};

/**
 * A run, fully spelled out: it names each fault, not the dice that chose it.
 *
 * Its JSON is the file format; `formatVersion` is 1.
 */
export type Plan = {
  readonly formatVersion: 1;
  /** Every random stream of the run is forked from it by label. 0..4294967295. */
  readonly seed: number;
  readonly workload: Workload;
  readonly faults: readonly ScheduledFault[];
  readonly limits: Limits;
};

/** Bounds that suit a session of a few turns; a plan of your own may say others. */
export const DEFAULT_LIMITS: Limits = { runMs: 120_000, eventsMax: 200_000, bytesMax: 100_000_000, sessionsMax: 64 };

const LimitsSchema: z.ZodType<Limits> = z.strictObject({
  runMs: z.number().int().min(1).max(86_400_000),
  eventsMax: z.number().int().min(100).max(10_000_000),
  bytesMax: z.number().int().min(1_000).max(10_000_000_000),
  sessionsMax: z.number().int().min(1).max(10_000),
});

/** The shape of a plan, with everything that its parts must agree on. */
export const PlanSchema: z.ZodType<Plan> = z
  .strictObject({
    formatVersion: z.literal(1),
    seed: z.number().int().min(0).max(4_294_967_295),
    workload: z.strictObject({ sessions: z.array(SessionScriptSchema).min(1).max(10_000) }),
    faults: z.array(scheduledFaultSchema(FaultSchema)).max(10_000),
    limits: LimitsSchema,
  })
  .superRefine((plan, context) => {
    if (plan.workload.sessions.length > plan.limits.sessionsMax) {
      context.addIssue({
        code: "custom",
        path: ["workload", "sessions"],
        message: `${plan.workload.sessions.length} sessions, but limits.sessionsMax is ${plan.limits.sessionsMax}`,
      });
    }
    const idsSeen = new Set<string>();
    for (const [index, scheduled] of plan.faults.entries()) {
      for (const [path, message] of faultProblems(scheduled, plan.workload.sessions.length, idsSeen)) {
        context.addIssue({ code: "custom", path: ["faults", index, ...path], message });
      }
      idsSeen.add(scheduled.id);
    }
  });

type Problem = readonly [path: readonly (string | number)[], message: string];

function faultProblems(scheduled: ScheduledFault, sessionCount: number, idsSeen: ReadonlySet<string>): Problem[] {
  const problems: Problem[] = [];
  const { id, when, fault, heal } = scheduled;
  if (idsSeen.has(id)) problems.push([["id"], `"${id}" is the id of an earlier fault`]);
  const { session } = when.place;
  if (session !== "all" && session >= sessionCount) {
    problems.push([
      ["when", "place", "session"],
      `session ${session} does not exist; there are ${sessionCount}, from 0`,
    ]);
  }
  if (describeFault(fault).layer === "frame" && splitsFrame(when.at)) {
    problems.push([
      ["when", "at"],
      `a "${fault.kind}" fault needs a place between two frames: use an event with edge "before" or "after", or a point`,
    ]);
  }
  if (heal.kind === "on-close" && describeFault(fault).scope !== "connection") {
    problems.push([["heal"], `a "${fault.kind}" fault has no connection of its own; use "after", "at" or "never"`]);
  }
  return problems;
}

function splitsFrame(anchor: Anchor): boolean {
  const deciding = decidingAnchor(anchor);
  return deciding.kind === "bytes" || (deciding.kind === "event" && deciding.edge === "inside");
}
