import { describe, expect, it } from "vitest";

import {
  call,
  endTurn,
  type HistoryFixture,
  injectItem,
  judge,
  openFixture,
  output,
  respond,
  runTool,
  says,
  startTurn,
  user,
} from "../history-fixture.test-support.ts";
import { effectNotRepeated } from "./effect-not-repeated.ts";

/** The first attempt: the call is done, and its response never completes. */
function brokenAttempt(fixture: HistoryFixture): ReturnType<typeof respond> {
  startTurn(fixture, 0);
  return respond(fixture, { id: "r1", input: [user("book")], output: [call("c1", "book")], completed: "never" });
}

describe("an effect is not repeated uninformed (INV-02)", () => {
  it("holds where the tool took effect once", () => {
    const fixture = openFixture();
    brokenAttempt(fixture);
    respond(fixture, { id: "r2", input: [user("book")], output: [call("c2", "book")], connection: 1 });
    runTool(fixture, { execution: 0, operation: "book" });
    expect(judge(effectNotRepeated, fixture)).toMatchObject({
      outcome: "holds",
      message: "none of 1 operations took effect again uninformed",
    });
  });

  it("is violated where a retry from the prompt had the effect again, and shows the five events of the story", () => {
    const fixture = openFixture();
    const broken = brokenAttempt(fixture);
    const first = runTool(fixture, { execution: 0, operation: "book" });
    const retry = respond(fixture, {
      id: "r2",
      input: [user("book")],
      output: [call("c2", "book")],
      connection: 1,
    });
    const second = runTool(fixture, { execution: 1, operation: "book" });
    expect(judge(effectNotRepeated, fixture)).toMatchObject({
      outcome: "violated",
      message:
        "session 0: operation book took effect 2 times; " +
        "the call c2 came from a model that had not been told of the one before",
      evidence: [...broken.done, first.effect, retry.create, ...retry.done, second.effect],
    });
  });

  it("is violated where the tool of the broken attempt was only slow to start", () => {
    const fixture = openFixture();
    brokenAttempt(fixture);
    respond(fixture, { id: "r2", input: [user("book")], output: [call("c2", "book")], connection: 1 });
    runTool(fixture, { execution: 0, operation: "book" });
    runTool(fixture, { execution: 1, operation: "book" });
    expect(judge(effectNotRepeated, fixture).outcome).toBe("violated");
  });

  it("is violated where the model was told of the call, but not of its output", () => {
    const fixture = openFixture();
    brokenAttempt(fixture);
    runTool(fixture, { execution: 0, operation: "book" });
    respond(fixture, { id: "r2", input: [user("book"), call("c1", "book")], output: [call("c2", "book")] });
    runTool(fixture, { execution: 1, operation: "book" });
    expect(judge(effectNotRepeated, fixture).outcome).toBe("violated");
  });

  it.each([
    ["its output", 0],
    ["the word that it was aborted", "aborted"],
    ["the word that what became of it is unknown", "unknown"],
  ])("does not blame a model that repeats the action after it was told of %s", (_, told) => {
    const fixture = openFixture();
    brokenAttempt(fixture);
    runTool(fixture, { execution: 0, operation: "book" });
    const informed = [user("book"), call("c1", "book"), output("c1", told)];
    respond(fixture, { id: "r2", input: informed, output: [call("c2", "book")], connection: 1 });
    runTool(fixture, { execution: 1, operation: "book" });
    expect(judge(effectNotRepeated, fixture).outcome).toBe("holds");
  });

  it("does not blame a knowing repetition for an attempt before it that ran nothing", () => {
    const fixture = openFixture();
    brokenAttempt(fixture);
    respond(fixture, { id: "r2", input: [user("book")], output: [call("c2", "book")], connection: 1 });
    runTool(fixture, { execution: 0, operation: "book" });
    respond(fixture, { id: "r3", input: [output("c2", 0)], previous: "r2", output: [call("c3", "book")] });
    runTool(fixture, { execution: 1, operation: "book" });
    expect(judge(effectNotRepeated, fixture).outcome).toBe("holds");
  });

  it("does not blame a knowing repetition for an uninformed call that was never carried out", () => {
    const fixture = openFixture();
    brokenAttempt(fixture);
    runTool(fixture, { execution: 0, operation: "book" });
    respond(fixture, { id: "r2", input: [user("book")], output: [call("c2", "book")], completed: "never" });
    const informed = [user("book"), call("c1", "book"), output("c1", 0)];
    respond(fixture, { id: "r3", input: informed, output: [call("c3", "book")], connection: 1 });
    runTool(fixture, { execution: 1, operation: "book" });
    expect(judge(effectNotRepeated, fixture).outcome).toBe("holds");
  });

  it("does not flag one extra create after an ambiguous send whose branch runs nothing", () => {
    const fixture = openFixture();
    startTurn(fixture, 0);
    respond(fixture, { id: "r1", input: [user("book")], output: [call("c1", "book")], completed: "lost" });
    respond(fixture, { id: "r2", input: [user("book")], output: [call("c2", "book")], connection: 1 });
    runTool(fixture, { execution: 0, operation: "book" });
    respond(fixture, { id: "r3", input: [output("c2", 0)], previous: "r2", output: [says("done")] });
    endTurn(fixture, 0);
    expect(judge(effectNotRepeated, fixture).outcome).toBe("holds");
  });

  it("does not flag a full replay that carries the old call and its output", () => {
    const fixture = openFixture();
    startTurn(fixture, 0);
    respond(fixture, { id: "r1", input: [user("book")], output: [call("c1", "book")] });
    runTool(fixture, { execution: 0, operation: "book" });
    const replay = [user("book"), call("c1", "book"), output("c1", 0)];
    respond(fixture, { id: "r2", input: replay, completed: "never" });
    respond(fixture, { id: "r3", input: replay, output: [says("done")], connection: 1 });
    endTurn(fixture, 0);
    expect(judge(effectNotRepeated, fixture).outcome).toBe("holds");
  });

  /** A first attempt of which nothing arrives, and a second one behind which a fault delivers the call with other arguments. */
  function forgedBehindRetry(forged: { readonly arguments?: string }, runs: number): HistoryFixture {
    const fixture = openFixture();
    brokenAttempt(fixture);
    respond(fixture, { id: "r2", input: [user("book")], output: [call("c2", "book")], connection: 1 });
    runTool(fixture, { execution: 0, operation: "book" });
    injectItem(fixture, { ...call("c2", "book"), ...forged }, { connection: 1 });
    for (let run = 1; run < runs; run += 1) runTool(fixture, { execution: run, operation: "book" });
    return fixture;
  }

  it("does not take the run for a call that a fault delivered for one of an earlier attempt, and one more it does", () => {
    const other = { arguments: '{"operation":"book","again":true}' };
    expect(judge(effectNotRepeated, forgedBehindRetry(other, 2)).outcome).toBe("holds");
    expect(judge(effectNotRepeated, forgedBehindRetry(other, 3)).outcome).toBe("violated");
    expect(judge(effectNotRepeated, forgedBehindRetry({}, 2)).outcome).toBe("violated");
  });

  it("is not exercised where no tool had an effect, nor where the target plays no script", () => {
    const idle = openFixture();
    brokenAttempt(idle);
    expect(judge(effectNotRepeated, idle)).toMatchObject({ outcome: "not-exercised", evidence: [] });
    const unscripted = openFixture({ scripted: false });
    runTool(unscripted, { execution: 0, operation: "book" });
    expect(judge(effectNotRepeated, unscripted).outcome).toBe("not-exercised");
  });
});
