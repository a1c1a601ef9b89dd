import { describe, expect, it } from "vitest";

import type { FaultEventBody } from "../history/event.ts";
import { faultStates } from "./fault-states.ts";
import { inSession, openFixture, planOf, record } from "./history-fixture.test-support.ts";

const REACHED: FaultEventBody = {
  kind: "fault-reached",
  id: "cut",
  at: { kind: "point", point: "P6", occurrence: 1 },
  heldBy: "server-face",
};
const APPLIED: FaultEventBody = { kind: "fault-applied", id: "cut", fault: {}, delayMs: 0 };
const HEALED: FaultEventBody = { kind: "fault-healed", id: "cut", why: "its connection is gone" };
const MISSED: FaultEventBody = { kind: "fault-missed", id: "cut", why: "the run ended before its anchor was reached" };
const FAILED: FaultEventBody = { kind: "fault-failed", id: "cut", why: "the proxy refused it" };

function stateAfter(...bodies: readonly FaultEventBody[]): ReturnType<typeof faultStates> {
  const fixture = openFixture();
  for (const body of bodies) record(fixture, { source: "fault", ...body });
  return faultStates(planOf("cut"), fixture.events);
}

describe("what became of a fault", () => {
  it("fired where it was applied, with all events that tell of it", () => {
    expect(stateAfter(REACHED, APPLIED, HEALED)).toEqual([{ id: "cut", state: "fired", events: [2, 3, 4] }]);
  });

  it("missed with the reason that was recorded", () => {
    expect(stateAfter(MISSED)).toEqual([{ id: "cut", state: "missed", why: MISSED.why, events: [2] }]);
  });

  it("missed where it left no trace, or was only reached", () => {
    const why = "the history does not tell of it";
    expect(stateAfter()).toEqual([{ id: "cut", state: "missed", why, events: [] }]);
    expect(stateAfter(REACHED)).toMatchObject([{ state: "missed", why }]);
  });

  it("missed where a part of it was not used up, though it was applied", () => {
    expect(stateAfter(REACHED, APPLIED, HEALED, MISSED)).toMatchObject([{ state: "missed", why: MISSED.why }]);
  });

  it("failed where the wire refused it, or refused to heal it", () => {
    expect(stateAfter(REACHED, FAILED)).toMatchObject([{ state: "failed", why: "the proxy refused it" }]);
    expect(stateAfter(REACHED, APPLIED, FAILED)).toMatchObject([{ state: "failed", events: [2, 3, 4] }]);
  });

  it("missed where it struck one of its sessions and not another", () => {
    const fixture = openFixture();
    record(fixture, { source: "fault", ...APPLIED });
    record(inSession(fixture, 1), { source: "fault", ...MISSED });
    expect(faultStates(planOf("cut"), fixture.events)).toMatchObject([{ state: "missed", events: [2, 3] }]);
  });

  it("is told for every fault of the plan, in its order, each by its own events", () => {
    const fixture = openFixture();
    record(fixture, { source: "fault", ...APPLIED, id: "second" });
    expect(faultStates(planOf("first", "second"), fixture.events)).toMatchObject([
      { id: "first", state: "missed", events: [] },
      { id: "second", state: "fired", events: [2] },
    ]);
    expect(faultStates(planOf(), fixture.events)).toEqual([]);
  });
});
