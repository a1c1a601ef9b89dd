import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHarness, createMemoryHistorySink, runAndJudge, type Scenario, type Verdict } from "cutwire";
import { afterAll, describe, expect, it } from "vitest";

/** Each planted bug, the rule that it is there for, and the smallest scenario that shows it. */
const PLANTED_BUGS: readonly (readonly [client: string, rule: string, scenario: string])[] = [
  ["planted:M05", "INV-32", "on-request/fleet-cut-at-once"],
  ["planted:M06", "INV-33", "close-1011-behind-each-open"],
  ["planted:M07", "INV-34", "reject-every-dial"],
  ["planted:M18", "INV-29", "close-1012-while-tool-runs"],
  ["planted:M20", "INV-25", "half-open-mid-text"],
  ["planted:M21", "INV-25", "half-open-mid-text"],
  ["planted:M24", "INV-42", "rst-while-tool-runs"],
  ["planted:M25", "INV-36", "rst-while-tool-runs"],
  ["planted:M26", "INV-27", "rst-mid-text"],
  ["planted:M30", "INV-30", "rst-after-output-sent"],
  ["planted:M35", "INV-35", "reject-503-with-retry-after"],
];

/** A busy machine may leave a rule about time undecided; so often it is tried again, as --confirm does. */
const TRIES_MAX = 4;
const REPETITIONS = process.env["HARNESS_FULL"] === undefined ? 2 : 10;

const harness = createHarness();
const directory = mkdtempSync(join(tmpdir(), "cutwire-planted-timing-"));
afterAll(() => rmSync(directory, { recursive: true }));

async function judge(client: string, scenario: string): Promise<readonly Verdict[]> {
  const text = readFileSync(new URL(`${scenario}.json`, import.meta.url), "utf8");
  const { plan } = JSON.parse(text) as Scenario;
  const { verdicts } = await runAndJudge(
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
  return verdicts;
}

/** What a rule says of a client, as soon as it says something. */
async function decided(client: string, rule: string, scenario: string): Promise<Verdict | undefined> {
  for (let left = TRIES_MAX; left > 0; left -= 1) {
    const verdict = (await judge(client, scenario)).find((one) => one.rule === rule);
    if (left === 1 || verdict?.outcome === "violated" || verdict?.outcome === "holds") return verdict;
  }
  return undefined;
}

describe.concurrent("a planted bug of the backoff, of deadlines or of the connection", () => {
  it.each(PLANTED_BUGS)("%s is convicted of its own rule, %s, by %s, again and again", async (...bug) => {
    for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
      const verdict = await decided(...bug);
      expect(verdict).toMatchObject({ outcome: "violated" });
      expect(verdict?.evidence.length).toBeGreaterThan(0);
    }
  });

  it.each(PLANTED_BUGS)(
    "of %s is judged by %s, which the reference client keeps in %s",
    async (_client, rule, scenario) => {
      expect(await decided("reference", rule, scenario)).toMatchObject({ outcome: "holds" });
      const verdicts = await judge("reference", scenario);
      expect(verdicts.filter(({ outcome }) => outcome === "violated")).toEqual([]);
    },
  );
});
