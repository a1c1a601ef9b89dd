import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHarness, createMemoryHistorySink, runAndJudge, type Scenario, type Verdict } from "cutwire";
import { afterAll, describe, expect, it } from "vitest";

/** Each planted bug, the rule that it is there for, and the smallest scenario that shows it. */
const PLANTED_BUGS: readonly (readonly [client: string, rule: string, scenario: string])[] = [
  ["planted:M01", "INV-04", "rst-after-output-sent"],
  ["planted:M02", "INV-14", "previous-response-not-found"],
  ["planted:M03", "INV-12", "close-1001-while-tool-runs"],
  ["planted:M04", "INV-13", "close-1012-while-tool-runs"],
  ["planted:M08", "INV-01", "call-delivered-twice"],
  ["planted:M09", "INV-03", "close-1012-while-tool-runs"],
  ["planted:M11", "INV-02", "cut-after-call-done"],
  ["planted:M12", "INV-05", "fin-inside-arguments"],
  ["planted:M13", "INV-22", "close-1000-mid-text"],
  ["planted:M17", "INV-17", "late-end-of-an-earlier-turn"],
  ["planted:M27", "INV-15", "rst-after-output-sent"],
  ["planted:M28", "INV-19", "delta-delivered-twice"],
  ["planted:M29", "INV-20", "fin-mid-text"],
];

const harness = createHarness();
const directory = mkdtempSync(join(tmpdir(), "cutwire-planted-"));
afterAll(() => rmSync(directory, { recursive: true }));

async function judge(client: string, scenario: string): Promise<readonly Verdict[]> {
  const text = readFileSync(new URL(`${scenario}.json`, import.meta.url), "utf8");
  const { plan } = JSON.parse(text) as Scenario;
  const { verdicts, faults } = await runAndJudge(
    {
      plan,
      module: harness.clients.get(client) ?? "",
      backend: "embedded",
      target: "reference",
      sink: createMemoryHistorySink(),
      stateDirectory: mkdtempSync(join(directory, "state-")),
    },
    harness,
  );
  expect(faults.filter(({ state }) => state !== "fired")).toEqual([]);
  return verdicts;
}

describe("a planted bug", () => {
  it.each(PLANTED_BUGS)("%s is convicted of its own rule, %s, by %s", async (client, rule, scenario) => {
    const verdicts = await judge(client, scenario);
    expect(verdicts.filter(({ outcome }) => outcome === "violated").map((verdict) => verdict.rule)).toContain(rule);
    const own = verdicts.find((verdict) => verdict.rule === rule);
    expect(own?.evidence.length).toBeGreaterThan(0);
  });

  it.each(PLANTED_BUGS)(
    "of %s is judged by %s, which the reference client keeps in %s",
    async (_client, rule, scenario) => {
      const verdicts = await judge("reference", scenario);
      expect(verdicts.find((verdict) => verdict.rule === rule)?.outcome).toBe("holds");
      expect(verdicts.filter(({ outcome }) => outcome === "violated" || outcome === "unknown")).toEqual([]);
    },
  );
});
