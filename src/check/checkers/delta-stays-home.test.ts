import { describe, expect, it } from "vitest";

import {
  call,
  type HistoryFixture,
  inSession,
  judge,
  openFixture,
  output,
  respond,
  sendCreate,
  startTurn,
  user,
  type WrittenResponse,
} from "../history-fixture.test-support.ts";
import { deltaStaysHome } from "./delta-stays-home.ts";

function called(fixture: HistoryFixture, store = false): WrittenResponse {
  startTurn(fixture, 0);
  return respond(fixture, { id: "r1", input: [user("turn 0")], output: [call("c1", "book")], store });
}

const DELTA = { input: [output("c1", 0)], store: false };
const WHOLE = [user("turn 0"), call("c1", "book"), output("c1", 0)];

describe("a delta stays home (INV-15)", () => {
  it("holds where the retry on another connection holds everything", () => {
    const fixture = openFixture();
    called(fixture);
    sendCreate(fixture, { ...DELTA, previous: "r1" });
    sendCreate(fixture, { input: WHOLE, store: false, connection: 1 });
    expect(judge(deltaStaysHome, fixture)).toMatchObject({
      outcome: "holds",
      message: "each of 1 creates on a later connection was composed for it",
    });
  });

  it("is violated where the frame is sent again as it was", () => {
    const fixture = openFixture();
    const { created } = called(fixture);
    sendCreate(fixture, { ...DELTA, previous: "r1" });
    const again = sendCreate(fixture, { ...DELTA, previous: "r1", connection: 1 });
    expect(judge(deltaStaysHome, fixture)).toMatchObject({
      outcome: "violated",
      message: "session 0: what continues r1 of connection 0 was sent on connection 1",
      evidence: [created, again],
    });
  });

  it("is violated where the same input is sent again without the id", () => {
    const fixture = openFixture();
    called(fixture);
    const first = sendCreate(fixture, { ...DELTA, previous: "r1" });
    const again = sendCreate(fixture, { ...DELTA, connection: 1 });
    expect(judge(deltaStaysHome, fixture)).toMatchObject({ outcome: "violated", evidence: [first, again] });
  });

  it("is not exercised on one connection, where responses are stored, nor across sessions", () => {
    const one = openFixture();
    called(one);
    sendCreate(one, { ...DELTA, previous: "r1" });
    sendCreate(one, { ...DELTA, previous: "r1" });
    expect(judge(deltaStaysHome, one)).toMatchObject({ outcome: "not-exercised", evidence: [] });
    const stored = openFixture();
    called(stored, true);
    sendCreate(stored, { input: [output("c1", 0)], previous: "r1", connection: 1 });
    expect(judge(deltaStaysHome, stored).outcome).toBe("not-exercised");
    const sessions = openFixture();
    called(sessions);
    called(inSession(sessions, 1));
    expect(judge(deltaStaysHome, sessions).outcome).toBe("not-exercised");
  });

  it("does not blame an input that is everything, behind a warm-up without items", () => {
    const fixture = openFixture();
    startTurn(fixture, 0);
    respond(fixture, { id: "w1", input: [], store: false });
    respond(fixture, { id: "r1", input: [user("turn 0")], previous: "w1", store: false, completed: "never" });
    sendCreate(fixture, { input: [user("turn 0")], store: false, connection: 1 });
    expect(judge(deltaStaysHome, fixture).outcome).toBe("holds");
  });
});
