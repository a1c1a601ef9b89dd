import { describe, expect, it } from "vitest";

import { judgeTimed, openTimed, type TimedFixture } from "../dial-fixture.test-support.ts";
import { retryShare } from "./retry-share.ts";

/** Turns of one create each, of which some need a second one. */
function longRun(turns: number, retried: number): TimedFixture {
  const fixture = openTimed();
  for (let turn = 0; turn < turns; turn += 1) {
    fixture.startTurn(turn);
    if (turn === 0) {
      fixture.dial();
      fixture.open();
    }
    if (turn < retried) {
      fixture.create();
      fixture.receive("error", { type: "error", error: { message: "busy" } });
    }
    fixture.create();
    fixture.receive("response.completed");
    fixture.endTurn();
  }
  return fixture;
}

describe("the share of retries (B8)", () => {
  it("holds up to a tenth of the creates, and is violated beyond, with each retry as evidence", () => {
    expect(judgeTimed(retryShare, longRun(100, 11))).toMatchObject({
      outcome: "holds",
      message: "11 of 111 creates were retries",
    });
    const verdict = judgeTimed(retryShare, longRun(100, 12));
    expect(verdict).toMatchObject({ outcome: "violated", message: "12 of 112 creates were retries" });
    expect(verdict.evidence).toHaveLength(12);
  });

  it("is not exercised in a short run, and where faults ask for the retries", () => {
    expect(judgeTimed(retryShare, longRun(80, 19)).outcome).toBe("not-exercised");
    const faulty = longRun(100, 12);
    for (let fault = 0; fault < 6; fault += 1) faulty.fault({ kind: "cut", mode: "rst" });
    expect(judgeTimed(retryShare, faulty).outcome).toBe("not-exercised");
  });
});
