import { describe, expect, it } from "vitest";

import { judgeTimed, openTimed, type TimedFixture } from "../dial-fixture.test-support.ts";
import { singleFlight } from "./single-flight.ts";

/** A second dial while the first connection is there for some more time. */
function overlapping(ms: number, before: (fixture: TimedFixture) => void = () => undefined): TimedFixture {
  const fixture = openTimed();
  fixture.startTurn();
  fixture.dial();
  fixture.open();
  before(fixture);
  fixture.dial();
  fixture.wait(ms);
  fixture.face({ kind: "ended", edge: "in" }, 0);
  return fixture;
}

describe("a single flight (INV-36)", () => {
  it("holds where the old connection ended before the new dial, or right behind it", () => {
    expect(judgeTimed(singleFlight, overlapping(0)).outcome).toBe("holds");
    expect(judgeTimed(singleFlight, overlapping(250)).outcome).toBe("holds");
    const reset = (fixture: TimedFixture): void => void fixture.face({ kind: "reset", by: "proxy" });
    expect(judgeTimed(singleFlight, overlapping(900, reset)).outcome).toBe("holds");
    const farewell = { kind: "control-frame", direction: "to-server", opcode: "close", code: 1000 } as const;
    expect(
      judgeTimed(
        singleFlight,
        overlapping(900, (fixture) => void fixture.face(farewell)),
      ).outcome,
    ).toBe("holds");
  });

  it("is violated by two sockets at once; the two dials are the witness", () => {
    expect(judgeTimed(singleFlight, overlapping(400))).toMatchObject({
      outcome: "violated",
      message: "session 0: connection 1 was dialled while connection 0 was there, and both were for 400 ms",
      evidence: [3, 6],
    });
  });

  it("is unknown where the harness was late by as much, or a toxic slowed the wire", () => {
    const late = overlapping(300);
    late.measure(60);
    expect(judgeTimed(singleFlight, late).outcome).toBe("unknown");
    const toxic = { kind: "toxic", type: "latency", direction: "to-server", attributes: {} } as const;
    expect(
      judgeTimed(
        singleFlight,
        overlapping(900, (fixture) => void fixture.fault(toxic)),
      ).outcome,
    ).toBe("unknown");
  });

  it("leaves alone what a blackhole hides, and is not exercised by one dial", () => {
    const dead = (fixture: TimedFixture): void => void fixture.fault({ kind: "cut", mode: "blackhole" });
    expect(judgeTimed(singleFlight, overlapping(900, dead)).outcome).toBe("holds");
    const once = openTimed();
    once.dial();
    expect(judgeTimed(singleFlight, once).outcome).toBe("not-exercised");
  });
});
