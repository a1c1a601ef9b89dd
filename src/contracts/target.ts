import assert from "node:assert/strict";

import { WebSocket } from "ws";

import { createHarness } from "../built-ins.ts";
import { sleep } from "../determinism/waiting.ts";
import { HarnessError } from "../errors.ts";
import { createMemoryHistorySink } from "../history/history-sink.ts";
import { createRecorder } from "../history/recorder.ts";
import type { Fault } from "../plan/fault.ts";
import { capabilitiesOf } from "../plan/fault-catalogue.ts";
import { type JsonObject, parseJsonObject } from "../protocol/json.ts";
import type { SessionScript } from "../protocol/model-script.ts";
import { pluginNamed } from "../reproduce/harness.ts";
import { runPlan } from "../run/run-plan.ts";
import { apiKeyOfSession, type OpenedTarget, type Target } from "../run/target.ts";
import { type Clause, describeClauses } from "./clause.ts";
import { samplePlan } from "./sample-plan.ts";

/** A target, and whether the server behind it is somebody else's, whom closing the target leaves as he is. */
export type TargetSubject = { readonly target: Target; readonly isForeign?: boolean };

const DEADLINE_MS = 5_000;
const POLL_MS = 2;

const scriptOf = (session: number): SessionScript => ({
  turns: [1, 2].map((turn) => ({
    userText: `turn ${turn}`,
    script: { steps: [{ text: `answer ${turn} of ${session}` }] },
  })),
});

const { clock } = createHarness();

async function until(what: string, holds: () => boolean): Promise<void> {
  const start = clock.nowMs();
  while (!holds()) {
    assert.ok(clock.nowMs() - start < DEADLINE_MS, `waited ${DEADLINE_MS} ms for ${what} in vain`);
    await sleep(clock, POLL_MS);
  }
}

/** A connection of one session, as a client has it. */
type Caller = {
  /** Asks, and answers every event up to the one that ends the response. */
  readonly ask: (input: string, more?: JsonObject) => Promise<readonly JsonObject[]>;
  readonly send: (input: string) => void;
  readonly events: readonly JsonObject[];
  readonly isClosed: () => boolean;
  readonly hangUp: () => void;
};

async function call(opened: OpenedTarget, target: Target, session: number): Promise<Caller> {
  const { host, port, basePath = "/v1" } = opened;
  const headers = { authorization: `Bearer ${target.apiKey ?? apiKeyOfSession(session)}` };
  const socket = new WebSocket(`ws://${host}:${port}${basePath}/responses`, { headers });
  const events: JsonObject[] = [];
  let problem: string | undefined;
  socket.on("message", (data: Buffer) => events.push(parseJsonObject(data.toString()) ?? { type: "unreadable" }));
  socket.on("error", (error) => (problem = error.message));
  await until("the upgrade", () => socket.readyState === WebSocket.OPEN || problem !== undefined);
  assert.equal(problem, undefined);
  const send = (input: string, more: JsonObject = {}): void =>
    socket.send(JSON.stringify({ type: "response.create", model: "cutwire-model", store: true, input, ...more }));
  return {
    events,
    send,
    isClosed: () => socket.readyState === WebSocket.CLOSED,
    hangUp: () => socket.terminate(),
    async ask(input, more) {
      const before = events.length;
      send(input, more);
      const isEnd = ({ type }: JsonObject): boolean => type === "response.completed" || type === "error";
      await until(`the end of the response to "${input}"`, () => events.slice(before).some(isEnd));
      return events.slice(before);
    },
  };
}

async function withTarget(
  { target }: TargetSubject,
  use: (opened: OpenedTarget, dial: (session: number) => Promise<Caller>) => Promise<void>,
): Promise<void> {
  const recorder = createRecorder({
    clock,
    sink: createMemoryHistorySink(),
    eventsMax: 10_000,
    onFull: () => undefined,
  });
  const scripts = new Map([0, 1].map((session) => [apiKeyOfSession(session), scriptOf(session)]));
  const opened = await target.open({ scripts, clock, recorder });
  const callers: Caller[] = [];
  try {
    await use(opened, async (session) => {
      const caller = await call(opened, target, session);
      callers.push(caller);
      return caller;
    });
  } finally {
    for (const caller of callers) caller.hangUp();
    await opened.close();
  }
}

function textOf(events: readonly JsonObject[]): string {
  return events.flatMap(({ type, delta }) => (type === "response.output_text.delta" ? [String(delta)] : [])).join("");
}

function idOf(events: readonly JsonObject[]): string {
  const response = events.at(-1)?.["response"] as { readonly id?: unknown } | undefined;
  return String(response?.id);
}

const SERVER_FAULTS: readonly Fault[] = [
  { kind: "forget", what: "all" },
  { kind: "freeze" },
  { kind: "reuse-call-ids" },
];

/** What every target owes to a run. */
export const TARGET_CONTRACT: readonly Clause<TargetSubject>[] = [
  {
    title: "takes an upgrade where it says, and plays a response from its creation to its completion",
    async holds(subject) {
      await withTarget(subject, async (_opened, dial) => {
        const types = (await (await dial(0)).ask("turn 1")).map(({ type }) => type);
        assert.equal(types[0], "response.created");
        assert.equal(types.at(-1), "response.completed");
      });
    },
  },
  {
    title: "plays to each session its own script, if it plays scripts at all, over as many connections as come",
    async holds(subject) {
      await withTarget(subject, async (_opened, dial) => {
        const callers = [await dial(0), await dial(1), await dial(0)];
        const answers = await Promise.all(callers.map(async ({ ask }) => textOf(await ask("turn 1"))));
        if (!subject.target.isScripted) return;
        assert.deepEqual(answers, ["answer 1 of 0", "answer 1 of 1", "answer 1 of 0"]);
        const first = await callers[1]?.ask("turn 1");
        const second = await callers[1]?.ask("turn 2", { previous_response_id: idOf(first ?? []) });
        assert.equal(textOf(second ?? []), "answer 2 of 1");
      });
    },
  },
  {
    title: "can be opened twice at once, and closing one leaves the other",
    async holds(subject) {
      await withTarget(subject, async (_first, dial) => {
        await withTarget(subject, async (_second, dialSecond) => void (await (await dialSecond(0)).ask("turn 1")));
        await (await dial(0)).ask("turn 1");
      });
    },
  },
  {
    title: "is gone when it was closed, with its connections; somebody else's server stays",
    async holds(subject) {
      const { target, isForeign = false } = subject;
      await withTarget(subject, async (opened, dial) => {
        const caller = await dial(0);
        await caller.ask("turn 1");
        await opened.close();
        await opened.close();
        if (isForeign) {
          await caller.ask("turn 1");
          return;
        }
        await until("the connection to be closed", caller.isClosed);
        await assert.rejects(call(opened, target, 0));
      });
    },
  },
  {
    title: "can be controlled where it claims that, and does what it is told",
    async holds(subject) {
      const can = subject.target.capabilities ?? new Set();
      await withTarget(subject, async ({ control }, dial) => {
        assert.equal(control !== undefined, can.size > 0, "it has a control and no capability, or the other way round");
        if (control === undefined) return;
        const caller = await dial(0);
        const id = idOf(await caller.ask("turn 1"));
        if (can.has("target-forget")) {
          await control.forget(0, "all");
          const refused = await caller.ask("turn 2", { previous_response_id: id });
          assert.equal(refused.at(-1)?.["type"], "error", "it remembers what it was told to forget");
        }
        if (!can.has("target-freeze")) return;
        assert.equal(await control.freeze(0), 1);
        const before = caller.events.length;
        caller.send("turn 1");
        // Another session goes on meanwhile, and its answer shows that there was time for this one.
        await (await dial(1)).ask("turn 1");
        assert.equal(caller.events.length, before, "it answered while it was stopped");
        await control.thaw(0);
        await until("the answer", () => caller.events.slice(before).some(({ type }) => type === "response.completed"));
      });
    },
  },
  {
    title: "is never asked for a fault that it does not claim: that is refused by name, and it is not opened",
    async holds({ target }) {
      const open: Target["open"] = async () => await Promise.reject(new Error("it was opened"));
      for (const fault of SERVER_FAULTS) {
        const needs = capabilitiesOf(fault);
        const capabilities = new Set([...(target.capabilities ?? [])].filter((able) => !needs.includes(able)));
        await refuses({ ...target, capabilities, open }, fault);
      }
    },
  },
];

async function refuses(target: Target, fault: Fault): Promise<void> {
  const harness = createHarness();
  const at = { kind: "point", point: "P8", occurrence: 1 } as const;
  const plan = samplePlan([
    { id: "server-fault", fault, when: { place: { session: 0 }, at }, heal: { kind: "never" } },
  ]);
  const running = runPlan(plan, {
    client: pluginNamed("client", "reference", harness.clients),
    backend: pluginNamed("backend", "embedded", harness.backends),
    target,
    appliers: harness.appliers,
    clock,
    sink: createMemoryHistorySink(),
    stateDirectory: "",
  });
  await assert.rejects(running, (error) => {
    assert.ok(error instanceof HarnessError && error.code === "HARNESS_UNSUPPORTED_FAULT", String(error));
    for (const name of [target.name, "server-fault", fault.kind, ...capabilitiesOf(fault)]) {
      assert.ok(error.message.includes(name), `the refusal does not name ${name}: ${error.message}`);
    }
    return true;
  });
}

/**
 * Declares the contract of targets for one of them; `createSubject` is called once per test.
 *
 * @example describeTarget("mine", () => ({ target: myTarget }));
 */
export function describeTarget(name: string, createSubject: () => TargetSubject): void {
  describeClauses(`the target "${name}"`, TARGET_CONTRACT, createSubject);
}
