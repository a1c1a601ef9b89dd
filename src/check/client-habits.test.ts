import { describe, expect, it } from "vitest";

import type { HistoryEvent } from "../history/event.ts";
import { type BackoffContract, DEFAULT_CONTRACT } from "../plan/contract.ts";
import type { ClientHabit } from "../plan/scenario.ts";
import { missingHabits } from "./client-habits.ts";
import { EQUAL_BACKOFF, openTimed, REJECTED, type TimedFixture } from "./dial-fixture.test-support.ts";
import {
  type HistoryFixture,
  openFixture,
  planOf,
  record,
  respond,
  says,
  sendCreate,
  user,
} from "./history-fixture.test-support.ts";

function missing(
  habit: ClientHabit,
  { events }: { readonly events: readonly HistoryEvent[] },
  backoff: BackoffContract | "unstated" = "unstated",
): string | undefined {
  const contract = { ...DEFAULT_CONTRACT, backoff };
  return missingHabits([habit], { plan: planOf(), contract, history: events })[0]?.why;
}

/** A conversation of which one response has completed. */
function answeredOnce(): HistoryFixture {
  const fixture = openFixture();
  respond(fixture, { id: "r1", input: [user("one")], output: [says("1")] });
  return fixture;
}

describe("that a client continues by id", () => {
  const whole = { input: [user("one"), says("1"), user("two")] };

  it("is not its habit where it could have, and sent everything", () => {
    const fixture = answeredOnce();
    sendCreate(fixture, whole);
    const why = "it had one chance to name the response before by its id, and took none";
    expect(missing("continues-by-id", fixture)).toBe(why);
  });

  it("is its habit where it did so once, whatever it did otherwise", () => {
    const fixture = answeredOnce();
    sendCreate(fixture, whole);
    sendCreate(fixture, { input: [user("two")], previous: "r1" });
    expect(missing("continues-by-id", fixture)).toBeUndefined();
  });

  it("is not known of a client that never had the chance on a connection, nor of a run that was cut short", () => {
    const elsewhere = answeredOnce();
    sendCreate(elsewhere, { ...whole, connection: 1 });
    expect(missing("continues-by-id", elsewhere)).toBeUndefined();
    const unanswered = openFixture();
    respond(unanswered, { id: "r1", input: [user("one")], completed: "lost" });
    sendCreate(unanswered, whole);
    expect(missing("continues-by-id", unanswered)).toBeUndefined();
    const cutShort = answeredOnce();
    sendCreate(cutShort, whole);
    record(cutShort, { source: "harness", kind: "limit-reached", limit: "runMs", value: 1 });
    expect(missing("continues-by-id", cutShort)).toBeUndefined();
  });
});

/** A turn that is asked and answered on the newest connection. */
function answeredTurn(fixture: TimedFixture, turn: number): void {
  fixture.startTurn(turn);
  if (turn === 0) openDial(fixture);
  fixture.create();
  fixture.receive("response.completed");
  fixture.endTurn();
}

function openDial(fixture: TimedFixture): void {
  fixture.dial();
  fixture.open();
}

describe("that a client leaves its connection open", () => {
  it("is its habit where the next turn goes over it", () => {
    const fixture = openTimed();
    answeredTurn(fixture, 0);
    answeredTurn(fixture, 1);
    expect(missing("leaves-connection-open", fixture)).toBeUndefined();
  });

  it("is not its habit where it ended it and dialled for the next turn", () => {
    const fixture = openTimed();
    answeredTurn(fixture, 0);
    fixture.face({ kind: "ended", edge: "in" });
    openDial(fixture);
    answeredTurn(fixture, 1);
    const why = "it had one chance to use a connection for another turn, and took none";
    expect(missing("leaves-connection-open", fixture)).toBe(why);
  });

  it("is not known where the other side ended the connection, or no turn came behind", () => {
    const ended = openTimed();
    answeredTurn(ended, 0);
    ended.face({ kind: "ended", edge: "out" });
    openDial(ended);
    answeredTurn(ended, 1);
    expect(missing("leaves-connection-open", ended)).toBeUndefined();
    const single = openTimed();
    answeredTurn(single, 0);
    single.face({ kind: "ended", edge: "in" });
    expect(missing("leaves-connection-open", single)).toBeUndefined();
  });
});

describe("that a client dials again", () => {
  function refusedOnce(): TimedFixture {
    const fixture = openTimed();
    fixture.startTurn();
    fixture.dial();
    fixture.face(REJECTED);
    return fixture;
  }

  it("is not its habit where it ended the turn instead, and promised nothing else", () => {
    const fixture = refusedOnce();
    fixture.endTurn("refused");
    const why = "it had one chance to try again behind a failed attempt, and took none";
    expect(missing("dials-again", fixture)).toBe(why);
    expect(missing("dials-again", fixture, { ...EQUAL_BACKOFF, attemptsMax: 0 })).toBe(why);
  });

  it("stays open for a client that promises it, or where dials may have been invisible", () => {
    const fixture = refusedOnce();
    fixture.endTurn("refused");
    expect(missing("dials-again", fixture, EQUAL_BACKOFF)).toBeUndefined();
    const blind = refusedOnce();
    blind.fault({ kind: "refuse" });
    blind.endTurn("refused");
    expect(missing("dials-again", blind)).toBeUndefined();
  });

  it("is its habit where it did so once, and is not known where the turn was never ended", () => {
    const fixture = refusedOnce();
    fixture.dial();
    fixture.face(REJECTED);
    fixture.endTurn("refused");
    expect(missing("dials-again", fixture)).toBeUndefined();
    const stuck = refusedOnce();
    stuck.overdue();
    expect(missing("dials-again", stuck)).toBeUndefined();
  });
});
