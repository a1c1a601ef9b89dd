import { describe, expect, it } from "vitest";

import { EQUAL_BACKOFF, judgeTimed, openTimed, type TimedFixture } from "../dial-fixture.test-support.ts";
import { closeCodePolicy } from "./close-code-policy.ts";

/** A create that is under way when the connection is closed with a code. */
function closed(code: number, then: (fixture: TimedFixture) => void): TimedFixture {
  const fixture = openTimed();
  fixture.startTurn();
  fixture.dial();
  fixture.open();
  fixture.create({ input: ["hello"] });
  fixture.face({ kind: "frame-injected", direction: "to-client", code });
  then(fixture);
  return fixture;
}

const fails = (fixture: TimedFixture): void => void fixture.endTurn("closed");
const dials = (fixture: TimedFixture): void => void fixture.dial();

describe("close codes (INV-29)", () => {
  it.each([1000, 1001, 1011, 1012, 1013])("%i is recovered from", (code) => {
    expect(judgeTimed(closeCodePolicy, closed(code, dials)).outcome).toBe("holds");
    expect(judgeTimed(closeCodePolicy, closed(code, fails))).toMatchObject({
      outcome: "violated",
      message: `session 0: the connection was closed with ${code} while turn 0 was open, and the client did not dial again`,
      evidence: [7, 8],
    });
  });

  it("one that comes when the client has said that its turn failed asks for nothing", () => {
    const over = (says: boolean): TimedFixture => {
      const fixture = openTimed();
      fixture.startTurn();
      fixture.dial();
      fixture.open();
      fixture.create();
      fixture.receive("response.incomplete");
      if (says) fixture.show("error-shown");
      fixture.face({ kind: "frame-injected", direction: "to-client", code: 1011 });
      fixture.endTurn("too long");
      return fixture;
    };
    expect(judgeTimed(closeCodePolicy, over(true)).outcome).toBe("not-exercised");
    expect(judgeTimed(closeCodePolicy, over(false)).outcome).toBe("violated");
    const underWay = closed(1011, fails);
    expect(judgeTimed(closeCodePolicy, underWay).outcome).toBe("violated");
  });

  it("a dial that nobody answers is one, if it comes behind the close", () => {
    const tried = closed(1012, (fixture) => {
      fixture.unanswered();
      fails(fixture);
    });
    expect(judgeTimed(closeCodePolicy, tried).outcome).toBe("holds");
    const before = openTimed();
    before.startTurn();
    before.unanswered();
    before.dial();
    before.open();
    before.face({ kind: "frame-injected", direction: "to-client", code: 1012 });
    fails(before);
    expect(judgeTimed(closeCodePolicy, before).outcome).toBe("violated");
  });

  it.each([1002, 1003, 1007, 1008, 1009, 1010])("what %i answered is not sent again unchanged", (code) => {
    const again = (input: string, answersClose: boolean) => (fixture: TimedFixture) => {
      if (answersClose) fixture.face({ kind: "control-frame", direction: "to-server", opcode: "close", code });
      fixture.dial();
      fixture.open();
      fixture.create({ input: [input] });
    };
    expect(judgeTimed(closeCodePolicy, closed(code, fails)).outcome).toBe("holds");
    expect(judgeTimed(closeCodePolicy, closed(code, again("something else", true))).outcome).toBe("holds");
    expect(judgeTimed(closeCodePolicy, closed(code, again("hello", true)))).toMatchObject({
      outcome: "violated",
      evidence: [6, 7, 12],
    });
    expect(judgeTimed(closeCodePolicy, closed(code, again("hello", false)))).toMatchObject({
      outcome: "unknown",
      message: expect.stringContaining("whether the client read that Close frame before it left is not known"),
    });
  });

  it("a code before anything was sent forbids the dial itself, and one about credentials allows one more", () => {
    const flapping = (code: number, dialsAfter: number): TimedFixture => {
      const fixture = openTimed();
      fixture.startTurn();
      for (let dial = 0; dial <= dialsAfter; dial += 1) {
        fixture.dial();
        fixture.open();
        fixture.face({ kind: "frame-injected", direction: "to-client", code });
        fixture.face({ kind: "control-frame", direction: "to-server", opcode: "close", code });
      }
      return fixture;
    };
    expect(judgeTimed(closeCodePolicy, flapping(1008, 1)).outcome).toBe("violated");
    expect(judgeTimed(closeCodePolicy, flapping(4401, 1)).outcome).toBe("holds");
    expect(judgeTimed(closeCodePolicy, flapping(4401, 2)).outcome).toBe("violated");
  });

  it("a code about credentials forbids nothing any more where the next try was let in", () => {
    const lostAgain = (isLetIn: boolean): TimedFixture => {
      const fixture = openTimed();
      fixture.startTurn();
      for (let dial = 0; dial < 3; dial += 1) {
        fixture.dial();
        fixture.open();
        fixture.create({ input: ["hello"] });
        const code = dial > 0 && isLetIn ? 1012 : 4401;
        fixture.face({ kind: "frame-injected", direction: "to-client", code });
        fixture.face({ kind: "control-frame", direction: "to-server", opcode: "close", code });
      }
      return fixture;
    };
    expect(judgeTimed(closeCodePolicy, lostAgain(true)).outcome).toBe("holds");
    expect(judgeTimed(closeCodePolicy, lostAgain(false)).outcome).toBe("violated");
  });

  it("a Close frame without a code is 1005", () => {
    const fixture = openTimed();
    fixture.startTurn();
    fixture.dial();
    fixture.open();
    fixture.face({ kind: "control-frame", direction: "to-client", opcode: "close" });
    fixture.overdue();
    expect(judgeTimed(closeCodePolicy, fixture)).toMatchObject({
      outcome: "violated",
      message: expect.stringContaining("1005"),
    });
  });

  it("lets a client refuse what it says that it refuses", () => {
    expect(
      judgeTimed(closeCodePolicy, closed(1012, fails), { backoff: { ...EQUAL_BACKOFF, attemptsMax: 0 } }).outcome,
    ).toBe("not-exercised");
    const shown = openTimed();
    shown.startTurn();
    shown.dial();
    shown.open();
    shown.create();
    shown.receive("response.output_text.delta", { delta: "a" });
    shown.face({ kind: "frame-injected", direction: "to-client", code: 1012 });
    shown.endTurn("not sent again after visible output");
    expect(judgeTimed(closeCodePolicy, shown, { retryAfterVisibleOutput: false }).outcome).toBe("not-exercised");
    expect(judgeTimed(closeCodePolicy, shown, { retryAfterVisibleOutput: true }).outcome).toBe("violated");
  });

  it("is unknown where the run ended first, and not exercised while no turn is open or the client closes itself", () => {
    expect(
      judgeTimed(
        closeCodePolicy,
        closed(1012, () => undefined),
      ).outcome,
    ).toBe("unknown");
    const idle = openTimed();
    idle.dial();
    idle.open();
    idle.face({ kind: "frame-injected", direction: "to-client", code: 1001 });
    expect(judgeTimed(closeCodePolicy, idle).outcome).toBe("not-exercised");
    const own = openTimed();
    own.startTurn();
    own.dial();
    own.face({ kind: "control-frame", direction: "to-server", opcode: "close", code: 1000 });
    own.endTurn("cancelled");
    expect(judgeTimed(closeCodePolicy, own).outcome).toBe("not-exercised");
  });
});
