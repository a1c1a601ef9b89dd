import assert from "node:assert/strict";

import { createManualClock, type ManualClock, settle } from "../determinism/manual-clock.ts";
import { digestOfText } from "../determinism/stable-json.ts";
import type { HistoryEvent } from "../history/event.ts";
import { decodeHistory } from "../history/history-codec.ts";
import { createRecorder } from "../history/recorder.ts";
import type { Workload } from "../plan/plan.ts";
import type { ProtocolPoint } from "../protocol/protocol-point.ts";
import { type AnchorRegistry, createAnchorRegistry } from "../run/anchor-registry.ts";
import type { ToolRunner, ToolRunnerOptions } from "../run/tool-ledger.ts";
import { type Clause, describeClauses } from "./clause.ts";
import type { HistoryStore } from "./history-sink.ts";

/** A tool runner, and the place where its record is stored. */
export type ToolRunnerSubject = {
  readonly open: (options: ToolRunnerOptions) => ToolRunner;
  /** Empty, and used by one runner. */
  readonly store: HistoryStore;
};

const WORKLOAD: Workload = {
  sessions: [
    {
      turns: [
        {
          userText: "Book it, and pay.",
          script: {
            steps: [
              { calls: [{ operation: "book" }, { operation: "slow", name: "wait", toolDurationMs: 500 }] },
              { text: "Done." },
            ],
          },
        },
      ],
    },
    { turns: [{ userText: "Hello.", script: { steps: [{ text: "Hello." }] } }] },
  ],
};

const BOOK = '{"operation":"book","seat":"12A"}';
const SLOW = '{"operation":"slow"}';

type Bed = {
  readonly runner: ToolRunner;
  readonly clock: ManualClock;
  readonly anchors: AnchorRegistry;
  /** What is stored, read anew. */
  readonly stored: () => readonly HistoryEvent[];
  readonly kinds: () => readonly string[];
  /** Runs a tool, and lets the time pass that it may take. */
  readonly run: (argumentsJson: string, session?: number) => Promise<string>;
};

/** Opens the runner, does something with it, and takes both down. */
async function withRunner({ open, store }: ToolRunnerSubject, use: (bed: Bed) => Promise<void>): Promise<void> {
  const clock = createManualClock();
  const anchors = createAnchorRegistry();
  const sink = store.open();
  const recorder = createRecorder({ clock, sink, eventsMax: 10_000, onFull: () => assert.fail("too many events") });
  const runner = open({ workload: WORKLOAD, anchors, clock, recorder });
  const stored = (): readonly HistoryEvent[] => decodeHistory(store.text(), "the stored history");
  try {
    await use({
      runner,
      clock,
      anchors,
      stored,
      kinds: () => stored().map(({ kind }) => kind),
      async run(argumentsJson, session = 0) {
        const running = runner.run(session, "perform", argumentsJson);
        await clock.advance(1_000);
        return await running;
      },
    });
    assert.equal(clock.timers(), 0, "a timer is still open");
  } finally {
    runner.close();
    sink.close();
  }
}

/** What a promise came to by now; undefined where it is still open. */
async function now<Value>(promise: Promise<Value>): Promise<Value | undefined> {
  return await Promise.race([promise, settle().then(() => undefined)]);
}

const HELD: readonly (readonly [ProtocolPoint, readonly string[]])[] = [
  ["P8", ["tool-started"]],
  ["P9", ["tool-started", "tool-effect"]],
];

const WHOLE_RUN = ["tool-started", "tool-effect", "tool-returned"];

function ofRunner(use: (bed: Bed) => Promise<void>): Clause<ToolRunnerSubject>["holds"] {
  return async (subject) => await withRunner(subject, use);
}

/** What every tool runner owes to the run: it alone knows which tools ran, and how often. */
export const TOOL_RUNNER_CONTRACT: readonly Clause<ToolRunnerSubject>[] = [
  {
    title: "has stored start, effect and return, with operation and digests, when it answers",
    holds: ofRunner(async ({ run, stored }) => {
      const output = await run(BOOK);
      const events = stored();
      assert.deepEqual(
        events.map(({ kind }) => kind),
        WHOLE_RUN,
      );
      for (const event of events) {
        assert.deepEqual([event.source, event.session, event.operation], ["tool", 0, "book"]);
      }
      const [started, , returned] = events;
      assert.ok(started?.kind === "tool-started" && returned?.kind === "tool-returned");
      assert.deepEqual([started.name, started.argumentsDigest], ["perform", digestOfText(BOOK)]);
      assert.deepEqual([returned.outputDigest, returned.failed], [digestOfText(output), false]);
      assert.deepEqual(new Set(events.map((event) => "execution" in event && event.execution)).size, 1);
    }),
  },
  {
    title: "never answers the same twice: each output names its run",
    holds: ofRunner(async ({ run, stored }) => {
      const outputs = [await run(BOOK), await run(BOOK), await run("{}"), await run("{}")];
      assert.equal(new Set(outputs).size, outputs.length);
      const runs = stored().flatMap((event) => (event.kind === "tool-started" ? [event.execution] : []));
      assert.equal(new Set(runs).size, outputs.length);
    }),
  },
  {
    title: "has the effect after the time that the script says, and not before",
    holds: ofRunner(async ({ runner, clock, kinds }) => {
      const running = runner.run(0, "wait", SLOW);
      await clock.advance(499);
      assert.deepEqual(kinds(), ["tool-started"]);
      await clock.advance(1);
      assert.deepEqual(kinds(), WHOLE_RUN);
      await running;
    }),
  },
  {
    title: "answers what it does not understand with an error, and has no effect then",
    holds: ofRunner(async ({ run, stored, kinds }) => {
      for (const argumentsJson of ['{"operation":"unknown"}', '{"operation":', "", "[]", "null", '{"operation":7}']) {
        const before = stored().length;
        assert.notEqual(await run(argumentsJson), "");
        assert.deepEqual(kinds().slice(before), ["tool-started", "tool-returned"]);
        const last = stored().at(-1);
        assert.ok(last?.kind === "tool-returned" && last.failed);
      }
    }),
  },
  {
    title: "knows the operations of a session's own script alone",
    holds: ofRunner(async ({ run, kinds }) => {
      for (const session of [1, 7]) await run(BOOK, session);
      assert.ok(!kinds().includes("tool-effect"), "a session carried out an operation of another one");
    }),
  },
  {
    title: "runs tools side by side, each with a record of its own",
    holds: ofRunner(async ({ runner, clock, stored }) => {
      const running = Promise.all([0, 0, 0].map(async (session) => await runner.run(session, "wait", SLOW)));
      await clock.advance(500);
      const outputs = await running;
      assert.equal(new Set(outputs).size, 3);
      const effects = stored().flatMap((event) => (event.kind === "tool-effect" ? [event.execution] : []));
      assert.equal(new Set(effects).size, 3);
    }),
  },
  {
    title: "is held at P8, between start and effect, and at P9, between effect and return",
    async holds(subject) {
      await withRunner(subject, async ({ runner, clock, anchors, kinds }) => {
        for (const [point, upTo] of HELD) {
          const before = kinds().length;
          const armed = anchors.arm({ session: 0 }, { kind: "point", point, occurrence: 1 });
          const running = runner.run(0, "perform", BOOK);
          await clock.advance(10_000);
          assert.deepEqual(kinds().slice(before), upTo);
          const outcome = await now(armed.outcome);
          assert.ok(outcome?.kind === "reached" && outcome.site.heldBy === "tool", `${point} was not reached`);
          armed.release();
          await clock.advance(1);
          await running;
          assert.deepEqual(kinds().slice(before), WHOLE_RUN);
        }
      });
    },
  },
  {
    title: "ends what is at work when it is closed, without effect, and lets nothing later have one",
    holds: ofRunner(async ({ runner, anchors, clock, kinds }) => {
      anchors.arm({ session: 0 }, { kind: "point", point: "P8", occurrence: 2 });
      const running = [runner.run(0, "wait", SLOW), runner.run(0, "perform", BOOK)];
      await settle();
      runner.close();
      runner.close();
      const outputs = await now(Promise.all([...running, runner.run(0, "perform", BOOK)]));
      assert.ok(outputs !== undefined, "a tool is still at work");
      await clock.advance(1_000);
      assert.ok(!kinds().includes("tool-effect"), "a tool had its effect after the end of the run");
    }),
  },
];

/**
 * Declares the contract of tool runners for one of them, over one kind of store; `createSubject` is called once per test.
 *
 * @example describeToolRunner("ledger in memory", () => ({ open: openToolLedger, store: createMemoryStore() }));
 */
export function describeToolRunner(name: string, createSubject: () => ToolRunnerSubject): void {
  describeClauses(`the tool runner "${name}"`, TOOL_RUNNER_CONTRACT, createSubject);
}
