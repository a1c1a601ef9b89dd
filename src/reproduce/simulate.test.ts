import { describe, expect, it } from "vitest";

import { effectNotRepeated } from "../check/checkers/effect-not-repeated.ts";
import { recoversOrReports } from "../check/checkers/recovers-or-reports.ts";
import { resultNotLost } from "../check/checkers/result-not-lost.ts";
import { createSystemClock } from "../determinism/clock.ts";
import { sleep } from "../determinism/waiting.ts";
import type { ScheduledFault } from "../plan/fault.ts";
import { client as forgetful } from "../run/clients/planted/m11.ts";
import { createSimulation } from "../run/backends/simulation.ts";
import { client as reference } from "../run/clients/reference.ts";
import type { Client } from "../run/client.ts";
import { simulate } from "./simulate.ts";
import { CUT_AFTER_CALL, simulationHarness, SLOW_WIRE, toolPlan } from "./simulation-bed.test-support.ts";

const harness = simulationHarness([effectNotRepeated, resultNotLost, recoversOrReports]);

describe("a simulated run", () => {
  it("takes the reference client through a clean session", async () => {
    const { record, verdicts } = await simulate(toolPlan([]), reference, { harness });
    expect(verdicts.map(({ rule, outcome }) => [rule, outcome])).toEqual([
      ["INV-02", "holds"],
      ["INV-03", "holds"],
      ["INV-23", "holds"],
    ]);
    expect(record.history.filter(({ kind }) => kind === "turn-ended")).toMatchObject([
      { outcome: "completed", probe: false },
      { outcome: "completed", probe: true },
    ]);
    expect(record.history.at(-1)).toMatchObject({ kind: "run-ended" });
    expect(record.history.at(-1)?.atMs).toBeGreaterThan(1_000);
  });

  it("cuts the wire where the plan says, and the reference client holds", async () => {
    const { faults, verdicts } = await simulate(toolPlan([CUT_AFTER_CALL]), reference, { harness });
    expect(faults).toMatchObject([{ state: "fired" }]);
    expect(verdicts.filter(({ outcome }) => outcome === "violated" || outcome === "unknown")).toEqual([]);
  });

  it("shows a planted bug", async () => {
    const { verdicts } = await simulate(toolPlan([CUT_AFTER_CALL]), forgetful, { harness });
    expect(verdicts.filter(({ outcome }) => outcome === "violated").map(({ rule }) => rule)).toContain("INV-02");
  });

  it("is the same to the last event when it is run again, with other runs in between", async () => {
    const plan = toolPlan([SLOW_WIRE, CUT_AFTER_CALL]);
    const first = await simulate(plan, reference, { harness });
    const other = await simulate({ ...plan, seed: 2 }, reference, { harness });
    const second = await simulate(plan, reference, { harness });
    expect(second.record.history).toEqual(first.record.history);
    expect(other.record.history).not.toEqual(first.record.history);
  });

  it("goes the same way where Node has to be driven turn by turn", async () => {
    const byTurns = simulationHarness(harness.checkers, [createSimulation({ driver: "turns" })]);
    const plan = toolPlan([SLOW_WIRE, CUT_AFTER_CALL]);
    const [atOnce, turned] = [
      await simulate(plan, reference, { harness }),
      await simulate(plan, reference, { harness: byTurns }),
    ];
    expect(turned.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(turned.digest).toBe(atOnce.digest);
    expect(turned.verdicts).toEqual(atOnce.verdicts);
  });

  it("ends where its client goes round and round without time passing, and says so", async () => {
    const spinning: Client = {
      ...reference,
      name: "spinning",
      open: async () => ({
        async runTurn() {
          const again = (): void => void setImmediateOf(again);
          again();
          return await new Promise(() => undefined);
        },
        close: async () => undefined,
      }),
    };
    const { record } = await simulate(toolPlan([]), spinning, { harness });
    expect(record.history.map(({ kind }) => kind)).toContain("limit-reached");
    expect(record.history.find(({ kind }) => kind === "limit-reached")).toMatchObject({ limit: "tasksAtOnce" });
    expect(record.history.at(-1)).toMatchObject({ kind: "run-ended" });
  });
});

describe("a step of the client's wall clock", () => {
  const step: ScheduledFault = {
    id: "step",
    fault: { kind: "clock-step", byMs: -3_600_000 },
    when: { place: { session: 0 }, at: { kind: "point", point: "P8", occurrence: 1 } },
    heal: { kind: "after", delayMs: 200 },
  };
  /** The reference client, noting what the calendar says around each of its tools' second. */
  function noting(seen: string[]): Client {
    const clock = createSystemClock();
    const note = (): void => void seen.push(clock.wallTime());
    return {
      ...reference,
      async open(context) {
        const tools = context.tools.map((tool) => ({
          ...tool,
          async run(argumentsJson: string) {
            note();
            const running = tool.run(argumentsJson);
            await sleep(clock, 100);
            note();
            const output = await running;
            note();
            return output;
          },
        }));
        return await reference.open({ ...context, tools });
      },
    };
  }

  it("is seen by it from the anchor until it heals, and by no time of the history", async () => {
    const [stepped, even]: [string[], string[]] = [[], []];
    const { record, faults, verdicts } = await simulate(toolPlan([step]), noting(stepped), { harness });
    const undisturbed = await simulate(toolPlan([]), noting(even), { harness });
    expect(faults).toMatchObject([{ state: "fired" }]);
    expect(verdicts.filter(({ outcome }) => outcome === "violated")).toEqual([]);
    const hours = (texts: readonly string[]): readonly string[] => texts.map((text) => text.slice(0, 13));
    expect(hours(even)).toEqual(["2026-01-01T00", "2026-01-01T00", "2026-01-01T00"]);
    expect(hours(stepped)).toEqual(["2026-01-01T00", "2025-12-31T23", "2026-01-01T00"]);
    const [end, undisturbedEnd] = [record, undisturbed.record].map(({ history }) => history.at(-1)?.atMs ?? 0);
    expect(Math.abs((end ?? 0) - (undisturbedEnd ?? 0))).toBeLessThan(5);
    const times = record.history.map(({ atMs }) => atMs);
    expect(times).toEqual(times.toSorted((left, right) => left - right));
  });
});

describe("a port whose dials get no answer", () => {
  const gone = (point: "P6" | "P14", delayMs: number): ScheduledFault => ({
    id: "gone",
    fault: { kind: "refuse", how: "unanswered" },
    when: { place: { session: 0 }, at: { kind: "point", point, occurrence: 1 } },
    heal: { kind: "after", delayMs },
  });

  it("lets the client's dials hang until it heals, and each is in the history", async () => {
    const { record, faults, verdicts } = await simulate(toolPlan([gone("P6", 900)]), reference, { harness });
    expect(faults).toMatchObject([{ state: "fired" }]);
    expect(verdicts.filter(({ outcome }) => outcome === "violated")).toEqual([]);
    const dials = record.history.filter(({ kind }) => kind === "dial-unanswered" || kind === "dialled");
    expect(dials.map(({ kind }) => kind)).toEqual(["dialled", "dial-unanswered", "dial-unanswered", "dialled"]);
    const [, first, second, last] = dials.map(({ atMs }) => atMs);
    // A dial of the reference client may take 400 ms; then it waits for 20 to 40 ms, and twice as long.
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThan(400);
    expect((last ?? 0) - (second ?? 0)).toBeGreaterThan(400);
    const healed = record.history.find(({ kind }) => kind === "fault-healed");
    expect(last).toBeGreaterThan(healed?.atMs ?? Infinity);
  });

  it("was missed where it ended before anybody dialled, although it ended a connection", async () => {
    const { faults } = await simulate(toolPlan([gone("P14", 0)]), reference, { harness });
    expect(faults).toMatchObject([{ state: "missed", why: "no dial came while nobody answered" }]);
  });
});

/** What a client takes for granted, under a name that the rules of this project let pass. */
const setImmediateOf = (callback: () => void): unknown =>
  Reflect.apply(Reflect.get(globalThis, "setImmediate"), undefined, [callback]);
