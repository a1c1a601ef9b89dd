import { isDeepStrictEqual } from "node:util";

import type { ScheduledFault } from "../../plan/fault.ts";
import { describeFault } from "../../plan/fault-catalogue.ts";
import type { Plan } from "../../plan/plan.ts";
import type { Anchor } from "../../plan/trigger.ts";
import { type Chunk, chunksOf, withoutChunk } from "./chunks.ts";
import type { Candidate, ShrinkPass } from "./pass.ts";
import { type SessionOfPlan, withSession } from "./relocate-faults.ts";

/** Leaves sessions out, with the faults that strike them; the sessions behind them move up. */
export const dropSessions: ShrinkPass = (plan) => {
  const { sessions } = plan.workload;
  return chunksOf(sessions.length, sessions.length - 1).map((chunk) => () => withoutSessions(plan, chunk));
};

function withoutSessions(plan: Plan, chunk: Chunk): Plan {
  const [from, to] = chunk;
  const faults = plan.faults.flatMap((scheduled): readonly ScheduledFault[] => {
    const { session } = scheduled.when.place;
    if (session === "all" || session < from) return [scheduled];
    if (session < to) return [];
    const place = { ...scheduled.when.place, session: session - (to - from) };
    return [{ ...scheduled, when: { ...scheduled.when, place } }];
  });
  return { ...plan, workload: { sessions: withoutChunk(plan.workload.sessions, chunk) }, faults };
}

/**
 * Leaves faults out, even all of them: a client may fail without. What is left strikes where it did, and where that
 * fails no more, what needs no connection strikes at the first dial: the dial that it waited for may have been made
 * because of a fault that is gone.
 */
export const dropFaults: ShrinkPass = (plan) =>
  chunksOf(plan.faults.length, plan.faults.length).flatMap((chunk) => {
    const faults = withoutChunk(plan.faults, chunk);
    const atFirstDial = faults.map(strikeAtFirstDial);
    const isSame = atFirstDial.every((fault, index) => fault === faults[index]);
    return [() => ({ ...plan, faults }), ...(isSame ? [] : [() => ({ ...plan, faults: atFirstDial })])];
  });

const FIRST_DIAL: Anchor = { kind: "point", point: "P0", occurrence: 1 };

function strikeAtFirstDial(scheduled: ScheduledFault): ScheduledFault {
  const { fault, when } = scheduled;
  if (describeFault(fault).scope === "connection" || isDeepStrictEqual(when.at, FIRST_DIAL)) return scheduled;
  const { connection: _connection, lane: _lane, ...place } = when.place;
  return { ...scheduled, when: { place, at: FIRST_DIAL } };
}

/** Leaves turns out: of every session at once, then of each. */
export const dropTurns: ShrinkPass = (plan) => {
  const { sessions } = plan.workload;
  const longest = Math.max(...sessions.map(({ turns }) => turns.length));
  const ofEvery = sessions.length === 1 ? [] : chunksOf(longest, longest - 1).map((chunk) => () => ofAll(plan, chunk));
  const ofEach = sessions.flatMap((session, index) =>
    chunksOf(session.turns.length, session.turns.length - 1).flatMap((chunk) =>
      withAndWithoutRelocation(plan, index, () => withoutTurns(session, chunk)),
    ),
  );
  return [...ofEvery, ...ofEach];
};

function ofAll(plan: Plan, chunk: Chunk): Plan {
  let smaller = plan;
  for (const [index, session] of plan.workload.sessions.entries()) {
    smaller = withSession(smaller, index, withoutTurns(session, chunk));
  }
  return smaller;
}

/** A session of which nothing would be left stays as it is. */
function withoutTurns(session: SessionOfPlan, chunk: Chunk): SessionOfPlan {
  const turns = withoutChunk(session.turns, chunk);
  return turns.length === 0 ? session : { turns };
}

/** Leaves tool calls out, and the steps that had no other. */
export const dropCalls: ShrinkPass = (plan) =>
  plan.workload.sessions.flatMap((session, index) => {
    const operations = session.turns.flatMap(({ script }) =>
      script.steps.flatMap(({ calls = [] }) => calls.map(({ operation }) => operation)),
    );
    return chunksOf(operations.length, operations.length).flatMap((chunk) => {
      const left = new Set(withoutChunk(operations, chunk));
      return withAndWithoutRelocation(plan, index, () => withCalls(session, left));
    });
  });

function withCalls({ turns }: SessionOfPlan, operations: ReadonlySet<string>): SessionOfPlan {
  return {
    turns: turns.map((turn) => ({
      ...turn,
      script: {
        steps: turn.script.steps.flatMap((step) => {
          if (step.calls === undefined) return [step];
          const calls = step.calls.filter(({ operation }) => operations.has(operation));
          return calls.length === 0 ? [] : [{ ...step, calls }];
        }),
      },
    })),
  };
}

/**
 * The anchors moved with what they stand at, and then as they are: where faults made the client try again, the numbers of
 * its anchors are not those of the script, and an anchor that stood in what is gone may find something like it elsewhere.
 */
function withAndWithoutRelocation(plan: Plan, index: number, smaller: () => SessionOfPlan): readonly Candidate[] {
  const sessionsWith = (): readonly SessionOfPlan[] => plan.workload.sessions.with(index, smaller());
  return [() => withSession(plan, index, smaller()), () => ({ ...plan, workload: { sessions: sessionsWith() } })];
}
