import { describe, expect, it } from "vitest";

import type { HistoryEvent } from "../history/event.ts";
import { PlanSchema } from "../plan/plan.ts";
import { herdPlan, reconnectHistogram } from "./herd.ts";

const place = (sequence: number, atMs: number): Pick<HistoryEvent, "sequence" | "sourceSequence" | "atMs"> => ({
  sequence,
  sourceSequence: sequence,
  atMs,
});
const dialled = (sequence: number, atMs: number): HistoryEvent => ({
  ...place(sequence, atMs),
  source: "client-face",
  kind: "dialled",
});
const cut: HistoryEvent = {
  ...place(1, 100),
  source: "fault",
  kind: "fault-applied",
  id: "cut",
  fault: {},
  delayMs: 0,
};

describe("a herd", () => {
  it("is a valid plan that cuts every client at once and turns its dials away", () => {
    const plan = herdPlan({ clients: 25, rejectedDials: 3, seed: 9 });
    expect(PlanSchema.safeParse(plan).success).toBe(true);
    expect(plan.workload.sessions).toHaveLength(25);
    expect(plan.faults.map(({ fault, when }) => [fault.kind, when.place.session])).toEqual([
      ["cut", "all"],
      ["reject", "all"],
    ]);
    expect(herdPlan({ clients: 2, rejectedDials: 0, seed: 9 }).faults).toHaveLength(1);
  });

  it("is counted by when its clients dial after the cut, and not by what was before", () => {
    const times = [100, 101, 104, 104, 123];
    const history = [dialled(0, 3), cut, ...times.map((atMs, index) => dialled(index + 2, atMs))];
    const histogram = reconnectHistogram(history);
    expect(histogram).toMatchObject({ dials: 5, bucketMs: 1, peak: 2 });
    expect(histogram.buckets).toHaveLength(24);
    expect(histogram.buckets.reduce((sum, dials) => sum + dials, 0)).toBe(5);
    expect(histogram.mean).toBeCloseTo(5 / 24);
    const wide = reconnectHistogram([cut, dialled(2, 100), dialled(3, 1_099)]);
    expect(wide).toMatchObject({ bucketMs: 50, peak: 1, dials: 2 });
    expect(wide.buckets).toHaveLength(20);
  });

  it("is empty where nobody came back, or nothing was cut", () => {
    expect(reconnectHistogram([dialled(0, 3), cut])).toEqual({ dials: 0, bucketMs: 1, buckets: [], peak: 0, mean: 0 });
    expect(reconnectHistogram([dialled(0, 3)]).dials).toBe(0);
  });
});
