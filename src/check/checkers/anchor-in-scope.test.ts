import { describe, expect, it } from "vitest";

import {
  call,
  type HistoryFixture,
  inSession,
  judge,
  openFixture,
  output,
  respond,
  says,
  sendCreate,
  startTurn,
  user,
  type WrittenResponse,
} from "../history-fixture.test-support.ts";
import { anchorInScope } from "./anchor-in-scope.ts";

function called(fixture: HistoryFixture, more: { store?: boolean; completed?: "lost" } = {}): WrittenResponse {
  startTurn(fixture, 0);
  const booking = { id: "r1", input: [user("turn 0")], output: [call("c1", "book")] };
  return respond(fixture, { store: false, ...booking, ...more });
}

describe("an anchor stays in its scope (INV-12)", () => {
  it("holds where the chain stays on its connection, and a new connection gets everything", () => {
    const fixture = openFixture();
    called(fixture);
    respond(fixture, { id: "r2", input: [output("c1", 0)], previous: "r1", store: false });
    sendCreate(fixture, { input: [user("turn 0"), call("c1", "book"), output("c1", 0)], connection: 1, store: false });
    expect(judge(anchorInScope, fixture)).toMatchObject({
      outcome: "holds",
      message: "each of 1 chained creates named a response of its own connection",
    });
  });

  it("is violated where the id is named on another connection", () => {
    const fixture = openFixture();
    const { created } = called(fixture);
    const create = sendCreate(fixture, { input: [output("c1", 0)], previous: "r1", connection: 1, store: false });
    expect(judge(anchorInScope, fixture)).toMatchObject({
      outcome: "violated",
      message: "session 0: a create on connection 1 names r1, which was made on connection 0 and not stored",
      evidence: [created, create],
    });
  });

  it("is violated where the client had not received that the response completed", () => {
    const fixture = openFixture();
    const { created } = called(fixture, { completed: "lost" });
    const create = sendCreate(fixture, { input: [output("c1", 0)], previous: "r1", store: false });
    expect(judge(anchorInScope, fixture)).toMatchObject({ outcome: "violated", evidence: [created, create] });
  });

  it("is violated where a call of the chain is left open", () => {
    const fixture = openFixture();
    const { done } = called(fixture);
    const create = sendCreate(fixture, { input: [user("turn 1")], previous: "r1", store: false });
    expect(judge(anchorInScope, fixture)).toMatchObject({
      outcome: "violated",
      message: "session 0: a create on connection 0 names r1, and leaves its call c1 unanswered",
      evidence: [done[0], create],
    });
  });

  it("is violated where no response of the session has the id", () => {
    const fixture = openFixture();
    called(inSession(fixture, 1));
    const create = sendCreate(fixture, { input: [user("turn 0")], previous: "r1", store: false });
    expect(judge(anchorInScope, fixture)).toMatchObject({ outcome: "violated", evidence: [create] });
  });

  it("is not exercised where nothing is chained", () => {
    const fixture = openFixture();
    called(fixture);
    sendCreate(fixture, { input: [user("turn 0"), says("hello")], connection: 1, store: false });
    expect(judge(anchorInScope, fixture)).toMatchObject({ outcome: "not-exercised", evidence: [] });
  });

  it("is not exercised where the responses are stored, which is so unless a client says otherwise", () => {
    for (const store of [{}, { store: true }]) {
      const fixture = openFixture();
      startTurn(fixture, 0);
      respond(fixture, { id: "r1", input: [user("turn 0")], output: [says("hello")], ...store });
      sendCreate(fixture, { input: [user("turn 1")], previous: "r1", connection: 1, ...store });
      expect(judge(anchorInScope, fixture).outcome).toBe("not-exercised");
    }
  });
});
