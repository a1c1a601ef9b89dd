import { describe, expect, it } from "vitest";

import { figureText, ratioText } from "./figures.ts";
import { comparedByRound, measureInRounds, spreadOf } from "./rounds.ts";

describe("rounds of a benchmark", () => {
  it("measure every subject once per round, each time with another one first", async () => {
    const order: string[] = [];
    const results = await measureInRounds(["a", "b", "c"], 3, async (subject) => {
      order.push(subject);
      return await Promise.resolve(order.length);
    });
    expect(order.join("")).toBe("abcbcacab");
    expect([...results]).toEqual([
      ["a", [1, 6, 8]],
      ["b", [2, 4, 9]],
      ["c", [3, 5, 7]],
    ]);
  });

  it("are compared one by one, so that a slow round of both changes nothing", () => {
    const ratio = comparedByRound([10, 1, 30], [20, 2, 60], (one, other) => one / other);
    expect(ratio).toEqual({ median: 0.5, lowerQuartile: 0.5, upperQuartile: 0.5 });
    expect(ratioText(ratio)).toBe("0.50 (0.50–0.50)");
  });

  it("come to a median and quartiles, whatever their order", () => {
    expect(spreadOf([5, 1, 4, 2, 3])).toEqual({ median: 3, lowerQuartile: 2, upperQuartile: 4 });
    expect(() => spreadOf([])).toThrow("nothing was measured");
  });

  it("are printed with three digits", () => {
    expect([12_345, 4.567, 0.0123].map(figureText)).toEqual(["12,300", "4.57", "0.0123"]);
  });
});
