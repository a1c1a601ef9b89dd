import { keyOfAnchor, marksOfSession, type ScriptMark } from "../../generate/script-marks.ts";
import type { Heal, ScheduledFault } from "../../plan/fault.ts";
import type { Plan } from "../../plan/plan.ts";
import { type Anchor, decidingAnchor } from "../../plan/trigger.ts";

/** One session of a plan: what it is asked and what the model does. */
export type SessionOfPlan = Plan["workload"]["sessions"][number];

/**
 * Puts a session with less in it in the place of one, and moves the anchors of its faults to where they were in it.
 *
 * Anchors count over the whole session, so an anchor in the second turn says another number when the first one is gone.
 * A fault whose place was left out goes with it. An anchor beyond what the script alone leads to, because a fault made
 * the client try again, moves by as much as was left out.
 */
export function withSession(plan: Plan, index: number, session: SessionOfPlan): Plan {
  const old = plan.workload.sessions[index];
  if (old === undefined) return plan;
  const sessions = plan.workload.sessions.with(index, session);
  const marks = { before: marksOfSession(old), after: marksOfSession(session, old) };
  // An instant of all sessions is not moved by one of them.
  const isItsOwn = ({ when }: ScheduledFault): boolean =>
    when.place.session === index || (when.place.session === "all" && sessions.length === 1);
  const faults = plan.faults.flatMap((fault) => (isItsOwn(fault) ? (relocateFault(fault, marks) ?? []) : fault));
  return { ...plan, workload: { sessions }, faults };
}

type Marks = { readonly before: readonly ScriptMark[]; readonly after: readonly ScriptMark[] };

function relocateFault(scheduled: ScheduledFault, marks: Marks): ScheduledFault | undefined {
  const at = relocateAnchor(scheduled.when.at, marks);
  if (at === undefined) return undefined;
  return { ...scheduled, when: { ...scheduled.when, at }, heal: relocateHeal(scheduled.heal, marks) };
}

/** What was to heal at a place that is gone heals with the run. */
function relocateHeal(heal: Heal, marks: Marks): Heal {
  if (heal.kind !== "at") return heal;
  const at = relocateAnchor(heal.at, marks);
  return at === undefined ? { kind: "never" } : { kind: "at", at };
}

function relocateAnchor(anchor: Anchor, marks: Marks): Anchor | undefined {
  const deciding = decidingAnchor(anchor);
  const key = keyOfAnchor(anchor);
  if (deciding.kind === "bytes" || key === undefined) return anchor;
  const occurrence = relocateOccurrence(deciding.occurrence, {
    before: marks.before.filter((mark) => mark.key === key),
    after: marks.after.filter((mark) => mark.key === key),
  });
  if (occurrence === undefined) return undefined;
  if (anchor.kind !== "bytes") return { ...anchor, occurrence };
  return anchor.event === undefined ? anchor : { ...anchor, event: { ...anchor.event, occurrence } };
}

/** Where the n-th of something is now: in the same part of the script, and as far into it as there still is. */
function relocateOccurrence(occurrence: number, { before, after }: Marks): number | undefined {
  let rest = occurrence;
  for (const { part, times } of before) {
    if (rest <= times) return occurrenceIn(part, rest, after);
    rest -= times;
  }
  return rest + total(after);
}

function occurrenceIn(part: string, nth: number, marks: readonly ScriptMark[]): number | undefined {
  const index = marks.findIndex((mark) => mark.part === part && mark.times > 0);
  const found = marks[index];
  return found === undefined ? undefined : total(marks.slice(0, index)) + Math.min(nth, found.times);
}

function total(marks: readonly ScriptMark[]): number {
  return marks.reduce((sum, { times }) => sum + times, 0);
}
