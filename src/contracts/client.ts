import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createHarness } from "../built-ins.ts";
import { DEADLINE_PASSED, settleWithin, sleep } from "../determinism/waiting.ts";
import type { EventOf, HistoryEvent } from "../history/event.ts";
import { createMemoryHistorySink } from "../history/history-sink.ts";
import { createRecorder } from "../history/recorder.ts";
import type { Harness } from "../reproduce/harness.ts";
import { pluginNamed } from "../reproduce/harness.ts";
import { runAndJudge, type RunResult } from "../reproduce/judged-run.ts";
import type { SessionScript } from "../protocol/model-script.ts";
import { type ClientProcess, startClientProcess } from "../run/client-process.ts";
import { apiKeyOfSession } from "../run/target.ts";
import { type Clause, describeClauses } from "./clause.ts";
import { BOOKED_TEXT, samplePlan, WEATHER_TEXT } from "./sample-plan.ts";

/** A client under test: the `file:` URL of the module that exports it. */
export type ClientSubject = { readonly module: string };

const SESSIONS = 2;
const CLAUSE_MS_MAX = 90_000;
/** The harness gives a client a second; a machine that is busy with other things may need more. */
const DEADLINE_MS = 5_000;
const POLL_MS = 5;
/** How often in a row no connection must be seen: one that is being dialled when the session closes arrives later. */
const LOOKS_WITHOUT_ANY = 60;

async function inFolder<Value>(use: (folder: string) => Promise<Value>): Promise<Value> {
  const folder = mkdtempSync(join(tmpdir(), "cutwire-client-"));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A run of the sample plan without any fault, once for all clauses that read it. */
const cleanRuns = new Map<string, Promise<RunResult>>();

async function cleanRun({ module }: ClientSubject): Promise<RunResult> {
  const running =
    cleanRuns.get(module) ??
    inFolder(async (stateDirectory) => {
      const parts = { backend: "embedded", target: "reference", sink: createMemoryHistorySink(), stateDirectory };
      return await runAndJudge({ plan: samplePlan([], SESSIONS), module, ...parts }, createHarness());
    });
  cleanRuns.set(module, running);
  return await running;
}

function ofSession(history: readonly HistoryEvent[], session: number): readonly HistoryEvent[] {
  return history.filter((event) => event.session === session);
}

function turnsOf(history: readonly HistoryEvent[]): readonly EventOf<"turn-ended">[] {
  return history.filter((event) => event.kind === "turn-ended");
}

/** A client in its process, in a session with the reference server and nothing in between. */
type Bed = {
  readonly client: ClientProcess;
  readonly history: () => readonly HistoryEvent[];
  /** Waits until something holds, and says what did not. */
  readonly until: (what: string, holds: () => boolean | Promise<boolean>) => Promise<void>;
  /** How many connections of the session the server has. */
  readonly connections: () => Promise<number>;
  readonly harness: Harness;
};

/** The model says a word, and then nothing for as long as a turn may ever take. */
const ENDLESS: SessionScript = {
  turns: [{ userText: "Go on.", script: { steps: [{ text: "one two", deltas: 2, deltaGapMs: 60_000 }] } }],
};

async function withClient({ module }: ClientSubject, use: (bed: Bed) => Promise<void>): Promise<void> {
  const harness = createHarness();
  const { clock } = harness;
  const recorder = createRecorder({
    clock,
    sink: createMemoryHistorySink(),
    eventsMax: 10_000,
    onFull: () => undefined,
  });
  const apiKey = apiKeyOfSession(0);
  const reference = pluginNamed("target", "reference", harness.targets);
  const target = await reference.open({ scripts: new Map([[apiKey, ENDLESS]]), clock, recorder });
  const client = await startClientProcess({ module, clock });
  const until: Bed["until"] = async (what, holds) => {
    const start = clock.nowMs();
    while (!(await holds())) {
      assert.ok(clock.nowMs() - start < DEADLINE_MS, `waited ${DEADLINE_MS} ms for ${what} in vain`);
      await sleep(clock, POLL_MS);
    }
  };
  const connections = async (): Promise<number> => {
    const open = (await target.control?.freeze(0)) ?? 0;
    await target.control?.thaw(0);
    return open;
  };
  try {
    await inFolder(async (stateDirectory) => {
      client.listen({
        onSurface: () => undefined,
        onOutput: () => undefined,
        onToolCall: async () => "",
        onExit: (exit) => void recorder.record({ source: "client", kind: "client-exited", ...exit }),
      });
      const baseUrl = `http://${target.host}:${target.port}/v1`;
      const session = { session: 0, baseUrl, apiKey, model: "cutwire-model", tools: [], stateDirectory };
      const opened = await settleWithin(clock, client.openSession(session), DEADLINE_MS);
      assert.ok(opened !== DEADLINE_PASSED && opened.kind === "answered", "open() did not answer");
      await use({ client, history: () => recorder.events(), until, connections, harness });
      await client.end();
    });
  } finally {
    await client.end();
    await target.close();
  }
}

/** What every client module owes to the harness, whatever bugs it has: on a clean wire it works, and it lets go. */
export const CLIENT_CONTRACT: readonly Clause<ClientSubject>[] = [
  {
    title: "names itself, and promises what can be promised",
    timeoutMs: CLAUSE_MS_MAX,
    async holds(subject) {
      // A contract that is none ends the run before it begins, with every problem of it.
      const { record } = await cleanRun(subject);
      assert.ok(record.clientName.trim() !== "", "it has no name");
    },
  },
  {
    title: "completes every turn on a clean wire, session by session, with what the model says",
    timeoutMs: CLAUSE_MS_MAX,
    async holds(subject) {
      const { record } = await cleanRun(subject);
      for (let session = 0; session < SESSIONS; session += 1) {
        const turns = turnsOf(ofSession(record.history, session));
        const answers = turns.map(({ outcome, text, cause }) => (outcome === "completed" ? text : `failed: ${cause}`));
        assert.deepEqual(answers.slice(0, 2), [BOOKED_TEXT, `${WEATHER_TEXT} (${session})`]);
        assert.equal(turns[2]?.outcome, "completed", "the session did not go on to work");
      }
    },
  },
  {
    title: "runs each tool that the model asks for once, and hands its output back",
    timeoutMs: CLAUSE_MS_MAX,
    async holds(subject) {
      const { record } = await cleanRun(subject);
      for (let session = 0; session < SESSIONS; session += 1) {
        const effects = ofSession(record.history, session).filter(({ kind }) => kind === "tool-effect");
        const operations = new Set(effects.map(({ operation }) => operation));
        assert.deepEqual(operations, new Set([`seat-a-${session}`, `seat-b-${session}`]));
        assert.equal(effects.length, operations.size, "a tool ran twice");
      }
    },
  },
  {
    title: "shows its user what it answers",
    timeoutMs: CLAUSE_MS_MAX,
    async holds(subject) {
      const { record } = await cleanRun(subject);
      const shown = ofSession(record.history, 0).flatMap((event) => (event.kind === "text" ? [event.text] : []));
      for (const text of [BOOKED_TEXT, WEATHER_TEXT])
        assert.ok(shown.join("").includes(text), `"${text}" was not shown`);
    },
  },
  {
    title: "breaks no rule on a clean wire, shows no error, and does not leave by itself",
    timeoutMs: CLAUSE_MS_MAX,
    async holds(subject) {
      const { record, verdicts } = await cleanRun(subject);
      const broken = verdicts.filter(({ outcome }) => outcome === "violated");
      assert.deepEqual(
        broken.map(({ rule, message }) => `${rule}: ${message}`),
        [],
      );
      const bad = record.history.filter(
        (event) =>
          event.kind === "error-shown" ||
          event.kind === "gave-up" ||
          (event.kind === "client-exited" && !event.expected),
      );
      assert.deepEqual(
        bad.map(({ kind }) => kind),
        [],
      );
    },
  },
  {
    title: "ends a turn that is aborted, as failed, and lets go of its connections when the session is closed",
    timeoutMs: CLAUSE_MS_MAX,
    async holds(subject) {
      await withClient(subject, async ({ client, history, until, connections, harness }) => {
        const running = client.runTurn(0, "Go on.");
        const isAnswered = (event: HistoryEvent): boolean =>
          event.kind === "target-event" && event.name === "create-accepted";
        await until("the turn to reach the server", () => history().some(isAnswered));
        client.abortTurn(0);
        const answer = await settleWithin(harness.clock, running, DEADLINE_MS);
        assert.ok(answer !== DEADLINE_PASSED, "the turn went on after it was aborted");
        assert.ok(answer.kind === "answered" && answer.result?.outcome === "failed", JSON.stringify(answer));
        const closed = await settleWithin(harness.clock, client.closeSession(0), DEADLINE_MS);
        assert.ok(closed !== DEADLINE_PASSED && closed.kind === "answered", "close() did not answer");
        let looksWithoutAny = 0;
        await until("its connections to go and to stay away", async () => {
          looksWithoutAny = (await connections()) === 0 ? looksWithoutAny + 1 : 0;
          return looksWithoutAny === LOOKS_WITHOUT_ANY;
        });
        assert.ok(!history().some(({ kind }) => kind === "client-exited"), "closing a session ended the process");
      });
    },
  },
];

/**
 * Declares the contract of clients for the one that a module exports.
 *
 * @example describeClient("mine", new URL("./my-client.js", import.meta.url));
 */
export function describeClient(name: string, module: URL | string): void {
  describeClauses(`the client "${name}"`, CLIENT_CONTRACT, () => ({ module: String(module) }));
}
