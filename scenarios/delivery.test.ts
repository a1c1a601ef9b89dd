import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createHarness,
  createMemoryHistorySink,
  type HistoryEvent,
  type Plan,
  runAndJudge,
  type ScheduledFault,
} from "cutwire";
import { afterAll, describe, expect, it } from "vitest";

const LISTENER = new URL("./clients/listener.js", import.meta.url).href;
const SESSIONS = 8;
const CUTS = process.env["HARNESS_FULL"] === undefined ? 96 : 500;

/** Eight sessions side by side, each cut behind the finished call of its first response. */
function planOf(latencyMs: number): Plan {
  const sessions = Array.from({ length: SESSIONS }, (_, session) => ({
    turns: [
      {
        userText: "Do it, please.",
        script: { steps: [{ calls: [{ operation: `do-it-${session}` }] }, { text: "It is done." }] },
      },
    ],
  }));
  const faults = sessions.flatMap((_, session): ScheduledFault[] => [
    {
      id: `slow-${session}`,
      fault: { kind: "toxic", type: "latency", direction: "to-client", attributes: { latency: latencyMs, jitter: 0 } },
      when: { place: { session }, at: { kind: "point", point: "P0", occurrence: 1 } },
      heal: { kind: "never" },
    },
    {
      id: `cut-${session}`,
      fault: { kind: "cut", mode: "fin" },
      when: { place: { session }, at: { kind: "point", point: "P6", occurrence: 1 } },
      heal: { kind: "on-close" },
    },
  ]);
  return {
    formatVersion: 1,
    seed: 1,
    workload: { sessions },
    faults: faults.filter(({ id }) => latencyMs > 0 || id.startsWith("cut")),
    limits: { runMs: 60_000, eventsMax: 100_000, bytesMax: 10_000_000, sessionsMax: SESSIONS },
  };
}

describe("a cut between output_item.done and response.completed", () => {
  const directory = mkdtempSync(join(tmpdir(), "cutwire-delivery-"));
  afterAll(() => rmSync(directory, { recursive: true }));

  it.each([0, 50])("lets the client receive the one and never the other, with %i ms of latency", async (latencyMs) => {
    const harness = createHarness();
    let cuts = 0;
    let doneReceived = 0;
    let completedReceived = 0;
    while (cuts < CUTS) {
      const { record, faults } = await runAndJudge(
        {
          plan: planOf(latencyMs),
          module: LISTENER,
          backend: "embedded",
          target: "reference",
          sink: createMemoryHistorySink(),
          stateDirectory: directory,
        },
        harness,
      );
      expect(faults.filter(({ state }) => state !== "fired")).toEqual([]);
      const received = (type: string, session: number): boolean =>
        record.history.some(
          (event: HistoryEvent) => event.session === session && event.kind === "text" && event.text === type,
        );
      for (let session = 0; session < SESSIONS && cuts < CUTS; session += 1) {
        cuts += 1;
        if (received("response.output_item.done", session)) doneReceived += 1;
        if (received("response.completed", session)) completedReceived += 1;
      }
    }
    console.log(
      `cut after output_item.done, latency ${latencyMs} ms: ` +
        `item.done received ${doneReceived} of ${cuts}, completed received ${completedReceived} of ${cuts}`,
    );
    expect({ doneReceived, completedReceived }).toEqual({ doneReceived: CUTS, completedReceived: 0 });
  });
});
