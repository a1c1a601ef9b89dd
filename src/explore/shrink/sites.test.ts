import { describe, expect, it } from "vitest";

import { withEdits } from "./edits.ts";
import { lowerNumbers, numberSites, textSites } from "./sites.ts";

describe("lower numbers", () => {
  it.each([
    [100, 0, [0, 50, 75, 87, 93]],
    [5, 1, [1, 3, 4]],
    [2, 1, [1]],
    [1, 1, []],
    [0, 0, []],
    [12.5, 0, [0, 6, 9, 10, 11, 12]],
    [0.5, 0, [0]],
  ])("of %d, not below %d, are %j", (value, least, lower) => {
    expect(lowerNumbers(value, least)).toEqual(lower);
  });
});

describe("a number below 0", () => {
  it("comes nearer to 0, and keeps its sign", () => {
    const [site] = numberSites(["byMs"], -100, -1);
    expect(site?.simplest).toEqual({ path: ["byMs"], value: -1 });
    expect(site?.between.map((edit) => "value" in edit && edit.value)).toEqual([-50, -75, -87, -93]);
    expect(numberSites(["byMs"], -1, -1)).toEqual([]);
  });
});

describe("a text", () => {
  it("stays as it is where it is short, and is cut between characters where it is not", () => {
    expect(textSites(["text"], "x".repeat(64))).toEqual([]);
    const [site] = textSites(["text"], "🎈".repeat(100));
    expect(site?.simplest).toEqual({ path: ["text"], value: "🎈".repeat(64) });
    expect(site?.between.map((edit) => ("value" in edit ? String(edit.value).length / 2 : 0))).toEqual([
      82, 91, 95, 97,
    ]);
  });
});

describe("a change of a plan", () => {
  const plan = { faults: [{ id: "a", when: { delayMs: 5, at: 1 } }, { id: "b" }], seed: 1 };

  it("is made at its place, and leaves everything else", () => {
    const changed = withEdits(plan, [
      { path: ["faults", 0, "when", "delayMs"], leaveOut: true },
      { path: ["faults", 1, "id"], value: "c" },
    ]);
    expect(changed).toEqual({ faults: [{ id: "a", when: { at: 1 } }, { id: "c" }], seed: 1 });
    expect(plan.faults[0]?.when?.delayMs).toBe(5);
  });

  it("is passed over where its place is gone", () => {
    const changed = withEdits(plan, [
      { path: ["faults", 0, "when"], leaveOut: true },
      { path: ["faults", 0, "when", "at"], value: 2 },
      { path: ["faults", 7, "id"], value: "d" },
    ]);
    expect(changed).toEqual({ faults: [{ id: "a" }, { id: "b" }], seed: 1 });
  });
});
