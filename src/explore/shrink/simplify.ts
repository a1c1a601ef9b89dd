import { keyOfAnchor, marksOfSession } from "../../generate/script-marks.ts";
import type { ScheduledFault } from "../../plan/fault.ts";
import type { Plan } from "../../plan/plan.ts";
import { type Anchor, AnchorSchema } from "../../plan/trigger.ts";
import { chunksOf } from "./chunks.ts";
import { withEdits } from "./edits.ts";
import { sitesOfFaults } from "./fault-sites.ts";
import type { Candidate, ShrinkPass } from "./pass.ts";
import { sitesOfWorkload } from "./workload-sites.ts";

/** Makes details as simple as they can be: all of them at once, then half of them, and at last each alone. */
export const simplifyDetails: ShrinkPass = (plan) => {
  const simplest = [...sitesOfWorkload(plan), ...sitesOfFaults(plan)].map((site) => site.simplest);
  return chunksOf(simplest.length, simplest.length).map(
    ([from, to]) =>
      () =>
        withEdits(plan, simplest.slice(from, to)),
  );
};

/** Makes details simpler one by one where they could not be as simple as can be. */
export const lowerDetails: ShrinkPass = (plan) =>
  [...sitesOfFaults(plan), ...sitesOfWorkload(plan)]
    .flatMap(({ between }) => between)
    .map((edit) => () => withEdits(plan, [edit]));

/** Lets faults strike at an earlier point of their session, the earliest first. */
export const strikeEarlier: ShrinkPass = (plan) =>
  plan.faults.flatMap((scheduled, index) => {
    // Further away from where it strikes, its place would say less of that.
    if (scheduled.when.delayMs !== undefined) return [];
    return earlierPoints(scheduled, plan).map((point): Candidate => {
      const path = ["faults", index, "when", "at"];
      return () => withEdits(plan, [{ path, value: { kind: "point", point, occurrence: 1 } }]);
    });
  });

/**
 * Lets faults strike at a point of their session instead of behind a number of bytes, which says nothing to a reader and
 * holds for no session that has less in it, or some time behind a place, which a wall clock cannot have again.
 */
export const strikeAtPoint: ShrinkPass = (plan) =>
  plan.faults.flatMap(({ when }, index) => {
    // Where a message decides, there is no need to.
    const isOfBytes = when.at.kind === "bytes" && when.at.event === undefined;
    if (!isOfBytes && when.delayMs === undefined) return [];
    const path = ["faults", index, "when"];
    return [...(isOfBytes ? [] : [when.at]), ...pointsOf(when, plan)].map(
      (at): Candidate =>
        () =>
          withEdits(plan, [{ path, value: { place: when.place, at } }]),
    );
  });

/** The points that an undisturbed session comes to, in order; of what comes several times in a row the first. */
function pointsOf({ place }: ScheduledFault["when"], { workload }: Plan): readonly Anchor[] {
  const session = workload.sessions[place.session === "all" ? 0 : place.session];
  const counts = new Map<string, number>();
  return marksOfSession(session ?? { turns: [] }).flatMap(({ key, times }): readonly Anchor[] => {
    const before = counts.get(key) ?? 0;
    counts.set(key, before + times);
    const { data } = AnchorSchema.safeParse({ kind: "point", point: key, occurrence: before + 1 });
    return data === undefined || times === 0 ? [] : [data];
  });
}

/** The points that an undisturbed session comes to for the first time before it comes to the fault's. */
function earlierPoints({ when }: ScheduledFault, { workload }: Plan): readonly string[] {
  const session = workload.sessions[when.place.session === "all" ? 0 : when.place.session];
  const key = keyOfAnchor(when.at);
  if (session === undefined || when.at.kind !== "point" || key === undefined) return [];
  const marks = marksOfSession(session);
  const reached = marks.findIndex((mark) => mark.key === key);
  // A point that the script does not lead to may have been reached by trying again, or in what has been left out.
  const points = marks.slice(0, reached === -1 ? marks.length : reached).map((mark) => mark.key);
  return [...new Set(points)].filter((name) => /^P\d+$/.test(name));
}
