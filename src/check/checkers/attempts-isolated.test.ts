import { describe, expect, it } from "vitest";

import {
  endTurn,
  type HistoryFixture,
  judge,
  openFixture,
  respond,
  retract,
  says,
  sendAnswer,
  sendCreate,
  show,
  startTurn,
  user,
} from "../history-fixture.test-support.ts";
import { attemptsIsolated } from "./attempts-isolated.ts";

const PARTIAL = "It is boo";
const WHOLE = "It is booked.";

/** An attempt that breaks off within its text, and how the client shows it. */
function brokenAttempt(fixture: HistoryFixture): void {
  startTurn(fixture, 0);
  respond(fixture, { id: "r1", input: [user("turn 0")], deltas: ["It is ", "boo"], completed: "never" });
}

function goodAttempt(fixture: HistoryFixture, text = WHOLE): void {
  respond(fixture, { id: "r2", input: [user("turn 0")], deltas: [text], output: [says(text)], connection: 1 });
}

describe("attempts are isolated (INV-20)", () => {
  it("holds where the text of the failed attempt is taken back", () => {
    const fixture = openFixture();
    brokenAttempt(fixture);
    show(fixture, PARTIAL);
    retract(fixture);
    goodAttempt(fixture);
    show(fixture, WHOLE);
    endTurn(fixture, 0, { text: WHOLE });
    expect(judge(attemptsIsolated, fixture)).toMatchObject({
      outcome: "holds",
      message: "nothing was left of 1 failed attempts",
    });
  });

  it("is violated where it is still shown before the answer", () => {
    const fixture = openFixture();
    brokenAttempt(fixture);
    show(fixture, PARTIAL);
    goodAttempt(fixture);
    const shown = show(fixture, WHOLE);
    const ended = endTurn(fixture, 0, { text: WHOLE });
    const verdict = judge(attemptsIsolated, fixture);
    expect(verdict).toMatchObject({
      outcome: "violated",
      message: "session 0: turn 0 shows text of the attempt r1, which failed",
    });
    expect(verdict.evidence.slice(1)).toEqual([shown, ended]);
  });

  it("is violated where the turn is answered with both", () => {
    const fixture = openFixture();
    brokenAttempt(fixture);
    goodAttempt(fixture);
    endTurn(fixture, 0, { text: PARTIAL + WHOLE });
    expect(judge(attemptsIsolated, fixture)).toMatchObject({
      outcome: "violated",
      message: "session 0: turn 0 answered with text of the attempt r1, which failed",
    });
  });

  it("is violated where a later create holds the unfinished text", () => {
    const fixture = openFixture();
    brokenAttempt(fixture);
    goodAttempt(fixture);
    const ended = endTurn(fixture, 0, { text: WHOLE });
    startTurn(fixture, 1);
    const create = sendCreate(fixture, { input: [user("turn 0"), says(PARTIAL), says(WHOLE), user("turn 1")] });
    const verdict = judge(attemptsIsolated, fixture);
    expect(verdict.outcome).toBe("violated");
    expect(verdict.evidence.slice(1)).toEqual([ended, create]);
  });

  it("is unknown where the answer does not stand there as it was said", () => {
    const fixture = openFixture();
    brokenAttempt(fixture);
    goodAttempt(fixture);
    endTurn(fixture, 0, { text: "**It is booked**" });
    expect(judge(attemptsIsolated, fixture).outcome).toBe("unknown");
  });

  it("is not exercised where no attempt failed, or none had said enough to be recognised", () => {
    const fixture = openFixture();
    startTurn(fixture, 0);
    goodAttempt(fixture);
    endTurn(fixture, 0, { text: WHOLE });
    expect(judge(attemptsIsolated, fixture)).toMatchObject({ outcome: "not-exercised", evidence: [] });
    const short = openFixture();
    startTurn(short, 0);
    respond(short, { id: "r1", input: [user("turn 0")], deltas: ["It"], completed: "never" });
    goodAttempt(short);
    endTurn(short, 0, { text: `It${WHOLE}` });
    expect(judge(attemptsIsolated, short).outcome).toBe("not-exercised");
  });
});

describe("what INV-20 must not flag", () => {
  it("a different answer after a retry", () => {
    const fixture = openFixture();
    brokenAttempt(fixture);
    show(fixture, PARTIAL);
    retract(fixture);
    goodAttempt(fixture, "Done, 12A is yours.");
    show(fixture, "Done, 12A is yours.");
    endTurn(fixture, 0, { text: "Done, 12A is yours." });
    expect(judge(attemptsIsolated, fixture).outcome).toBe("holds");
  });

  it("a client that goes on showing where the failed attempt had come to", () => {
    const fixture = openFixture();
    brokenAttempt(fixture);
    show(fixture, PARTIAL);
    goodAttempt(fixture);
    show(fixture, "ked.");
    endTurn(fixture, 0, { text: WHOLE });
    expect(judge(attemptsIsolated, fixture).outcome).toBe("holds");
  });

  it("text of a silent connection that is let go when the turn is over", () => {
    const fixture = openFixture();
    startTurn(fixture, 0);
    respond(fixture, { id: "r1", input: [user("turn 0")], completed: "never" });
    goodAttempt(fixture);
    show(fixture, WHOLE);
    endTurn(fixture, 0, { text: WHOLE });
    for (const delta of ["It is ", "boo"]) {
      sendAnswer(fixture, { type: "response.output_text.delta", body: { delta }, responseId: "r1" });
    }
    expect(judge(attemptsIsolated, fixture).outcome).toBe("not-exercised");
  });

  it("half an answer of a turn that ends with an error", () => {
    const fixture = openFixture();
    brokenAttempt(fixture);
    show(fixture, PARTIAL);
    endTurn(fixture, 0, { cause: "the connection was lost" });
    expect(judge(attemptsIsolated, fixture).outcome).toBe("not-exercised");
  });

  it("half an answer that counts as completed: that is another rule's", () => {
    const fixture = openFixture();
    brokenAttempt(fixture);
    endTurn(fixture, 0, { text: PARTIAL });
    expect(judge(attemptsIsolated, fixture).outcome).toBe("not-exercised");
  });
});
