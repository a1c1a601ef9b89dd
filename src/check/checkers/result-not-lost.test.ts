import { describe, expect, it } from "vitest";

import {
  call,
  completeProbe,
  endTurn,
  type HistoryFixture,
  inSession,
  judge,
  openFixture,
  output,
  overdueTurn,
  record,
  respond,
  runTool,
  says,
  startTurn,
  user,
} from "../history-fixture.test-support.ts";
import { resultNotLost } from "./result-not-lost.ts";

/** A turn that comes to the return of its tool. */
function toolReturned(fixture: HistoryFixture): number {
  startTurn(fixture, 0);
  respond(fixture, { id: "r1", input: [user("book")], output: [call("c1", "book")] });
  return runTool(fixture, { execution: fixture.session, operation: "book" }).returned;
}

const REPLAY = [user("book"), call("c1", "book"), output("c1", 0)];

describe("a result is not lost (INV-03)", () => {
  it("holds where the next create carries the output", () => {
    const fixture = openFixture();
    toolReturned(fixture);
    respond(fixture, { id: "r2", input: [output("c1", 0)], previous: "r1", output: [says("done")] });
    endTurn(fixture, 0);
    completeProbe(fixture, 1);
    expect(judge(resultNotLost, fixture)).toMatchObject({
      outcome: "holds",
      message: "each of 1 tool results reached the model once",
    });
  });

  it("is violated where the turn completes without it", () => {
    const fixture = openFixture();
    const returned = toolReturned(fixture);
    respond(fixture, { id: "r2", input: [user("book")], output: [says("done")], connection: 1 });
    const ended = endTurn(fixture, 0);
    expect(judge(resultNotLost, fixture)).toMatchObject({
      outcome: "violated",
      message: "session 0: the result of operation book never reached the model, yet the turn ended as completed",
      evidence: [returned, ended],
    });
  });

  it("is violated where the turn stands still with it", () => {
    const fixture = openFixture();
    const returned = toolReturned(fixture);
    const overdue = overdueTurn(fixture, 0);
    expect(judge(resultNotLost, fixture)).toMatchObject({
      outcome: "violated",
      message: "session 0: the result of operation book never reached the model; the turn stood still instead",
      evidence: [returned, overdue],
    });
  });

  it("is violated where its turn failed and the next one goes on without it", () => {
    const fixture = openFixture();
    const returned = toolReturned(fixture);
    const ended = endTurn(fixture, 0, { cause: "the connection was lost" });
    startTurn(fixture, 1);
    const { create } = respond(fixture, { id: "r2", input: [user("again")], output: [says("yes")] });
    endTurn(fixture, 1);
    expect(judge(resultNotLost, fixture)).toMatchObject({
      outcome: "violated",
      message: expect.stringContaining("neither sent in its turn, which failed, nor with the next one"),
      evidence: [returned, ended, create],
    });
  });

  it("is violated where the model sees it twice", () => {
    const fixture = openFixture();
    const returned = toolReturned(fixture);
    const twice = [output("c1", 0), output("c1", 0)];
    const { create } = respond(fixture, { id: "r2", input: twice, previous: "r1" });
    expect(judge(resultNotLost, fixture)).toMatchObject({
      outcome: "violated",
      message: "session 0: the result of operation book stands 2 times in what the model saw of response r2",
      evidence: [returned, create],
    });
  });

  it("is violated where a chain already holds it and it is sent again", () => {
    const fixture = openFixture();
    toolReturned(fixture);
    respond(fixture, { id: "r2", input: [output("c1", 0)], previous: "r1" });
    respond(fixture, { id: "r3", input: [output("c1", 0)], previous: "r2" });
    expect(judge(resultNotLost, fixture).outcome).toBe("violated");
  });

  it("is violated where the model had it and loses it again within the turn", () => {
    const fixture = openFixture();
    const returned = toolReturned(fixture);
    const first = respond(fixture, { id: "r2", input: [output("c1", 0)], previous: "r1", completed: "never" });
    const second = respond(fixture, { id: "r3", input: [user("book")], output: [says("done")], connection: 1 });
    endTurn(fixture, 0);
    expect(judge(resultNotLost, fixture)).toMatchObject({
      outcome: "violated",
      evidence: [returned, first.create, second.create],
    });
  });

  it("is unknown where the turn failed openly and nothing was accepted after it", () => {
    const fixture = openFixture();
    const returned = toolReturned(fixture);
    const ended = endTurn(fixture, 0, { cause: "the connection was lost" });
    startTurn(fixture, 1, { probe: true });
    endTurn(fixture, 1, { probe: true, cause: "no connection" });
    expect(judge(resultNotLost, fixture)).toMatchObject({ outcome: "unknown", evidence: [returned, ended] });
  });

  it("is unknown where the client's process is gone", () => {
    const fixture = openFixture();
    toolReturned(fixture);
    record(fixture, { source: "client", kind: "client-exited", code: 7, signal: null, expected: false });
    expect(judge(resultNotLost, fixture).outcome).toBe("unknown");
  });

  it("is not exercised where no tool returned, nor where the target plays no script", () => {
    const idle = openFixture();
    startTurn(idle, 0);
    runTool(idle, { execution: 0, operation: "book", until: "effect" });
    expect(judge(resultNotLost, idle)).toMatchObject({ outcome: "not-exercised", evidence: [] });
    const unscripted = openFixture({ scripted: false });
    runTool(unscripted, { execution: 0, operation: "book" });
    expect(judge(resultNotLost, unscripted).outcome).toBe("not-exercised");
  });
});

describe("what INV-03 must not flag", () => {
  it("a full replay after a reconnect that carries answered calls and their outputs again", () => {
    const fixture = openFixture();
    toolReturned(fixture);
    respond(fixture, { id: "r2", input: [output("c1", 0)], previous: "r1", completed: "never" });
    respond(fixture, { id: "r3", input: REPLAY, output: [says("done")], connection: 1 });
    endTurn(fixture, 0);
    startTurn(fixture, 1);
    const whole = [...REPLAY, says("done"), user("and now?")];
    respond(fixture, { id: "r4", input: whole, output: [says("nothing")], connection: 2 });
    endTurn(fixture, 1);
    expect(judge(resultNotLost, fixture).outcome).toBe("holds");
  });

  it("one extra create after an ambiguous send, of which one branch is built on", () => {
    const fixture = openFixture();
    toolReturned(fixture);
    respond(fixture, { id: "r2", input: [output("c1", 0)], previous: "r1", output: [says("lost")], completed: "lost" });
    respond(fixture, { id: "r3", input: REPLAY, output: [says("kept")], connection: 1 });
    endTurn(fixture, 0);
    completeProbe(fixture, 1);
    expect(judge(resultNotLost, fixture).outcome).toBe("holds");
  });

  it("a result that its failed turn kept and the next turn delivers", () => {
    const fixture = openFixture();
    toolReturned(fixture);
    endTurn(fixture, 0, { cause: "the connection was lost" });
    startTurn(fixture, 1);
    respond(fixture, { id: "r2", input: [...REPLAY, user("again")], output: [says("yes")], connection: 1 });
    endTurn(fixture, 1);
    expect(judge(resultNotLost, fixture).outcome).toBe("holds");
  });

  it("an early result that answers the retry's call under its new id", () => {
    const fixture = openFixture();
    startTurn(fixture, 0);
    respond(fixture, { id: "r1", input: [user("book")], output: [call("c1", "book")], completed: "never" });
    runTool(fixture, { execution: 0, operation: "book" });
    respond(fixture, { id: "r2", input: [user("book")], output: [call("c2", "book")], connection: 1 });
    respond(fixture, { id: "r3", input: [output("c2", 0)], previous: "r2", output: [says("done")] });
    endTurn(fixture, 0);
    expect(judge(resultNotLost, fixture).outcome).toBe("holds");
  });

  it("a later turn whose history was made shorter", () => {
    const fixture = openFixture();
    toolReturned(fixture);
    respond(fixture, { id: "r2", input: [output("c1", 0)], previous: "r1", output: [says("done")] });
    endTurn(fixture, 0);
    startTurn(fixture, 1);
    respond(fixture, { id: "r3", input: [user("a summary, and now?")], output: [says("nothing")] });
    endTurn(fixture, 1);
    expect(judge(resultNotLost, fixture).outcome).toBe("holds");
  });

  it("another session's creates, which never carry it", () => {
    const fixture = openFixture();
    const other = inSession(fixture, 1);
    toolReturned(fixture);
    toolReturned(other);
    respond(fixture, { id: "r2", input: [output("c1", 0)], previous: "r1", output: [says("done")] });
    respond(other, { id: "r2", input: [output("c1", 1)], previous: "r1", output: [says("done")] });
    endTurn(fixture, 0);
    endTurn(other, 0);
    expect(judge(resultNotLost, fixture).outcome).toBe("holds");
  });
});
