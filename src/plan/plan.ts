import { z } from "zod";

import { isJsonObject, objectMember } from "../protocol/json.ts";
import { type SessionScript, SessionScriptSchema } from "../protocol/model-script.ts";
import { type ScheduledFault, scheduledFaultSchema } from "./fault.ts";
import { describeFault, FaultSchema, issueAgain } from "./fault-catalogue.ts";
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

const ScheduledFaultSchema = scheduledFaultSchema(FaultSchema);
const FAULTS_MAX = 10_000;

const PlanShapeSchema: z.ZodType<Plan> = z.strictObject({
  formatVersion: z.literal(1),
  seed: z.number().int().min(0).max(4_294_967_295),
  workload: z.strictObject({ sessions: z.array(SessionScriptSchema).min(1).max(10_000) }),
  faults: z.array(ScheduledFaultSchema).max(FAULTS_MAX),
  limits: LimitsSchema,
});

/** The shape of a plan, with everything that its parts must agree on. */
export const PlanSchema: z.ZodType<Plan> = z.unknown().transform((value, context): Plan => {
  const parsed = PlanShapeSchema.safeParse(value);
  for (const issue of parsed.error?.issues ?? []) context.addIssue(issueAgain(issue));
  // What the parts disagree about is told together with what is wrong in each of them.
  for (const [path, message] of disagreements(value)) context.addIssue({ code: "custom", path: [...path], message });
  return parsed.success ? parsed.data : z.NEVER;
});

/** Reads no more of a plan than has the right shape, because the rest of it may be anything. */
function disagreements(plan: unknown): Problem[] {
  if (!isJsonObject(plan)) return [];
  const sessions = objectMember(plan, "workload")?.["sessions"];
  const sessionCount = Array.isArray(sessions) ? sessions.length : undefined;
  const sessionsMax = objectMember(plan, "limits")?.["sessionsMax"];
  const problems: Problem[] = [];
  if (sessionCount !== undefined && typeof sessionsMax === "number" && sessionCount > sessionsMax) {
    const message = `${sessionCount} sessions, but limits.sessionsMax is ${sessionsMax}`;
    problems.push([["workload", "sessions"], message]);
  }
  const idsSeen = new Set<string>();
  const faults: readonly unknown[] = Array.isArray(plan["faults"]) ? plan["faults"].slice(0, FAULTS_MAX) : [];
  for (const [index, fault] of faults.entries()) {
    const { data: scheduled } = ScheduledFaultSchema.safeParse(fault);
    if (scheduled === undefined) continue;
    for (const [path, message] of faultProblems(scheduled, sessionCount, idsSeen)) {
      problems.push([["faults", index, ...path], message]);
    }
    idsSeen.add(scheduled.id);
  }
  return problems;
}

type Problem = readonly [path: readonly (string | number)[], message: string];

function faultProblems(
  scheduled: ScheduledFault,
  sessionCount: number | undefined,
  idsSeen: ReadonlySet<string>,
): Problem[] {
  const problems: Problem[] = [];
  const { id, when, fault, heal } = scheduled;
  if (idsSeen.has(id)) problems.push([["id"], `"${id}" is the id of an earlier fault`]);
  const { session } = when.place;
  if (session !== "all" && sessionCount !== undefined && session >= sessionCount) {
    problems.push([
      ["when", "place", "session"],
      `session ${session} does not exist; there are ${sessionCount}, from 0`,
    ]);
  }
  const { appliedBy, scope } = describeFault(fault);
  if (appliedBy === "face" && scope === "connection" && splitsFrame(when.at)) {
    problems.push([
      ["when", "at"],
      `a "${fault.kind}" fault needs a place between two frames: use an event with edge "before" or "after", or a point`,
    ]);
  }
  if (appliedBy === "face" && scope === "connection" && when.at.kind === "point" && when.at.point === "P0") {
    problems.push([
      ["when", "at"],
      `a "${fault.kind}" fault needs an upgraded connection, and at P0 there is none yet`,
    ]);
  }
  if (appliedBy === "client-process" && session === "all") {
    problems.push([
      ["when", "place", "session"],
      `a "${fault.kind}" fault strikes the one process of all sessions; name the session whose anchor says when`,
    ]);
  }
  if (heal.kind === "on-close" && scope !== "connection") {
    problems.push([["heal"], `a "${fault.kind}" fault has no connection of its own; use "after", "at" or "never"`]);
  }
  return problems;
}

function splitsFrame(anchor: Anchor): boolean {
  const deciding = decidingAnchor(anchor);
  return deciding.kind === "bytes" || (deciding.kind === "event" && deciding.edge === "inside");
}
