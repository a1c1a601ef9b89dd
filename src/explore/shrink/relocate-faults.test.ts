import { describe, expect, it } from "vitest";

import type { ScheduledFault } from "../../plan/fault.ts";
import type { Anchor } from "../../plan/trigger.ts";
import { type SessionOfPlan, withSession } from "./relocate-faults.ts";
import { cutAt, planOf, pointOf, turnOf } from "./shrink-fixture.test-support.ts";

const SESSION: SessionOfPlan = {
  turns: [turnOf("first", ["a"], ["b", "c"]), turnOf("second"), turnOf("third", ["d"])],
};

/** The session without some of its turns. */
function withoutTurns(...texts: readonly string[]): SessionOfPlan {
  return { turns: SESSION.turns.filter(({ userText }) => !texts.includes(userText)) };
}

/** What becomes of a fault when its session has less in it. */
function relocated(fault: ScheduledFault, smaller: SessionOfPlan): ScheduledFault | undefined {
  return withSession(planOf([SESSION], [fault]), 0, smaller).faults[0];
}

function anchorAfter(at: Anchor, smaller: SessionOfPlan): Anchor | undefined {
  return relocated(cutAt("f", 0, at), smaller)?.when.at;
}

const created = (occurrence: number): Anchor => ({
  kind: "event",
  direction: "to-client",
  type: "response.created",
  occurrence,
  edge: "after",
});

describe("a fault whose session loses turns", () => {
  it.each([
    { at: pointOf("P6", 4), without: ["first"], moved: pointOf("P6", 1), why: "the call d is the first one now" },
    { at: pointOf("P6", 4), without: ["second"], moved: pointOf("P6", 4), why: "no call was left out before it" },
    { at: pointOf("P12", 5), without: ["first"], moved: pointOf("P12", 2), why: "three deltas of text are gone" },
    { at: pointOf("P13", 3), without: ["first", "second"], moved: pointOf("P13", 1), why: "two turns are gone" },
    { at: pointOf("P0", 1), without: ["first"], moved: pointOf("P0", 1), why: "the session still dials first" },
    { at: pointOf("P0", 3), without: ["first"], moved: pointOf("P0", 3), why: "dials are no part of the script" },
    { at: pointOf("P13", 5), without: ["second"], moved: pointOf("P13", 4), why: "it came by trying again" },
    { at: created(6), without: ["first"], moved: created(3), why: "three responses are gone" },
  ])("strikes where it struck: $why", ({ at, without, moved }) => {
    expect(anchorAfter(at, withoutTurns(...without))).toEqual(moved);
  });

  it("goes with the turn that it struck in", () => {
    expect(relocated(cutAt("f", 0, pointOf("P6", 4)), withoutTurns("third"))).toBeUndefined();
    expect(relocated(cutAt("f", 0, created(4)), withoutTurns("second"))).toBeUndefined();
  });

  it("keeps its number of bytes, and moves the message that decides", () => {
    const bytes: Anchor = { kind: "bytes", direction: "to-client", sizeBytes: 900 };
    expect(anchorAfter(bytes, withoutTurns("first"))).toEqual(bytes);
    const event = { kind: "event", direction: "to-client", type: "response.created", edge: "after" } as const;
    const both: Anchor = { ...bytes, event: { ...event, occurrence: 6 } };
    expect(anchorAfter(both, withoutTurns("first"))).toEqual({ ...bytes, event: { ...event, occurrence: 3 } });
    expect(anchorAfter(both, withoutTurns("third"))).toBeUndefined();
  });

  it("keeps the number of a message that the script does not tell of", () => {
    const pong: Anchor = { kind: "event", direction: "to-server", type: "ping", occurrence: 3, edge: "before" };
    expect(anchorAfter(pong, withoutTurns("first"))).toEqual(pong);
  });

  it("heals where it healed, or with the run where that place is gone", () => {
    const fault: ScheduledFault = {
      ...cutAt("f", 0, pointOf("P3", 1)),
      fault: { kind: "freeze" },
      heal: { kind: "at", at: pointOf("P14", 3) },
    };
    expect(relocated(fault, withoutTurns("second"))?.heal).toEqual({ kind: "at", at: pointOf("P14", 2) });
    expect(relocated(fault, withoutTurns("third"))?.heal).toEqual({ kind: "never" });
  });
});

describe("a fault whose session loses calls", () => {
  const [first, ...rest] = SESSION.turns;
  const last = first?.script.steps.at(-1);
  const steps = last === undefined ? [] : [{ calls: [{ operation: "c" }] }, last];
  const withoutAB: SessionOfPlan = { turns: [{ userText: "first", script: { steps } }, ...rest] };

  it.each([
    { at: pointOf("P6", 3), moved: pointOf("P6", 1), why: "of c" },
    { at: pointOf("P9", 4), moved: pointOf("P9", 2), why: "of d" },
    { at: pointOf("P10", 2), moved: pointOf("P10", 1), why: "behind the step of b and c" },
  ])("strikes where it struck: $why", ({ at, moved }) => {
    expect(anchorAfter(at, withoutAB)).toEqual(moved);
  });

  it("goes with the call, or with the step that had no other", () => {
    expect(anchorAfter(pointOf("P6", 2), withoutAB)).toBeUndefined();
    // The create behind a's step is the second one of the turn; the step and its answer are gone.
    expect(anchorAfter(pointOf("P7", 1), withoutAB)).toBeUndefined();
  });

  it("comes as far into a part as there still is", () => {
    const [turn] = withoutAB.turns;
    if (turn === undefined) throw new RangeError("no turn");
    const brief = {
      turns: [{ ...turn, script: { steps: turn.script.steps.map((step) => ({ ...step, deltas: 1 })) } }],
    };
    expect(anchorAfter(pointOf("P12", 3), brief)).toEqual(pointOf("P12", 1));
  });
});

describe("a fault that is not of that session", () => {
  it("stays as it is, also one of all sessions where there are several", () => {
    const faults = [cutAt("other", 1, pointOf("P6", 4)), cutAt("all", "all", pointOf("P13", 3))];
    const plan = planOf([SESSION, SESSION], faults);
    expect(withSession(plan, 0, withoutTurns("first")).faults).toEqual(faults);
  });

  it("moves where all sessions are the one", () => {
    const plan = planOf([SESSION], [cutAt("all", "all", pointOf("P13", 3))]);
    expect(withSession(plan, 0, withoutTurns("first")).faults).toEqual([cutAt("all", "all", pointOf("P13", 2))]);
  });
});
