import { describe, expect, it } from "vitest";

import type { OptionTable } from "./arguments.ts";
import { fromGoFlags } from "./go-flags.ts";

const OPTIONS: OptionTable = {
  port: { type: "string" },
  seed: { type: "string" },
  loud: { type: "boolean" },
  help: { type: "boolean" },
};

describe("arguments as Go's flag package takes them", () => {
  it.each([
    { given: ["-port", "1"], meant: ["--port=1"] },
    { given: ["--port=1", "-seed", "-5"], meant: ["--port=1", "--seed=-5"] },
    { given: ["-port="], meant: ["--port="] },
    { given: ["-port", "-loud"], meant: ["--port=-loud"] },
    { given: ["-port"], meant: ["--port"] },
    { given: ["-seed=a=b"], meant: ["--seed=a=b"] },
    { given: ["-loud", "--port", "1"], meant: ["--loud", "--port=1"] },
    { given: ["-loud=1", "--loud=TRUE"], meant: ["--loud"] },
    { given: ["-loud", "-loud=false"], meant: [] },
    { given: ["-h"], meant: ["--help"] },
    { given: ["--help"], meant: ["--help"] },
    { given: ["-prot", "1"], meant: ["--prot", "1"] },
    { given: ["-prot=1"], meant: ["--prot=1"] },
    { given: ["-loud", "word", "-port", "1"], meant: ["--loud", "word", "-port", "1"] },
    { given: ["--", "-port"], meant: ["--", "-port"] },
    { given: ["-", "---port", "-=1"], meant: ["-", "---port", "-=1"] },
    { given: [], meant: [] },
  ])("$given are written as $meant", ({ given, meant }) => {
    expect(fromGoFlags(given, OPTIONS)).toEqual(meant);
  });

  it("refuses a switch that is neither on nor off", () => {
    expect(() => fromGoFlags(["-loud=perhaps"], OPTIONS)).toThrow("--loud=perhaps: true or false is expected.");
  });
});
