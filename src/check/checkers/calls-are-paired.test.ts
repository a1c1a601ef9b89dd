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
  refuse,
  respond,
  says,
  sendCreate,
  startTurn,
  user,
  type WrittenResponse,
} from "../history-fixture.test-support.ts";
import { callsArePaired } from "./calls-are-paired.ts";

function called(fixture: HistoryFixture, ...callIds: readonly string[]): WrittenResponse {
  startTurn(fixture, 0);
  return respond(fixture, { id: "r1", input: [user("turn 0")], output: callIds.map((id) => call(id, `book-${id}`)) });
}

const PAIR = [user("turn 0"), call("c1", "book-c1"), output("c1", 0)];

describe("calls are paired (INV-04)", () => {
  it("holds where each call got its output, in a chain and in a full input", () => {
    const fixture = openFixture();
    called(fixture, "c1");
    respond(fixture, { id: "r2", input: [output("c1", 0)], previous: "r1" });
    respond(fixture, { id: "r3", input: PAIR, connection: 1 });
    expect(judge(callsArePaired, fixture)).toMatchObject({
      outcome: "holds",
      message: "each call and output of 2 creates had its other half",
    });
  });

  it("is violated where one of two parallel calls is left without an output", () => {
    const fixture = openFixture();
    const { done } = called(fixture, "c1", "c2");
    const { create } = respond(fixture, { id: "r2", input: [output("c1", 0)], previous: "r1" });
    expect(judge(callsArePaired, fixture)).toMatchObject({
      outcome: "violated",
      message: "session 0: the create on connection 0 leaves call c2 without an output",
      evidence: [done[1], create],
    });
  });

  it("is violated where an output is sent without its call, also when the server refuses that", () => {
    const fixture = openFixture();
    const { done } = called(fixture, "c1");
    const { create } = refuse(fixture, { input: [output("c1", 0)], connection: 1, code: "invalid_request_error" });
    expect(judge(callsArePaired, fixture)).toMatchObject({
      outcome: "violated",
      message: "session 0: the create on connection 1 answers call c1, which the model does not see",
      evidence: [done[0], create],
    });
  });

  it("is violated where an output stands twice, in one input or behind a chain that has it", () => {
    const twice = openFixture();
    called(twice, "c1");
    const create = sendCreate(twice, { input: [...PAIR, output("c1", 0)], connection: 1 });
    expect(judge(callsArePaired, twice)).toMatchObject({
      outcome: "violated",
      message: "session 0: the create on connection 1 answers call c1 twice",
      evidence: [create],
    });
    const chained = openFixture();
    called(chained, "c1");
    respond(chained, { id: "r2", input: [output("c1", 0)], previous: "r1" });
    sendCreate(chained, { input: [output("c1", 0)], previous: "r2" });
    expect(judge(callsArePaired, chained).outcome).toBe("violated");
  });

  it("is violated where a full input is put behind a chain that holds the same", () => {
    const fixture = openFixture();
    called(fixture, "c1");
    sendCreate(fixture, { input: PAIR, previous: "r1" });
    expect(judge(callsArePaired, fixture)).toMatchObject({
      outcome: "violated",
      message: "session 0: the create on connection 0 holds call c1 twice",
    });
  });

  it("is violated where an output stands before its call, or an item id stands twice", () => {
    const early = openFixture();
    called(early, "c1");
    sendCreate(early, { input: [output("c1", 0), call("c1", "book-c1")] });
    expect(judge(callsArePaired, early).outcome).toBe("violated");
    const repeated = openFixture();
    called(repeated, "c1");
    sendCreate(repeated, { input: [...PAIR, { ...says("hi"), id: "m1" }, { ...says("hi"), id: "m1" }] });
    expect(judge(callsArePaired, repeated).message).toBe("session 0: the create on connection 0 holds item m1 twice");
  });

  it("is violated for calls of every kind", () => {
    const fixture = openFixture();
    startTurn(fixture, 0);
    const custom = { type: "custom_tool_call", call_id: "x1", name: "shell", input: "ls" };
    respond(fixture, { id: "r1", input: [user("turn 0")], output: [custom] });
    sendCreate(fixture, { input: [{ type: "custom_tool_call_output", call_id: "x1", output: "" }], previous: "r1" });
    expect(judge(callsArePaired, fixture).outcome).toBe("holds");
    sendCreate(fixture, { input: [user("and?")], previous: "r1" });
    expect(judge(callsArePaired, fixture).outcome).toBe("violated");
  });

  it("is unknown where an output may belong to a response that the session never showed", () => {
    const fixture = openFixture();
    const create = sendCreate(fixture, { input: [output("c1", 0)], previous: "r0" });
    expect(judge(callsArePaired, fixture)).toMatchObject({ outcome: "unknown", evidence: [create] });
  });

  it("is not exercised where no create had to do with a call", () => {
    const fixture = openFixture();
    startTurn(fixture, 0);
    respond(fixture, { id: "r1", input: [user("turn 0")], output: [says("hello")] });
    expect(judge(callsArePaired, fixture)).toMatchObject({ outcome: "not-exercised", evidence: [] });
  });
});

describe("what INV-04 must not flag", () => {
  it("a full replay after a reconnect that carries answered calls and their outputs again", () => {
    const fixture = openFixture();
    called(fixture, "c1");
    respond(fixture, { id: "r2", input: [output("c1", 0)], previous: "r1", completed: "never" });
    respond(fixture, { id: "r3", input: PAIR, connection: 1, output: [says("done")] });
    respond(fixture, { id: "r4", input: [...PAIR, says("done"), user("turn 1")], connection: 2 });
    expect(judge(callsArePaired, fixture).outcome).toBe("holds");
  });

  it("a synthetic output after a turn was cancelled", () => {
    const fixture = openFixture();
    called(fixture, "c1");
    endTurn(fixture, 0, { cause: "cancelled" });
    sendCreate(fixture, { input: [output("c1", "aborted"), user("turn 1")], previous: "r1" });
    expect(judge(callsArePaired, fixture).outcome).toBe("holds");
  });

  it("an id that a server gives to a call of each turn", () => {
    const fixture = openFixture();
    called(fixture, "c1");
    respond(fixture, { id: "r2", input: [output("c1", 0)], previous: "r1", output: [says("done")] });
    const second = call("c1", "book-again");
    respond(fixture, { id: "r3", input: [user("turn 1")], previous: "r2", output: [second] });
    sendCreate(fixture, { input: [output("c1", 1)], previous: "r3" });
    sendCreate(fixture, { input: [...PAIR, says("done"), user("turn 1"), second, output("c1", 1)], connection: 1 });
    expect(judge(callsArePaired, fixture).outcome).toBe("holds");
  });

  it("an answer to a call that a fault delivered under a known id, with arguments of its own", () => {
    const fixture = openFixture();
    called(fixture, "c1");
    injectItem(fixture, { ...call("c1", "book-c1"), arguments: '{"operation":"other"}' }, { responseId: "r1" });
    sendCreate(fixture, { input: [output("c1", 0), output("c1", 1)], previous: "r1" });
    expect(judge(callsArePaired, fixture).outcome).toBe("holds");
    const replayed = openFixture();
    called(replayed, "c1");
    injectItem(replayed, call("c1", "book-c1"), { responseId: "r1" });
    sendCreate(replayed, { input: [output("c1", 0), output("c1", 1)], previous: "r1" });
    expect(judge(callsArePaired, replayed).outcome).toBe("violated");
  });

  it("a call that its server delivered twice, and the calls of another session", () => {
    const fixture = openFixture();
    startTurn(fixture, 0);
    const twice = [call("c1", "book-c1"), call("c1", "book-c1")];
    respond(fixture, { id: "r1", input: [user("turn 0")], output: twice });
    respond(fixture, { id: "r2", input: [output("c1", 0)], previous: "r1" });
    called(inSession(fixture, 1), "c1");
    expect(judge(callsArePaired, fixture).outcome).toBe("holds");
  });
});
