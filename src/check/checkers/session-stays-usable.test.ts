import { describe, expect, it } from "vitest";

import { DEFAULT_CONTRACT } from "../../plan/contract.ts";

import {
  completeProbe,
  endTurn,
  type HistoryFixture,
  inSession,
  judge,
  openFixture,
  overdueTurn,
  record,
  respond,
  says,
  startTurn,
  user,
} from "../history-fixture.test-support.ts";
import { sessionStaysUsable } from "./session-stays-usable.ts";

function refuse(fixture: HistoryFixture): number {
  return record(fixture, { source: "target", kind: "target-event", name: "create-refused", details: { status: 400 } });
}

function exit(fixture: HistoryFixture): number {
  return record(fixture, { source: "client", kind: "client-exited", code: null, signal: "SIGSEGV", expected: false });
}

describe("a session stays usable (INV-24)", () => {
  it("holds where the probe completed, also where the turn before it failed with an explicit error", () => {
    const fixture = openFixture();
    startTurn(fixture, 0);
    respond(fixture, { id: "r1", input: [user("hello")], output: [says("h")], completed: "never" });
    endTurn(fixture, 0, { cause: "not sent again after visible output" });
    completeProbe(fixture, 1);
    expect(judge(sessionStaysUsable, fixture)).toMatchObject({
      outcome: "holds",
      message: "the probe turn completed in the session",
    });
  });

  it("is violated where the probe failed, and shows what the target refused", () => {
    const fixture = openFixture();
    startTurn(fixture, 0);
    refuse(fixture);
    endTurn(fixture, 0, { cause: "400" });
    const started = startTurn(fixture, 1, { probe: true });
    const refused = refuse(fixture);
    const ended = endTurn(fixture, 1, { probe: true, cause: "No tool output found for function call c1." });
    expect(judge(sessionStaysUsable, fixture)).toMatchObject({
      outcome: "violated",
      message: "session 0: the probe turn failed: No tool output found for function call c1.",
      evidence: [started, refused, ended],
    });
  });

  it("is violated where the probe came too late, though it completed", () => {
    const fixture = openFixture();
    const started = startTurn(fixture, 0, { probe: true });
    const overdue = overdueTurn(fixture, 0, { probe: true });
    endTurn(fixture, 0, { probe: true });
    expect(judge(sessionStaysUsable, fixture)).toMatchObject({
      outcome: "violated",
      message: "session 0: the probe turn was still open after 700 ms",
      evidence: [started, overdue],
    });
  });

  it("is violated where the client never came back from the turn before", () => {
    const fixture = openFixture();
    const started = startTurn(fixture, 0);
    const overdue = overdueTurn(fixture, 0);
    expect(judge(sessionStaysUsable, fixture)).toMatchObject({
      outcome: "violated",
      message: "session 0: the client never came back from turn 0, so nothing more could be asked",
      evidence: [started, overdue],
    });
  });

  it("is violated where the client's process is gone, before the probe or during it", () => {
    const before = openFixture();
    startTurn(before, 0);
    const exited = exit(before);
    expect(judge(sessionStaysUsable, before)).toMatchObject({ outcome: "violated", evidence: [exited] });
    const during = openFixture();
    const started = startTurn(during, 0, { probe: true });
    expect(judge(sessionStaysUsable, during).outcome).toBe("unknown");
    const gone = exit(during);
    expect(judge(sessionStaysUsable, during)).toMatchObject({
      outcome: "violated",
      message: "session 0: the probe turn failed: the client's process is gone",
      evidence: [started, gone],
    });
  });

  it("is unknown where the run ended before the probe, or during it", () => {
    const before = openFixture();
    startTurn(before, 0);
    endTurn(before, 0);
    expect(judge(sessionStaysUsable, before)).toMatchObject({ outcome: "unknown", evidence: [] });
    const during = openFixture();
    const started = startTurn(during, 0, { probe: true });
    expect(judge(sessionStaysUsable, during)).toMatchObject({ outcome: "unknown", evidence: [started] });
  });

  it("is unknown where the client gave the probe up while the harness itself was late", () => {
    const fixture = openFixture();
    const started = startTurn(fixture, 0, { probe: true });
    const ended = endTurn(fixture, 0, { probe: true, cause: "no answer after 8 attempts" });
    expect(judge(sessionStaysUsable, fixture).outcome).toBe("violated");
    record(fixture, { source: "harness", kind: "event-loop-delay", maxMs: 3 * DEFAULT_CONTRACT.idleDeadlineMs });
    expect(judge(sessionStaysUsable, fixture)).toMatchObject({ outcome: "unknown", evidence: [started, ended] });
  });

  it("judges every session: one poisoned history is enough", () => {
    const fixture = openFixture();
    const other = inSession(fixture, 1);
    completeProbe(fixture, 0);
    completeProbe(other, 0);
    expect(judge(sessionStaysUsable, fixture)).toMatchObject({
      message: "the probe turn completed in each of 2 sessions",
    });
    const third = inSession(fixture, 2);
    startTurn(third, 0, { probe: true });
    endTurn(third, 0, { probe: true, cause: "400" });
    expect(judge(sessionStaysUsable, fixture)).toMatchObject({
      outcome: "violated",
      message: "session 2: the probe turn failed: 400",
    });
  });

  it("is not exercised where no turn was begun", () => {
    expect(judge(sessionStaysUsable, openFixture())).toMatchObject({ outcome: "not-exercised", evidence: [] });
  });
});
