import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHarness, createMemoryHistorySink, runAndJudge, type Scenario } from "cutwire";
import { afterAll, describe, expect, it } from "vitest";

const FOLDER = new URL("./", import.meta.url);
const REPETITIONS = process.env["HARNESS_FULL"] === undefined ? 5 : 100;
const SIDE_BY_SIDE = 4;

const scenarios = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".json"))
  .map((file) => JSON.parse(readFileSync(new URL(file, FOLDER), "utf8")) as Scenario);

describe("the reference client", () => {
  const harness = createHarness();
  const module = harness.clients.get("reference") ?? "";
  const directory = mkdtempSync(join(tmpdir(), "cutwire-reference-"));
  afterAll(() => rmSync(directory, { recursive: true }));

  it("finds scenarios to run", () => {
    expect(scenarios.length).toBeGreaterThanOrEqual(6);
  });

  it.each(scenarios)(`is convicted of nothing in ${REPETITIONS} runs of $name`, async ({ name, plan }) => {
    const once = async (repetition: number): Promise<readonly string[]> => {
      const { verdicts, faults } = await runAndJudge(
        {
          plan,
          module,
          backend: "embedded",
          target: "reference",
          sink: createMemoryHistorySink(),
          stateDirectory: join(directory, name, String(repetition)),
        },
        harness,
      );
      return [
        ...faults.filter(({ state }) => state !== "fired").map(({ id, state, why }) => `${id} ${state}: ${why ?? ""}`),
        ...verdicts
          .filter(({ outcome }) => outcome !== "holds" && outcome !== "not-exercised")
          .map(({ rule, message }) => `${rule}: ${message}`),
      ];
    };
    const troubles: string[] = [];
    for (let done = 0; done < REPETITIONS; done += SIDE_BY_SIDE) {
      const batch = Array.from({ length: Math.min(SIDE_BY_SIDE, REPETITIONS - done) }, (_, index) => done + index);
      troubles.push(...(await Promise.all(batch.map(once))).flat());
    }
    expect(troubles).toEqual([]);
  });
});
