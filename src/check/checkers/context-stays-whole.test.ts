import { describe, expect, it } from "vitest";

import {
  call,
  endTurn,
  type HistoryFixture,
  judge,
  openFixture,
  output,
  refuse,
  respond,
  runTool,
  says,
  sendCreate,
  startTurn,
  user,
} from "../history-fixture.test-support.ts";
import { contextStaysWhole } from "./context-stays-whole.ts";

const BOOKED = [user("turn 0"), call("c1", "book"), output("c1", 0)];
const FIRST_TURN = [...BOOKED, says("done")];

/** A turn that comes to the return of its tool; answers the event of its create. */
function toolReturned(fixture: HistoryFixture): number {
  startTurn(fixture, 0);
  const { create } = respond(fixture, { id: "r1", input: [user("turn 0")], output: [call("c1", "book")] });
  runTool(fixture, { execution: 0, operation: "book" });
  return create;
}

/** A turn, its end, and the beginning of the next one; answers the event of its first create. */
function firstTurn(fixture: HistoryFixture): number {
  const first = toolReturned(fixture);
  respond(fixture, { id: "r2", input: [output("c1", 0)], previous: "r1", output: [says("done")] });
  endTurn(fixture, 0);
  startTurn(fixture, 1);
  return first;
}

describe("a context stays whole (INV-13)", () => {
  it("holds where chain and input together are the conversation", () => {
    const fixture = openFixture();
    firstTurn(fixture);
    respond(fixture, { id: "r3", input: [user("turn 1")], previous: "r2" });
    respond(fixture, { id: "r4", input: [...FIRST_TURN, user("turn 1")], connection: 1 });
    expect(judge(contextStaysWhole, fixture)).toMatchObject({
      outcome: "holds",
      message: "each of 3 creates held all that was before it, once",
    });
  });

  it("is violated where the id is dropped and the new items are sent alone", () => {
    const fixture = openFixture();
    const first = toolReturned(fixture);
    const { create } = refuse(fixture, { input: [output("c1", 0)], connection: 1, code: "invalid_request_error" });
    expect(judge(contextStaysWhole, fixture)).toMatchObject({
      outcome: "violated",
      message: "session 0: the model sees of the create on connection 1 no more: what the user said in turn 0",
      evidence: [first, create],
    });
  });

  it("is violated where a later turn is asked without the turn before it", () => {
    const fixture = openFixture();
    const first = firstTurn(fixture);
    const { create } = respond(fixture, { id: "r3", input: [user("turn 1")], connection: 1 });
    expect(judge(contextStaysWhole, fixture)).toMatchObject({ outcome: "violated", evidence: [first, create] });
  });

  it("is violated where the chain goes on from a response that is not the last", () => {
    const fixture = openFixture();
    firstTurn(fixture);
    respond(fixture, { id: "r3", input: [output("c1", 0), user("turn 1")], previous: "r1" });
    expect(judge(contextStaysWhole, fixture)).toMatchObject({
      outcome: "violated",
      message: 'session 0: the model sees of the create on connection 0 no more: the model\'s answer "done"',
    });
  });

  it("is violated where what the model said on the way is left out of a full input", () => {
    const fixture = openFixture();
    startTurn(fixture, 0);
    const found = [says("let me see"), call("c1", "book")];
    respond(fixture, { id: "r1", input: [user("turn 0")], output: found });
    respond(fixture, { id: "r2", input: [output("c1", 0)], previous: "r1", output: [says("done")] });
    endTurn(fixture, 0);
    startTurn(fixture, 1);
    const tail = [call("c1", "book"), output("c1", 0), says("done"), user("turn 1")];
    respond(fixture, { id: "r3", input: [user("turn 1")], previous: "r2" });
    sendCreate(fixture, { input: [user("turn 0"), says("let me see"), ...tail], connection: 1 });
    expect(judge(contextStaysWhole, fixture).outcome).toBe("holds");
    sendCreate(fixture, { input: [user("turn 0"), ...tail], connection: 1 });
    expect(judge(contextStaysWhole, fixture).message).toContain('no more: the model\'s answer "let me see"');
  });

  it("is violated where a chain goes on behind a create that was refused, without what that one brought", () => {
    const fixture = openFixture();
    firstTurn(fixture);
    const { create } = refuse(fixture, { input: [user("turn 1")], previous: "r2", code: "server_error" });
    const again = sendCreate(fixture, { input: [user("hello?")], previous: "r2" });
    expect(judge(contextStaysWhole, fixture)).toMatchObject({ outcome: "violated", evidence: [create, again] });
  });

  it("is violated where everything is put behind a chain that holds it, or the user is quoted twice", () => {
    const fixture = openFixture();
    firstTurn(fixture);
    const create = sendCreate(fixture, { input: [...FIRST_TURN, user("turn 1")], previous: "r2" });
    expect(judge(contextStaysWhole, fixture)).toMatchObject({ outcome: "violated", evidence: [create] });
    const twice = openFixture();
    startTurn(twice, 0);
    sendCreate(twice, { input: [user("turn 0"), user("turn 0")] });
    expect(judge(contextStaysWhole, twice).message).toContain("more than once: what the user said in turn 0");
  });

  it("is violated where an output comes without its call", () => {
    const fixture = openFixture();
    startTurn(fixture, 0);
    const { done } = respond(fixture, { id: "r1", input: [user("turn 0")], output: [call("c1", "book")] });
    const create = sendCreate(fixture, { input: [user("turn 0"), output("c1", 0)], connection: 1 });
    expect(judge(contextStaysWhole, fixture)).toMatchObject({
      outcome: "violated",
      message: "session 0: the model sees of the create on connection 1 the output of call c1 without the call",
      evidence: [done[0], create],
    });
  });

  it("is unknown where a create names a response that the session never showed", () => {
    const fixture = openFixture();
    startTurn(fixture, 0);
    const create = sendCreate(fixture, { input: [user("turn 0")], previous: "r0" });
    expect(judge(contextStaysWhole, fixture)).toMatchObject({ outcome: "unknown", evidence: [create] });
  });

  it("is not exercised by a single create", () => {
    const fixture = openFixture();
    startTurn(fixture, 0);
    respond(fixture, { id: "r1", input: [user("turn 0")], output: [says("hello")] });
    expect(judge(contextStaysWhole, fixture)).toMatchObject({ outcome: "not-exercised", evidence: [] });
  });
});

describe("what INV-13 must not flag", () => {
  it("one extra create after an ambiguous send, of which one branch is built on", () => {
    const fixture = openFixture();
    toolReturned(fixture);
    respond(fixture, { id: "r2", input: [output("c1", 0)], previous: "r1", output: [says("lost")], completed: "lost" });
    respond(fixture, { id: "r3", input: BOOKED, output: [says("kept")], connection: 1 });
    endTurn(fixture, 0);
    startTurn(fixture, 1);
    sendCreate(fixture, { input: [user("turn 1")], previous: "r3", connection: 1 });
    expect(judge(contextStaysWhole, fixture).outcome).toBe("holds");
  });

  it.each([
    ["kept", [user("turn 0"), user("turn 1")]],
    ["taken back", [user("turn 1")]],
  ])("a turn that failed and is %s", (_what, input) => {
    const fixture = openFixture();
    toolReturned(fixture);
    endTurn(fixture, 0, { cause: "the connection was lost" });
    startTurn(fixture, 1);
    respond(fixture, { id: "r2", input, output: [says("yes")], connection: 1 });
    endTurn(fixture, 1);
    startTurn(fixture, 2);
    sendCreate(fixture, { input: [user("turn 2")], previous: "r2", connection: 1 });
    expect(judge(contextStaysWhole, fixture).outcome).toBe("holds");
  });

  it("a user's words that the client wraps, and an answer that it joins with others", () => {
    const fixture = openFixture();
    firstTurn(fixture);
    const joined = says("Here it is: done. As you wished.");
    sendCreate(fixture, { input: [user("<env/> turn 0"), ...BOOKED.slice(1), joined, user("turn 1")], connection: 1 });
    expect(judge(contextStaysWhole, fixture).outcome).toBe("holds");
  });

  it("a history that was compacted, and says so", () => {
    const fixture = openFixture();
    firstTurn(fixture);
    const compacted = { type: "compaction", encrypted_content: "…" };
    sendCreate(fixture, { input: [compacted, user("turn 1")], connection: 1 });
    sendCreate(fixture, { input: [compacted, user("turn 1")], connection: 2 });
    expect(judge(contextStaysWhole, fixture).outcome).not.toBe("violated");
  });

  it("calls of a broken attempt that a later create leaves out", () => {
    const fixture = openFixture();
    startTurn(fixture, 0);
    respond(fixture, { id: "r1", input: [user("turn 0")], output: [call("c1", "book")], completed: "never" });
    sendCreate(fixture, { input: BOOKED, connection: 1 });
    sendCreate(fixture, { input: [user("turn 0")], connection: 2 });
    expect(judge(contextStaysWhole, fixture).outcome).toBe("holds");
  });
});
