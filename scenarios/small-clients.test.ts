import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHarness, createMemoryHistorySink, type Plan, runAndJudge, type Verdict } from "cutwire";
import { afterAll, describe, expect, it } from "vitest";

const harness = createHarness();
const directory = mkdtempSync(join(tmpdir(), "cutwire-small-clients-"));
afterAll(() => rmSync(directory, { recursive: true }));

/** What a rule says of a client that is no policy of the reference client, but a small program of its own. */
async function judge(client: string, rule: string, plan: Plan): Promise<Verdict | undefined> {
  const module =
    client === "reference" ? harness.clients.get(client) : new URL(`./clients/${client}.js`, import.meta.url).href;
  const { verdicts, faults } = await runAndJudge(
    {
      plan,
      module: module ?? "",
      backend: "embedded",
      target: "reference",
      sink: createMemoryHistorySink(),
      stateDirectory: mkdtempSync(join(directory, "state-")),
    },
    harness,
  );
  expect(faults.filter(({ state }) => state !== "fired")).toEqual([]);
  return verdicts.find((verdict) => verdict.rule === rule);
}

const LIMITS = { runMs: 60_000, eventsMax: 20_000, bytesMax: 10_000_000, sessionsMax: 1 };

/** The end of the first answer comes twice, and the second time before anybody asks for another one. */
const END_TWICE: Plan = {
  formatVersion: 1,
  seed: 1,
  workload: {
    sessions: [
      {
        turns: [
          { userText: "Tell me about lighthouses.", script: { steps: [{ text: "A tower with a lamp." }] } },
          { userText: "And of windmills?", script: { steps: [{ text: "A mill whose sails the wind turns." }] } },
        ],
      },
    ],
  },
  faults: [
    {
      id: "twice",
      fault: { kind: "sequence", what: "duplicate" },
      when: {
        place: { session: 0 },
        at: { kind: "event", direction: "to-client", type: "response.completed", occurrence: 1, edge: "before" },
      },
      heal: { kind: "on-close" },
    },
  ],
  limits: LIMITS,
};

describe("a client that answers a turn with what waited on its socket", () => {
  it("is convicted by INV-17, which the reference client keeps", async () => {
    expect(await judge("queueing", "INV-17", END_TWICE)).toMatchObject({
      outcome: "violated",
      message: expect.stringMatching(/turn 1 shows text of \S+, which was asked for by an earlier turn/),
    });
    expect(await judge("reference", "INV-17", END_TWICE)).toMatchObject({ outcome: "holds" });
  });
});
