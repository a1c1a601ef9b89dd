import { describe, expect, it } from "vitest";

import { type FinishedCommand, type Workplace, workplaceOf } from "./cutwire-command.test-support.ts";

const CLIENT = "openai-agents";

/** Two turns, one with a tool, and nothing that goes wrong. */
const CLEAN = {
  formatVersion: 1,
  name: "clean",
  why: "Nothing happens to the connection.",
  plan: {
    formatVersion: 1,
    seed: 1,
    workload: {
      sessions: [
        {
          turns: [
            {
              userText: "Book a seat for me, please.",
              script: {
                steps: [
                  { text: "I will see to it.", calls: [{ operation: "book-seat", arguments: { seat: "12A" } }] },
                  { text: "It is booked." },
                ],
              },
            },
            { userText: "Thank you.", script: { steps: [{ text: "You are welcome." }] } },
          ],
        },
      ],
    },
    faults: [],
    limits: { runMs: 30_000, eventsMax: 10_000, bytesMax: 10_000_000, sessionsMax: 1 },
  },
};

type Recorded = { readonly kind: string; readonly [key: string]: unknown };

/** The events of one kind that a run stored, in order. */
function recorded(place: Workplace, scenario: string, kind: string): readonly Recorded[] {
  return place
    .read(`.cutwire/latest/${scenario}/history.jsonl`)
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Recorded)
    .filter((event) => event.kind === kind);
}

async function runOn(backend: string, scenario: string, place: Workplace): Promise<FinishedCommand> {
  return await place.run(["run", scenario, "--client", CLIENT, "--backend", backend, "--confirm", "0"]);
}

/** The creates that left the client, each with its connection and the kinds of its input's items. */
function createsOf(place: Workplace, scenario: string): readonly object[] {
  return recorded(place, scenario, "message")
    .filter(({ source, type }) => source === "client-face" && type === "response.create")
    .map(({ connection, body }) => {
      const { input } = body as { input: readonly { type?: string; role?: string }[] };
      return { connection, input: input.map(({ type = "message", role }) => role ?? type) };
    });
}

describe.for(["embedded", "simulation"])("the Agents SDK on %s", (backend) => {
  it("completes turns with a tool over one connection, and sends all of the conversation each time", async (context) => {
    const place = workplaceOf(context);
    const { code, stdout } = await runOn(backend, `./${place.write("clean.json", CLEAN)}`, place);
    expect(stdout).toContain("1 scenario: 1 as expected");
    expect(code).toBe(0);
    expect(recorded(place, "clean", "turn-ended").map(({ text }) => text)).toEqual([
      "I will see to it.It is booked.",
      "You are welcome.",
      "It does.",
    ]);
    expect(createsOf(place, "clean").slice(0, 3)).toEqual([
      { connection: 0, input: ["user"] },
      { connection: 0, input: ["user", "assistant", "function_call", "function_call_output"] },
      { connection: 0, input: ["user", "assistant", "function_call", "function_call_output", "assistant", "user"] },
    ]);
  });

  it("does not send a create again that may have arrived, says so, and goes on with the next turn", async (context) => {
    const place = workplaceOf(context);
    await runOn(backend, "rst-behind-the-create", place);
    expect(recorded(place, "rst-behind-the-create", "fault-applied")).toHaveLength(1);
    expect(recorded(place, "rst-behind-the-create", "turn-ended")).toMatchObject([
      { outcome: "failed", cause: expect.stringContaining("closed before a terminal response event") },
      { outcome: "completed", probe: true },
    ]);
    expect(createsOf(place, "rst-behind-the-create")).toEqual([
      { connection: 0, input: ["user"] },
      { connection: 1, input: ["user", "user"] },
    ]);
  });

  it("takes the late end of an earlier response for the answer to a new create", async (context) => {
    const place = workplaceOf(context);
    const { code, stdout } = await runOn(backend, "late-end-of-an-earlier-turn", place);
    expect(stdout).toMatch(
      /INV-17 events-attributed: violated, 1 of 1 runs\n {4}session 0: turn 1 completed with the end/,
    );
    expect(code).toBe(1);
  });
});
