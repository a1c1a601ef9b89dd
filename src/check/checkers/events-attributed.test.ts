import { describe, expect, it } from "vitest";

import {
  endTurn,
  type HistoryFixture,
  inSession,
  judge,
  openFixture,
  respond,
  says,
  sendAnswer,
  sendCreate,
  show,
  startTurn,
  user,
} from "../history-fixture.test-support.ts";
import { eventsAttributed } from "./events-attributed.ts";

const OLD = "Lighthouses guide ships.";
const NEW = "Windmills grind corn.";

/** A turn that was given up, and the beginning of the next one. */
function nextTurn(fixture: HistoryFixture): number {
  startTurn(fixture, 0);
  respond(fixture, { id: "r1", input: [user("turn 0")], deltas: ["Lighthouses "], completed: "never" });
  endTurn(fixture, 0, { cause: "cancelled" });
  startTurn(fixture, 1);
  return sendCreate(fixture, { input: [user("turn 0"), user("turn 1")] });
}

/** The end of the response that was given up. */
function lateEnd(fixture: HistoryFixture): { delta: number; completed: number } {
  const late = (type: string, body: object): number =>
    sendAnswer(fixture, { type, responseId: "r1", body: { ...body } }).arrived ?? -1;
  const delta = late("response.output_text.delta", { delta: "guide ships." });
  late("response.output_item.done", { item: says(OLD) });
  return { delta, completed: late("response.completed", { response: { id: "r1", output: [says(OLD)] } }) };
}

function ownAnswer(fixture: HistoryFixture): void {
  sendAnswer(fixture, { type: "response.created", responseId: "r2" });
  sendAnswer(fixture, { type: "response.output_item.done", body: { item: says(NEW) }, responseId: "r2" });
  sendAnswer(fixture, { type: "response.completed", body: { response: { id: "r2" } }, responseId: "r2" });
}

describe("events are attributed (INV-17)", () => {
  it("holds where the late end is ignored", () => {
    const fixture = openFixture();
    nextTurn(fixture);
    lateEnd(fixture);
    ownAnswer(fixture);
    endTurn(fixture, 1, { text: NEW });
    expect(judge(eventsAttributed, fixture)).toMatchObject({
      outcome: "holds",
      message: "late events changed none of 1 turns",
    });
  });

  it("is violated where the turn is answered with it, whole or in part", () => {
    const fixture = openFixture();
    const create = nextTurn(fixture);
    const { delta } = lateEnd(fixture);
    ownAnswer(fixture);
    const ended = endTurn(fixture, 1, { text: OLD });
    expect(judge(eventsAttributed, fixture)).toMatchObject({
      outcome: "violated",
      message: "session 0: turn 1 shows text of r1, which was asked for by an earlier turn",
      evidence: [create, delta, ended],
    });
    const tail = openFixture();
    nextTurn(tail);
    lateEnd(tail);
    ownAnswer(tail);
    show(tail, `guide ships.${NEW}`);
    endTurn(tail, 1, { text: NEW });
    expect(judge(eventsAttributed, tail).outcome).toBe("violated");
  });

  it.each([true, false])("is violated where the late end ends the turn, whether its own comes behind: %s", (comes) => {
    const fixture = openFixture();
    const create = nextTurn(fixture);
    const { completed } = lateEnd(fixture);
    if (comes) ownAnswer(fixture);
    const ended = endTurn(fixture, 1, { text: "" });
    expect(judge(eventsAttributed, fixture)).toMatchObject({
      outcome: "violated",
      message: expect.stringContaining("completed with the end of r1"),
      evidence: [create, completed, ended],
    });
  });

  it.each([
    ["between the turns", "before-the-turn"],
    ["between the beginning of the turn and its create", "before-the-create"],
  ] as const)("is violated where the turn is answered with what waited on the socket since %s", (_, place) => {
    for (const text of [OLD, ""]) {
      const fixture = openFixture();
      startTurn(fixture, 0);
      respond(fixture, { id: "r1", input: [user("turn 0")], deltas: ["Lighthouses "], completed: "never" });
      endTurn(fixture, 0, { cause: "cancelled" });
      let late = place === "before-the-turn" ? lateEnd(fixture) : undefined;
      startTurn(fixture, 1);
      late ??= lateEnd(fixture);
      const create = sendCreate(fixture, { input: [user("turn 0"), user("turn 1")] });
      const ended = endTurn(fixture, 1, { text });
      expect(judge(eventsAttributed, fixture)).toMatchObject({
        outcome: "violated",
        evidence: [text === "" ? late.completed : late.delta, create, ended],
      });
    }
  });

  it("is violated where an end that came twice before its turn was over answers the next turn", () => {
    const twice = (text: string): HistoryFixture => {
      const fixture = openFixture();
      startTurn(fixture, 0);
      respond(fixture, { id: "r1", input: [user("turn 0")], output: [says(OLD)] });
      sendAnswer(fixture, { type: "response.completed", responseId: "r1", body: { response: { id: "r1" } } });
      endTurn(fixture, 0, { text: OLD });
      startTurn(fixture, 1);
      sendCreate(fixture, { input: [user("turn 0"), says(OLD), user("turn 1")] });
      if (text === NEW) ownAnswer(fixture);
      endTurn(fixture, 1, { text });
      return fixture;
    };
    expect(judge(eventsAttributed, twice(OLD)).outcome).toBe("violated");
    expect(judge(eventsAttributed, twice("")).outcome).toBe("violated");
    expect(judge(eventsAttributed, twice(NEW)).outcome).toBe("holds");
  });

  it("does not take what waited on a connection for the end of a turn that asks on another one", () => {
    const fixture = openFixture();
    startTurn(fixture, 0);
    respond(fixture, { id: "r1", input: [user("turn 0")], deltas: ["Lighthouses "], completed: "never" });
    endTurn(fixture, 0, { cause: "cancelled" });
    lateEnd(fixture);
    startTurn(fixture, 1);
    sendCreate(fixture, { input: [user("turn 0"), user("turn 1")], connection: 1 });
    endTurn(fixture, 1, { text: "" });
    expect(judge(eventsAttributed, fixture).outcome).toBe("holds");
  });

  it("is not exercised where nothing came late", () => {
    const fixture = openFixture();
    nextTurn(fixture);
    ownAnswer(fixture);
    endTurn(fixture, 1, { text: NEW });
    expect(judge(eventsAttributed, fixture)).toMatchObject({ outcome: "not-exercised", evidence: [] });
  });

  it("blames nobody for a turn that fails, for the same words in both turns, or for another session", () => {
    const failed = openFixture();
    nextTurn(failed);
    lateEnd(failed);
    endTurn(failed, 1, { cause: "an event of another response came" });
    expect(judge(eventsAttributed, failed).outcome).toBe("holds");
    const same = openFixture();
    nextTurn(same);
    lateEnd(same);
    sendAnswer(same, { type: "response.created", responseId: "r2" });
    sendAnswer(same, { type: "response.output_item.done", body: { item: says(OLD) }, responseId: "r2" });
    sendAnswer(same, { type: "response.completed", body: { response: { id: "r2" } }, responseId: "r2" });
    endTurn(same, 1, { text: OLD });
    expect(judge(eventsAttributed, same).outcome).toBe("holds");
    const sessions = openFixture();
    nextTurn(sessions);
    nextTurn(inSession(sessions, 1));
    expect(judge(eventsAttributed, sessions).outcome).toBe("not-exercised");
  });
});
