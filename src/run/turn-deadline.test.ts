import { beforeEach, describe, expect, it } from "vitest";

import { createManualClock, type ManualClock } from "../determinism/manual-clock.ts";
import { DEFAULT_CONTRACT } from "../plan/contract.ts";
import { createTurnDeadline, type TurnDeadline, turnAllowanceMs } from "./turn-deadline.ts";

describe("the deadline of a turn", () => {
  let clock: ManualClock;
  let deadline: TurnDeadline;
  let aborting: AbortController;
  beforeEach(() => {
    clock = createManualClock();
    deadline = createTurnDeadline(clock, 1_000);
    aborting = new AbortController();
  });

  function watch(): { isOver: boolean } {
    const watched = { isOver: false };
    void deadline.passed(aborting.signal).then(() => {
      watched.isOver = true;
    });
    return watched;
  }

  it("passes when the allowance is over, counted from the start of the turn", async () => {
    await clock.advance(5_000);
    const turn = watch();
    await clock.advance(999);
    expect(turn.isOver).toBe(false);
    await clock.advance(1);
    expect(turn.isOver).toBe(true);
  });

  it("starts again with every disturbance", async () => {
    const turn = watch();
    for (let round = 0; round < 5; round += 1) {
      await clock.advance(900);
      deadline.disturb();
    }
    await clock.advance(999);
    expect(turn.isOver).toBe(false);
    await clock.advance(1);
    expect(turn.isOver).toBe(true);
  });

  it("starts when a wait is over that the server asked for, whatever else comes meanwhile", async () => {
    const turn = watch();
    await clock.advance(500);
    deadline.disturb(2_000);
    await clock.advance(100);
    deadline.disturb();
    await clock.advance(2_899);
    expect(turn.isOver).toBe(false);
    await clock.advance(1);
    expect(turn.isOver).toBe(true);
  });

  it("stands still while a tool works, and starts again when the last one returned", async () => {
    const turn = watch();
    deadline.toolStarted();
    deadline.toolStarted();
    await clock.advance(10_000);
    deadline.toolReturned();
    await clock.advance(10_000);
    expect(turn.isOver).toBe(false);
    await clock.advance(300);
    deadline.toolReturned();
    await clock.advance(999);
    expect(turn.isOver).toBe(false);
    await clock.advance(1);
    expect(turn.isOver).toBe(true);
  });

  it("ends at once, without a timer, when it is not asked for any more", async () => {
    const turn = watch();
    aborting.abort();
    await clock.advance(0);
    expect([turn.isOver, clock.timers()]).toEqual([true, 0]);
  });

  it("allows for noticing a dead peer and for recovering from it", () => {
    expect(turnAllowanceMs({ ...DEFAULT_CONTRACT, idleDeadlineMs: 5, recoveryDeadlineMs: 70 })).toBe(75);
  });
});
