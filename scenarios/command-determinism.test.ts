import { describe, expect, it } from "vitest";

import { planOf, workplaceOf } from "./cutwire-command.test-support.ts";

const FORGETFUL = `
let turns = 0;
export const client = {
  name: "remembers-the-run-before",
  contract: {},
  open: async () => ({
    async runTurn() {
      turns += 1;
      await new Promise((resolve) => setTimeout(resolve, turns * 10));
      return { outcome: "completed", text: "" };
    },
    close: async () => undefined,
  }),
};
`;

describe("cutwire run --check-determinism", () => {
  it.concurrent("says that each run was the same twice, and stores nothing", async (context) => {
    const place = workplaceOf(context);
    place.write("plan.json", planOf({}));
    const { code, stdout } = await place.run(["run", "plan.json", "--check-determinism", "--backend", "simulation"]);
    expect(stdout).toMatch(/^plan: [0-9a-f]{16}, twice the same\n1 scenario, each twice the same\n$/);
    expect(code).toBe(0);
    expect(place.strays()).toEqual([]);
  });

  it.concurrent("ends with 1 and both sides of the first event that differs", async (context) => {
    const place = workplaceOf(context);
    place.write("plan.json", planOf({}));
    place.write("client.mjs", FORGETFUL);
    const args = ["run", "plan.json", "--check-determinism", "--backend", "simulation", "--client", "./client.mjs"];
    const { code, stdout } = await place.run(args);
    expect(stdout).toMatch(
      /event \d+ is the first that differs\n {4}first run: {2}atMs=1\d\.\d .*\n {4}second run: atMs=3\d\.\d /,
    );
    expect(stdout).toContain("1 scenario, 1 not the same twice");
    expect(code).toBe(1);
  });

  it.concurrent("is refused on the machine's clock, with what to add", async (context) => {
    const place = workplaceOf(context);
    place.write("plan.json", planOf({}));
    const { code, stderr } = await place.run(["run", "plan.json", "--check-determinism"]);
    expect(stderr).toContain("Add --backend simulation.");
    expect(code).toBe(3);
  });
});
