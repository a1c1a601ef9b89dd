import { describe, expect, it } from "vitest";

import {
  call,
  endTurn,
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
import { completedMeansCompleted } from "./completed-means-completed.ts";

describe("completed means response.completed (INV-22)", () => {
  it("holds where the final response's completed was received", () => {
    const fixture = openFixture();
    startTurn(fixture, 0);
    respond(fixture, { id: "r1", input: [user("book")], output: [call("c1", "book")] });
    runTool(fixture, { execution: 0, operation: "book" });
    respond(fixture, { id: "r2", input: [output("c1", 0)], previous: "r1", output: [says("done")] });
    endTurn(fixture, 0);
    expect(judge(completedMeansCompleted, fixture)).toMatchObject({
      outcome: "holds",
      message: "each of 1 completed turns had its response.completed",
    });
  });

  it.each(["never", "lost"] as const)("is violated where response.completed was %s received", (completed) => {
    const fixture = openFixture();
    const started = startTurn(fixture, 0);
    const { created } = respond(fixture, { id: "r1", input: [user("hello")], output: [says("hi")], completed });
    const ended = endTurn(fixture, 0);
    expect(judge(completedMeansCompleted, fixture)).toMatchObject({
      outcome: "violated",
      message: "session 0: turn 0 ended as completed, but response.completed of r1 was never received",
      evidence: [started, created, ended],
    });
  });

  it("is violated where the turn ends with the response that asked for a tool", () => {
    const fixture = openFixture();
    startTurn(fixture, 0);
    respond(fixture, { id: "r1", input: [user("book")], output: [call("c1", "book")] });
    endTurn(fixture, 0);
    expect(judge(completedMeansCompleted, fixture).outcome).toBe("violated");
  });

  it("is violated where no response was begun at all", () => {
    const fixture = openFixture();
    const started = startTurn(fixture, 0);
    const ended = endTurn(fixture, 0);
    expect(judge(completedMeansCompleted, fixture)).toMatchObject({
      outcome: "violated",
      message: "session 0: turn 0 ended as completed, but no response of it was ever begun",
      evidence: [started, ended],
    });
  });

  it("does not take the completed response of an earlier turn, or of another session, for this one's", () => {
    const fixture = openFixture();
    const other = inSession(fixture, 1);
    startTurn(fixture, 0);
    respond(fixture, { id: "r1", input: [user("hello")], output: [says("hi")] });
    endTurn(fixture, 0);
    startTurn(fixture, 1);
    startTurn(other, 0);
    respond(other, { id: "r1", input: [user("hello")], output: [says("hi")] });
    endTurn(other, 0);
    endTurn(fixture, 1);
    expect(judge(completedMeansCompleted, fixture)).toMatchObject({
      outcome: "violated",
      message: expect.stringContaining("session 0: turn 1"),
    });
  });

  it("does not flag a different answer after a retry", () => {
    const fixture = openFixture();
    startTurn(fixture, 0);
    respond(fixture, { id: "r1", input: [user("hello")], output: [says("hi")], completed: "never" });
    respond(fixture, { id: "r2", input: [user("hello")], output: [says("good day")], connection: 1 });
    endTurn(fixture, 0);
    expect(judge(completedMeansCompleted, fixture).outcome).toBe("holds");
  });

  it("is not exercised where no turn ended as completed: an explicit failure is an honest end", () => {
    const fixture = openFixture();
    startTurn(fixture, 0);
    respond(fixture, { id: "r1", input: [user("hello")], output: [says("hi")], completed: "never" });
    endTurn(fixture, 0, { cause: "the connection was lost after visible output" });
    expect(judge(completedMeansCompleted, fixture)).toMatchObject({ outcome: "not-exercised", evidence: [] });
  });
});
