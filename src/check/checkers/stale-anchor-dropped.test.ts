import { describe, expect, it } from "vitest";

import {
  type HistoryFixture,
  inSession,
  judge,
  openFixture,
  record,
  refuse,
  respond,
  says,
  sendAnswer,
  sendCreate,
  startTurn,
  user,
} from "../history-fixture.test-support.ts";
import { staleAnchorDropped } from "./stale-anchor-dropped.ts";

const CODE = "previous_response_not_found";

function refused(fixture: HistoryFixture, code = CODE): ReturnType<typeof refuse> {
  startTurn(fixture, 0);
  respond(fixture, { id: "r1", input: [user("turn 0")], output: [says("hello")] });
  return refuse(fixture, { input: [user("turn 1")], previous: "r1", code });
}

const WHOLE = [user("turn 0"), says("hello"), user("turn 1")];

describe("a stale anchor is dropped (INV-14)", () => {
  it("holds where everything is sent without an id, and the chain goes on from there", () => {
    const fixture = openFixture();
    refused(fixture);
    respond(fixture, { id: "r2", input: WHOLE, output: [says("yes")] });
    sendCreate(fixture, { input: [user("turn 2")], previous: "r2" });
    expect(judge(staleAnchorDropped, fixture)).toMatchObject({
      outcome: "holds",
      message: "none of 1 unknown responses was named again",
    });
  });

  it("is violated where the id is named again, on whatever connection", () => {
    for (const connection of [0, 1]) {
      const fixture = openFixture();
      const { create, received } = refused(fixture);
      respond(fixture, { id: "r2", input: WHOLE, connection });
      const again = sendCreate(fixture, { input: [user("turn 2")], previous: "r1", connection });
      expect(judge(staleAnchorDropped, fixture)).toMatchObject({
        outcome: "violated",
        message: "session 0: a create names r1 again after the server had said that it does not know it",
        evidence: [create, received, again],
      });
    }
  });

  it("is violated where a response is named that was built on it", () => {
    const fixture = openFixture();
    startTurn(fixture, 0);
    respond(fixture, { id: "r1", input: [user("turn 0")] });
    respond(fixture, { id: "r2", input: [user("turn 1")], previous: "r1" });
    refuse(fixture, { input: [user("turn 2")], previous: "r1", code: CODE });
    sendCreate(fixture, { input: [user("turn 2")], previous: "r2" });
    expect(judge(staleAnchorDropped, fixture)).toMatchObject({
      outcome: "violated",
      message: "session 0: a create names r2, which was built on r1 after the server had said that it does not know it",
    });
  });

  it("knows the error in its flat shape too, and by its words alone", () => {
    for (const body of [
      { type: "error", code: CODE, message: "x" },
      { type: "error", message: "Previous response with id 'r1' not found." },
    ]) {
      const fixture = openFixture();
      sendCreate(fixture, { input: [user("turn 1")], previous: "r1" });
      sendAnswer(fixture, { type: "error", body });
      sendCreate(fixture, { input: [user("turn 1")], previous: "r1" });
      expect(judge(staleAnchorDropped, fixture).outcome).toBe("violated");
    }
  });

  it("is unknown where the id is named on another lane, whose create may have been on its way", () => {
    const fixture = openFixture();
    refused(fixture);
    const body = { input: [user("turn 1")], previous_response_id: "r1" };
    const message = { source: "client-face", kind: "message", direction: "to-server", frame: 9, endOffset: 0 } as const;
    record(fixture, { ...message, type: "response.create", body }, { connection: 0, lane: "b" });
    expect(judge(staleAnchorDropped, fixture).outcome).toBe("unknown");
  });

  it("is not exercised where no such error was received", () => {
    const fixture = openFixture();
    refused(fixture, "server_error");
    sendCreate(fixture, { input: [user("turn 1")], previous: "r1" });
    expect(judge(staleAnchorDropped, fixture)).toMatchObject({ outcome: "not-exercised", evidence: [] });
  });

  it("does not take the id of another session for the same, nor a create that left before the error came", () => {
    const fixture = openFixture();
    startTurn(fixture, 0);
    respond(fixture, { id: "r1", input: [user("turn 0")] });
    sendCreate(fixture, { input: [user("turn 1")], previous: "r1" });
    sendCreate(fixture, { input: [user("turn 1")], previous: "r1" });
    sendAnswer(fixture, { type: "error", body: { type: "error", error: { code: CODE, message: "x" } } });
    const other = inSession(fixture, 1);
    respond(other, { id: "r1", input: [user("turn 0")] });
    sendCreate(other, { input: [user("turn 1")], previous: "r1" });
    expect(judge(staleAnchorDropped, fixture).outcome).toBe("holds");
  });
});
