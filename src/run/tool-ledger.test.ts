import { beforeEach, describe, expect, it } from "vitest";

import { createManualClock, type ManualClock, settle } from "../determinism/manual-clock.ts";
import { digestOfText } from "../determinism/stable-json.ts";
import { openMemoryRecorder } from "../history/memory-recorder.test-support.ts";
import type { Recorder } from "../history/recorder.ts";
import type { Workload } from "../plan/plan.ts";
import type { ProtocolPoint } from "../protocol/protocol-point.ts";
import { type AnchorRegistry, type ArmedAnchor, createAnchorRegistry } from "./anchor-registry.ts";
import { openToolLedger, type ToolRunner, toolsOf } from "./tool-ledger.ts";

const workload: Workload = {
  sessions: [
    {
      turns: [
        {
          userText: "a",
          script: {
            steps: [
              { calls: [{ operation: "book" }, { operation: "slow", name: "wait", toolDurationMs: 500 }] },
              { calls: [{ operation: "pay", name: "wait" }] },
              { text: "Done." },
            ],
          },
        },
      ],
    },
    { turns: [{ userText: "a", script: { steps: [{ text: "Hello." }] } }] },
  ],
};

let clock: ManualClock;
let recorder: Recorder;
let anchors: AnchorRegistry;
let ledger: ToolRunner;
beforeEach(() => {
  clock = createManualClock();
  recorder = openMemoryRecorder(clock).recorder;
  anchors = createAnchorRegistry();
  ledger = openToolLedger({ workload, isScripted: true, anchors, clock, recorder });
});

function kinds(): readonly string[] {
  return recorder.events().map(({ kind }) => kind);
}

function armPoint(point: ProtocolPoint, occurrence = 1): ArmedAnchor {
  return anchors.arm({ session: 0 }, { kind: "point", point, occurrence });
}

/** Runs a tool to its end. */
async function run(argumentsJson: string, session = 0): Promise<string> {
  const running = ledger.run(session, "perform", argumentsJson);
  await clock.advance(1_000);
  return await running;
}

describe("a tool run", () => {
  it("is written down from start to effect to return, and answers a receipt that no other run has", async () => {
    const first = await run('{"operation":"book","seat":"12A"}');
    const second = await run('{"operation":"book","seat":"12A"}');
    expect([first, second]).toEqual([
      '{"operation":"book","receipt":"receipt-000000"}',
      '{"operation":"book","receipt":"receipt-000001"}',
    ]);
    const base = { source: "tool", session: 0, operation: "book", execution: 0 };
    expect(recorder.events().slice(0, 3)).toEqual([
      expect.objectContaining({
        ...base,
        kind: "tool-started",
        name: "perform",
        argumentsDigest: digestOfText('{"operation":"book","seat":"12A"}'),
      }),
      expect.objectContaining({ ...base, kind: "tool-effect" }),
      expect.objectContaining({ ...base, kind: "tool-returned", outputDigest: digestOfText(first), failed: false }),
    ]);
  });

  it("has its effect after the time that the script says, and returns at once then", async () => {
    const running = ledger.run(0, "wait", '{"operation":"slow"}');
    await clock.advance(499);
    expect(kinds()).toEqual(["tool-started"]);
    await clock.advance(1);
    expect(kinds()).toEqual(["tool-started", "tool-effect", "tool-returned"]);
    expect(await running).toContain("receipt-000000");
  });

  it.each([
    ['{"operation":"unknown"}', "no such operation: unknown", "unknown"],
    ['{"operation":', "no such operation: the arguments name none", undefined],
    ["", "no such operation: the arguments name none", undefined],
  ])("has no effect for %j", async (argumentsJson, error, operation) => {
    expect(JSON.parse(await run(argumentsJson))).toEqual({ error, execution: 0 });
    expect(kinds()).toEqual(["tool-started", "tool-returned"]);
    expect(recorder.events().map((event) => event.operation)).toEqual([operation, operation]);
    expect(recorder.events().at(-1)).toMatchObject({ failed: true });
  });

  it("knows the operations of its own session alone", async () => {
    expect(await run('{"operation":"book"}', 1)).toContain("no such operation");
    expect(await run('{"operation":"book"}', 7)).toContain("no such operation");
  });
});

describe("a tool run for a model of somebody else's", () => {
  it("carries out whatever is named, and the n-th operation takes as long as the n-th call of the script", async () => {
    ledger = openToolLedger({ workload, isScripted: false, anchors, clock, recorder });
    expect(await run('{"operation":"book seat 12A"}')).toContain("receipt-000000");
    expect(await run('{"operation":"book seat 12A"}')).toContain("receipt-000001");
    const running = ledger.run(0, "perform", '{"operation":"something else"}');
    await clock.advance(499);
    expect(kinds().at(-1)).toBe("tool-started");
    await clock.advance(1);
    expect(await running).toContain("receipt-000002");
    expect(await run('{"operation":"more than the script has", "n": 4}')).toContain("receipt-000003");
  });

  it("has no effect where the arguments name nothing", async () => {
    ledger = openToolLedger({ workload, isScripted: false, anchors, clock, recorder });
    expect(await run('{"seat":"12A"}')).toContain("no such operation: the arguments name none");
    expect(kinds()).toEqual(["tool-started", "tool-returned"]);
  });
});

describe("an anchor at a tool", () => {
  it("P8: is held between start and effect", async () => {
    const armed = armPoint("P8");
    const running = ledger.run(0, "perform", '{"operation":"book"}');
    await clock.advance(1_000);
    expect(await armed.outcome).toEqual({ kind: "reached", site: { connection: undefined, heldBy: "tool", by: 0 } });
    expect(kinds()).toEqual(["tool-started"]);
    armed.release();
    await clock.advance(1_000);
    await running;
    expect(kinds()).toEqual(["tool-started", "tool-effect", "tool-returned"]);
  });

  it("P9: is held between effect and return", async () => {
    const armed = armPoint("P9");
    const running = ledger.run(0, "perform", '{"operation":"book"}');
    await clock.advance(1_000);
    expect(await armed.outcome).toMatchObject({ site: { heldBy: "tool", by: 1 } });
    expect(kinds()).toEqual(["tool-started", "tool-effect"]);
    armed.release();
    expect(await running).toContain("receipt");
  });

  it("is counted over all tools of the session; what has no effect reaches no P9", async () => {
    const started = armPoint("P8", 3);
    const effect = armPoint("P9", 2);
    await run('{"operation":"unknown"}');
    await run('{"operation":"book"}');
    const running = ledger.run(0, "perform", '{"operation":"pay"}');
    await settle();
    expect(await started.outcome).toMatchObject({ kind: "reached" });
    started.release();
    await clock.advance(1);
    expect(await effect.outcome).toMatchObject({ kind: "reached" });
    effect.release();
    await running;
  });
});

describe("closing the ledger", () => {
  it.each<[string, ProtocolPoint | undefined]>([
    ["is at work", undefined],
    ["is held before its effect", "P8"],
  ])("ends a tool that %s, without effect", async (_what, point) => {
    if (point !== undefined) armPoint(point);
    const running = ledger.run(0, "wait", '{"operation":"slow"}');
    await settle();
    ledger.close();
    expect(await running).toBe("");
    expect([kinds(), clock.timers()]).toEqual([["tool-started"], 0]);
  });

  it("ends a tool that is held behind its effect", async () => {
    armPoint("P9");
    const running = ledger.run(0, "perform", '{"operation":"book"}');
    await clock.advance(1);
    ledger.close();
    expect(await running).toContain("receipt-000000");
    expect(kinds()).toEqual(["tool-started", "tool-effect", "tool-returned"]);
  });

  it("lets no later run have an effect", async () => {
    ledger.close();
    expect(await ledger.run(0, "perform", '{"operation":"book"}')).toBe("");
    expect(kinds()).toEqual(["tool-started"]);
  });
});

describe("the tools of a session", () => {
  it("are those that its script calls, each once, with a schema that asks for the operation", () => {
    const [script, silent] = workload.sessions;
    const tools = script === undefined ? [] : toolsOf(script);
    expect(tools.map(({ name }) => name)).toEqual(["perform", "wait"]);
    expect(tools[0]?.parameters).toMatchObject({ type: "object", required: ["operation"] });
    expect(silent === undefined ? undefined : toolsOf(silent)).toEqual([]);
  });
});
