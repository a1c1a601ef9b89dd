import { describe, expect, it } from "vitest";

import {
  call,
  endTurn,
  type HistoryFixture,
  injectItem,
  inSession,
  judge,
  openFixture,
  output,
  respond,
  runTool,
  says,
  startTurn,
  user,
} from "../history-fixture.test-support.ts";
import { callRunsOnce } from "./call-runs-once.ts";

function bookOnce(fixture: HistoryFixture): ReturnType<typeof respond> {
  startTurn(fixture, 0);
  return respond(fixture, { id: "r1", input: [user("book")], output: [call("c1", "book")] });
}

describe("a call runs once (INV-01)", () => {
  it("holds where each call took effect once", () => {
    const fixture = openFixture();
    bookOnce(fixture);
    runTool(fixture, { execution: 0, operation: "book" });
    respond(fixture, { id: "r2", input: [output("c1", 0)], previous: "r1", output: [says("done")] });
    endTurn(fixture, 0);
    expect(judge(callRunsOnce, fixture)).toMatchObject({
      outcome: "holds",
      message: "each of 1 operations ran no more often than it was called",
    });
  });

  it("is violated where one call took effect twice, and shows the call and both effects", () => {
    const fixture = openFixture();
    const { done } = bookOnce(fixture);
    const first = runTool(fixture, { execution: 0, operation: "book" });
    const second = runTool(fixture, { execution: 1, operation: "book" });
    expect(judge(callRunsOnce, fixture)).toMatchObject({
      outcome: "violated",
      message: "session 0: operation book was called for once and took effect 2 times",
      evidence: [...done, first.effect, second.effect],
    });
  });

  it("is violated where the call was only repeated on the wire", () => {
    const fixture = openFixture();
    startTurn(fixture, 0);
    const again = [call("c1", "book"), call("c1", "book")];
    respond(fixture, { id: "r1", input: [user("book")], output: again });
    runTool(fixture, { execution: 0, operation: "book" });
    runTool(fixture, { execution: 1, operation: "book" });
    expect(judge(callRunsOnce, fixture).outcome).toBe("violated");
  });

  it("is violated where the call came again in the history that the client sent", () => {
    const fixture = openFixture();
    bookOnce(fixture);
    runTool(fixture, { execution: 0, operation: "book" });
    const replay = [user("book"), call("c1", "book"), output("c1", 0)];
    respond(fixture, { id: "r2", input: replay, output: [says("done")], connection: 1 });
    runTool(fixture, { execution: 1, operation: "book" });
    expect(judge(callRunsOnce, fixture).outcome).toBe("violated");
  });

  it("is violated where a tool ran that nobody called for", () => {
    const fixture = openFixture();
    startTurn(fixture, 0);
    const { effect } = runTool(fixture, { execution: 0, operation: "book" });
    expect(judge(callRunsOnce, fixture)).toMatchObject({ outcome: "violated", evidence: [effect] });
  });

  it("does not count a run that began and had no effect", () => {
    const fixture = openFixture();
    bookOnce(fixture);
    runTool(fixture, { execution: 0, operation: "book", until: "started" });
    runTool(fixture, { execution: 1, operation: "book" });
    expect(judge(callRunsOnce, fixture).outcome).toBe("holds");
  });

  it("leaves a second call under a new id to the rule about retries", () => {
    const fixture = openFixture();
    bookOnce(fixture);
    runTool(fixture, { execution: 0, operation: "book" });
    respond(fixture, { id: "r2", input: [user("book")], output: [call("c2", "book")], connection: 1 });
    runTool(fixture, { execution: 1, operation: "book" });
    expect(judge(callRunsOnce, fixture).outcome).toBe("holds");
  });

  it("tells the operations of two sessions apart", () => {
    const fixture = openFixture();
    const other = inSession(fixture, 1);
    bookOnce(fixture);
    bookOnce(other);
    runTool(fixture, { execution: 0, operation: "book" });
    runTool(other, { execution: 1, operation: "book" });
    expect(judge(callRunsOnce, fixture).outcome).toBe("holds");
  });

  it("shows the violation with the fewest events", () => {
    const fixture = openFixture();
    startTurn(fixture, 0);
    respond(fixture, { id: "r1", input: [user("go")], output: [call("c1", "first"), call("c2", "second")] });
    for (const execution of [0, 1, 2]) runTool(fixture, { execution, operation: "first" });
    for (const execution of [3, 4]) runTool(fixture, { execution, operation: "second" });
    expect(judge(callRunsOnce, fixture)).toMatchObject({ message: expect.stringContaining("operation second") });
  });

  it("is not exercised where no tool had an effect, nor where the target plays no script", () => {
    const idle = openFixture();
    bookOnce(idle);
    runTool(idle, { execution: 0, operation: "book", until: "started" });
    expect(judge(callRunsOnce, idle)).toMatchObject({ outcome: "not-exercised", evidence: [] });
    const unscripted = openFixture({ scripted: false });
    runTool(unscripted, { execution: 0, operation: "book" });
    expect(judge(callRunsOnce, unscripted).outcome).toBe("not-exercised");
  });
});

describe("calls that a fault delivered (INV-01)", () => {
  it("are replays where id and arguments are those of a call, and calls where the arguments are others", () => {
    const replayed = openFixture();
    bookOnce(replayed);
    injectItem(replayed, call("c1", "book"), { responseId: "r1" });
    runTool(replayed, { execution: 0, operation: "book" });
    runTool(replayed, { execution: 1, operation: "book" });
    expect(judge(callRunsOnce, replayed).outcome).toBe("violated");
    const other = openFixture();
    bookOnce(other);
    injectItem(other, { ...call("c1", "book"), arguments: '{"operation":"book","seat":"1B"}' }, { responseId: "r1" });
    runTool(other, { execution: 0, operation: "book" });
    runTool(other, { execution: 1, operation: "book" });
    expect(judge(callRunsOnce, other).outcome).toBe("holds");
  });
});
