import { describe, expect, it } from "vitest";

import { EQUAL_BACKOFF, failingDials, judgeTimed, openTimed } from "../dial-fixture.test-support.ts";
import { dialsNotEarly } from "./dials-not-early.ts";

const STATED = { backoff: EQUAL_BACKOFF };

describe("no dial is early (B1)", () => {
  it("holds where each dial comes within its window, or after it", () => {
    expect(judgeTimed(dialsNotEarly, failingDials([50, 100, 3_000]), STATED)).toMatchObject({
      outcome: "holds",
      message: "none of 3 dials was early",
    });
  });

  it("is violated by the first dial that is too early", () => {
    const fixture = failingDials([5]);
    expect(judgeTimed(dialsNotEarly, fixture, STATED)).toMatchObject({
      outcome: "violated",
      message: "session 0: dial 1 came 5 ms after failure 1 in a row, and 50 ms is the least that is promised",
      evidence: [5, 6],
    });
  });

  it("is unknown by as much as the harness was late, where the end was noted after it was felt", () => {
    const lost = (lateMs: number): ReturnType<typeof judgeTimed> => {
      const fixture = openTimed();
      fixture.startTurn();
      fixture.dial();
      fixture.open();
      fixture.create();
      fixture.face({ kind: "ended", edge: "out" });
      fixture.wait(5);
      fixture.measure(lateMs);
      fixture.dial();
      return judgeTimed(dialsNotEarly, fixture, STATED);
    };
    expect(lost(0).outcome).toBe("violated");
    expect(lost(60).outcome).toBe("unknown");
  });

  it("is not exercised without a stated window, without a second attempt, and by an idle loss", () => {
    expect(judgeTimed(dialsNotEarly, failingDials([1])).outcome).toBe("not-exercised");
    expect(judgeTimed(dialsNotEarly, failingDials([]), STATED).outcome).toBe("not-exercised");
    const idle = openTimed();
    idle.startTurn();
    idle.dial();
    idle.open();
    idle.create();
    idle.receive("response.completed");
    idle.face({ kind: "reset", by: "proxy" });
    idle.dial();
    expect(judgeTimed(dialsNotEarly, idle, STATED).outcome).toBe("not-exercised");
  });
});
