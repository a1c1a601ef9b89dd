import type { Verdict } from "cutwire";
import { describe, expect, it } from "vitest";

import { PLANTED_BUGS, PLANTED_BUGS_OF_TIMING } from "./planted-bugs.test-support.ts";
import { harness, planOf, runOnSockets } from "./run-on-sockets.test-support.ts";

async function judge(client: string, scenario: string): Promise<readonly Verdict[]> {
  const { verdicts, faults } = await runOnSockets(client, planOf(scenario));
  expect(faults.filter(({ state }) => state !== "fired")).toEqual([]);
  return verdicts;
}

describe("a planted bug", () => {
  it.each(PLANTED_BUGS)("$client is convicted of $rules by $scenario", async ({ client, rules, scenario }) => {
    const violated = (await judge(client, scenario)).filter(({ outcome }) => outcome === "violated");
    expect(violated.map(({ rule }) => rule)).toEqual(expect.arrayContaining([...rules]));
    expect(violated.filter(({ evidence }) => evidence.length === 0)).toEqual([]);
  });

  it.each(PLANTED_BUGS)(
    "of $client is judged by $rules, which the reference client keeps in $scenario",
    async ({ rules, scenario }) => {
      const verdicts = await judge("reference", scenario);
      const own = verdicts.filter(({ rule }) => rules.includes(rule));
      expect(own.map(({ outcome }) => outcome)).toEqual(rules.map(() => "holds"));
      expect(verdicts.filter(({ outcome }) => outcome === "violated" || outcome === "unknown")).toEqual([]);
    },
  );

  it("is each client that is planted", () => {
    const tried = new Set([...PLANTED_BUGS, ...PLANTED_BUGS_OF_TIMING].map(({ client }) => client));
    const planted = [...harness.clients.keys()].filter((name) => name.startsWith("planted:"));
    expect(planted.filter((name) => !tried.has(name))).toEqual([]);
    expect(planted.length).toBeGreaterThan(20);
  });
});
