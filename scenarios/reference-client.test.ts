import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHarness, createMemoryHistorySink, runAndJudge, type Scenario, type Verdict } from "cutwire";
import { afterAll, describe, expect, it } from "vitest";

const FOLDER = new URL("./", import.meta.url);
const REPETITIONS = process.env["HARNESS_FULL"] === undefined ? 2 : 100;
const SIDE_BY_SIDE = 2;
/** A machine that is busy with other things leaves rules about time undecided, but not each time. */
const TRIES_MAX = REPETITIONS + 4;

const scenarios = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".json"))
  .map((file) => JSON.parse(readFileSync(new URL(file, FOLDER), "utf8")) as Scenario);

/** What a run says against the client, and what it could not say. */
type Judgement = { readonly convictions: readonly string[]; readonly doubts: readonly string[] };

function messagesOf(wanted: Verdict["outcome"], verdicts: readonly Verdict[]): readonly string[] {
  return verdicts.filter(({ outcome }) => outcome === wanted).map(({ rule, message }) => `${rule}: ${message}`);
}

describe("the reference client", () => {
  const harness = createHarness();
  const module = harness.clients.get("reference") ?? "";
  const directory = mkdtempSync(join(tmpdir(), "cutwire-reference-"));
  afterAll(() => rmSync(directory, { recursive: true }));

  it("finds scenarios to run", () => {
    expect(scenarios.length).toBeGreaterThanOrEqual(6);
  });

  it.concurrent.each(scenarios)(`is convicted of nothing in ${REPETITIONS} runs of $name`, async ({ name, plan }) => {
    const once = async (repetition: number): Promise<Judgement> => {
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
      const doubts = [
        ...faults.filter(({ state }) => state !== "fired").map(({ id, state, why }) => `${id} ${state}: ${why ?? ""}`),
        ...messagesOf("unknown", verdicts),
      ];
      return { convictions: messagesOf("violated", verdicts), doubts };
    };
    const judgements: Judgement[] = [];
    for (let done = 0; done < REPETITIONS; done += SIDE_BY_SIDE) {
      const batch = Array.from({ length: Math.min(SIDE_BY_SIDE, REPETITIONS - done) }, (_, index) => done + index);
      judgements.push(...(await Promise.all(batch.map(once))));
    }
    while (judgements.length < TRIES_MAX && judgements.every(({ doubts }) => doubts.length > 0)) {
      judgements.push(await once(judgements.length));
    }
    expect(judgements.flatMap(({ convictions }) => convictions)).toEqual([]);
    expect(judgements.map(({ doubts }) => doubts)).toContainEqual([]);
  });
});
