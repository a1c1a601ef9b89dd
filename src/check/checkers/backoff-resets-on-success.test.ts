import { describe, expect, it } from "vitest";

import type { Contract } from "../../plan/contract.ts";
import { EQUAL_BACKOFF, judgeTimed, openTimed, type TimedFixture } from "../dial-fixture.test-support.ts";
import { backoffResetsOnSuccess, resetsNeedUse } from "./backoff-resets-on-success.ts";

const STATED: Partial<Contract> = { backoff: EQUAL_BACKOFF };

/** Connections that are closed with 1011 as soon as they are open, with these waits in between. */
function flaps(waits: readonly number[], openMs = 0): TimedFixture {
  const fixture = openTimed();
  fixture.startTurn();
  fixture.dial();
  for (const waitMs of waits) {
    fixture.open();
    fixture.wait(openMs);
    fixture.face({ kind: "frame-injected", direction: "to-client", code: 1011 });
    fixture.wait(waitMs);
    fixture.measure();
    fixture.dial();
  }
  return fixture;
}

describe("the backoff is reset by success alone (INV-33)", () => {
  it("holds where the waits grow over connections that opened and failed", () => {
    expect(judgeTimed(backoffResetsOnSuccess, flaps([60, 150, 300, 500]), STATED)).toMatchObject({
      outcome: "holds",
      message: "none of 3 waits started again with an open connection",
    });
  });

  it("is violated where each open connection starts it again; the witness is open, lost, dialled", () => {
    const verdict = judgeTimed(backoffResetsOnSuccess, flaps([60, 60, 60]), STATED);
    expect(verdict).toMatchObject({
      outcome: "violated",
      message: "session 0: dial 2 came 60 ms after failure 2 in a row, and 100 ms is the least that is promised",
    });
    expect(verdict.evidence).toHaveLength(3);
    expect(judgeTimed(resetsNeedUse, flaps([60, 60, 60]), STATED).outcome).toBe("violated");
  });

  it("is unknown where a dial is early by what the harness was late", () => {
    const fixture = flaps([60, 60]);
    fixture.measure(40);
    expect(judgeTimed(backoffResetsOnSuccess, fixture, STATED).outcome).toBe("unknown");
  });

  it("holds where a response completed in between, or the promised uptime passed", () => {
    const fixture = flaps([60]);
    fixture.open();
    fixture.create();
    fixture.receive("response.completed");
    fixture.create();
    fixture.face({ kind: "reset", by: "proxy" });
    fixture.wait(60);
    fixture.dial();
    expect(judgeTimed(backoffResetsOnSuccess, fixture, STATED).outcome).toBe("not-exercised");
    const stayed = { backoff: { ...EQUAL_BACKOFF, resetOn: { uptimeMs: 1_000 } } };
    expect(judgeTimed(backoffResetsOnSuccess, flaps([60, 60], 1_000), stayed).outcome).toBe("not-exercised");
    expect(judgeTimed(backoffResetsOnSuccess, flaps([60, 60], 900), stayed).outcome).toBe("violated");
  });

  it("is not exercised without a stated backoff, under full jitter, and where no connection opened", () => {
    expect(judgeTimed(backoffResetsOnSuccess, flaps([1, 1])).outcome).toBe("not-exercised");
    const full = { backoff: { ...EQUAL_BACKOFF, jitter: "full" } as const };
    expect(judgeTimed(backoffResetsOnSuccess, flaps([1, 1]), full).outcome).toBe("not-exercised");
    expect(judgeTimed(backoffResetsOnSuccess, flaps([60]), STATED).outcome).toBe("not-exercised");
  });
});

describe("resets need a useful success (B7)", () => {
  it("is violated by a client without stated delays that hammers a server which accepts and closes", () => {
    expect(judgeTimed(resetsNeedUse, flaps(Array.from({ length: 8 }, () => 20))).outcome).toBe("violated");
    expect(judgeTimed(resetsNeedUse, flaps([20, 20, 200, 20, 20, 20, 20, 20])).outcome).toBe("holds");
    expect(judgeTimed(resetsNeedUse, flaps([20])).outcome).toBe("not-exercised");
  });
});
