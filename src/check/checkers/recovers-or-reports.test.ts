import { describe, expect, it } from "vitest";

import {
  completeProbe,
  endTurn,
  type HistoryFixture,
  inSession,
  judge,
  openFixture,
  overdueTurn,
  record,
  startTurn,
} from "../history-fixture.test-support.ts";
import { recoversOrReports } from "./recovers-or-reports.ts";

function strike(fixture: HistoryFixture): number {
  return record(fixture, { source: "fault", kind: "fault-applied", id: "cut", fault: {}, delayMs: 0 });
}

function exit(fixture: HistoryFixture): number {
  return record(fixture, { source: "client", kind: "client-exited", code: 7, signal: null, expected: false });
}

describe("every turn recovers or reports (INV-23)", () => {
  it("holds where one turn completed and one failed with a cause", () => {
    const fixture = openFixture();
    startTurn(fixture, 0);
    strike(fixture);
    endTurn(fixture, 0);
    startTurn(fixture, 1);
    endTurn(fixture, 1, { cause: "not sent again after visible output" });
    completeProbe(fixture, 2);
    expect(judge(recoversOrReports, fixture)).toMatchObject({
      outcome: "holds",
      message: "each of 2 turns ended in time",
    });
  });

  it("is violated where a turn is still open at its deadline, and shows the last fault before it", () => {
    const fixture = openFixture();
    const started = startTurn(fixture, 0);
    strike(fixture);
    const last = strike(fixture);
    const overdue = overdueTurn(fixture, 0);
    strike(fixture);
    expect(judge(recoversOrReports, fixture)).toMatchObject({
      outcome: "violated",
      message: "session 0: turn 0 was still open 700 ms after the last disturbance",
      evidence: [started, last, overdue],
    });
  });

  it("is violated where the turn ended after all, but too late", () => {
    const fixture = openFixture();
    startTurn(fixture, 0);
    overdueTurn(fixture, 0);
    endTurn(fixture, 0, { cause: "cancelled" });
    expect(judge(recoversOrReports, fixture).outcome).toBe("violated");
  });

  it.each(["", "  "])("is violated where a turn failed without a cause (%j)", (cause) => {
    const fixture = openFixture();
    const started = startTurn(fixture, 0);
    const ended = endTurn(fixture, 0, { cause });
    expect(judge(recoversOrReports, fixture)).toMatchObject({ outcome: "violated", evidence: [started, ended] });
  });

  it("is violated where the client's process ended during the turn", () => {
    const fixture = openFixture();
    const started = startTurn(fixture, 0);
    const exited = exit(fixture);
    expect(judge(recoversOrReports, fixture)).toMatchObject({
      outcome: "violated",
      message: "session 0: turn 0 ended with the client's process",
      evidence: [started, exited],
    });
  });

  it("is unknown where a limit of the plan ended the run: it is no promise of the client", () => {
    const fixture = openFixture();
    const started = startTurn(fixture, 0);
    const limit = record(fixture, { source: "harness", kind: "limit-reached", limit: "eventsMax", value: 100 });
    expect(judge(recoversOrReports, fixture)).toMatchObject({
      outcome: "unknown",
      message:
        "session 0: turn 0 was not over when the run reached its limit eventsMax (100): " +
        "either the client floods, or the plan needs a higher limit",
      evidence: [started, limit],
    });
  });

  it("is violated for the turn that was overdue before the limit came", () => {
    const fixture = openFixture();
    startTurn(fixture, 0);
    overdueTurn(fixture, 0);
    record(fixture, { source: "harness", kind: "limit-reached", limit: "runMs", value: 2_000 });
    exit(fixture);
    expect(judge(recoversOrReports, fixture).outcome).toBe("violated");
  });

  it("is unknown where the run was over before the turn was", () => {
    const fixture = openFixture();
    const started = startTurn(fixture, 0);
    expect(judge(recoversOrReports, fixture)).toMatchObject({ outcome: "unknown", evidence: [started] });
  });

  it("judges each session by its own faults", () => {
    const fixture = openFixture();
    const other = inSession(fixture, 1);
    const started = startTurn(fixture, 0);
    startTurn(other, 0);
    strike(other);
    endTurn(other, 0);
    const overdue = overdueTurn(fixture, 0);
    expect(judge(recoversOrReports, fixture)).toMatchObject({ outcome: "violated", evidence: [started, overdue] });
  });

  it("is not exercised where no turn but the probe was begun", () => {
    const fixture = openFixture();
    completeProbe(fixture, 0);
    expect(judge(recoversOrReports, fixture)).toMatchObject({ outcome: "not-exercised", evidence: [] });
  });
});
