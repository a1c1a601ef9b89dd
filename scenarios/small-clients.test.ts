import type { Plan, SessionScript, Verdict } from "cutwire";
import { describe, expect, it } from "vitest";

import { SMALL_CLIENTS } from "./planted-bugs.test-support.ts";
import { planOf, runOnSockets } from "./run-on-sockets.test-support.ts";

/** What a rule says of a client that is no policy of the reference client, but a small program of its own. */
async function judge(client: string, rule: string, plan: Plan): Promise<Verdict | undefined> {
  const { verdicts, faults } = await runOnSockets(client, plan);
  expect(faults.filter(({ state }) => state !== "fired")).toEqual([]);
  return verdicts.find((verdict) => verdict.rule === rule);
}

/** A busy machine may leave a rule about time undecided; so often it is tried again, as --confirm does. */
const TRIES_MAX = 4;

/** What a rule says of a client, as soon as it says what is wanted. */
async function decided(
  wanted: Verdict["outcome"],
  client: string,
  { rule, plan }: { rule: string; plan: Plan },
): Promise<Verdict | undefined> {
  for (let left = TRIES_MAX; ; left -= 1) {
    const verdict = await judge(client, rule, plan);
    if (left === 1 || verdict?.outcome === wanted) return verdict;
  }
}

const LIMITS = { runMs: 60_000, eventsMax: 50_000, bytesMax: 50_000_000, sessionsMax: 4 };

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

/** Four long sessions in which nothing happens, and every answer takes a while. */
const UNEVENTFUL: Plan = {
  formatVersion: 1,
  seed: 1,
  workload: {
    sessions: Array.from({ length: 4 }, (): SessionScript => ({
      turns: Array.from({ length: 30 }, (_, turn) => ({
        userText: `Tell me about number ${turn + 100}.`,
        script: { steps: [{ text: `It is the one behind ${turn + 99}.`, deltas: 3, deltaGapMs: 15 }] },
      })),
    })),
  },
  faults: [],
  limits: LIMITS,
};

describe("a small client", () => {
  it("that answers a turn with what waited on its socket is convicted by INV-17", async () => {
    const asked = { rule: "INV-17", plan: END_TWICE };
    expect(await decided("violated", "./scenarios/clients/queueing.js", asked)).toMatchObject({
      outcome: "violated",
      message: expect.stringMatching(/turn 1 shows text of \S+, which was asked for by an earlier turn/),
    });
    expect(await decided("holds", "reference", asked)).toMatchObject({ outcome: "holds" });
  });

  it.each(SMALL_CLIENTS)(
    "is $client, convicted by $rules in $scenario",
    async ({ client, rules: [rule], scenario }) => {
      const asked = { rule, plan: planOf(scenario) };
      const verdict = await decided("violated", client, asked);
      expect(verdict).toMatchObject({ outcome: "violated", evidence: expect.arrayContaining([expect.any(Number)]) });
      expect(await decided("holds", "reference", asked)).toMatchObject({ outcome: "holds" });
    },
  );

  it("that asks again because an answer takes a while is convicted by B8 in the long run", async () => {
    const asked = { rule: "B8", plan: UNEVENTFUL };
    expect(await decided("violated", "./scenarios/clients/impatient.js", asked)).toMatchObject({
      outcome: "violated",
      message: expect.stringMatching(/^\d+ of \d+ creates were retries$/),
    });
    expect(await decided("holds", "reference", asked)).toMatchObject({ outcome: "holds" });
  });
});
