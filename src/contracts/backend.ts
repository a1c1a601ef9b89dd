import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createHarness } from "../built-ins.ts";
import { HarnessError } from "../errors.ts";
import type { EventOf, HistoryEvent } from "../history/event.ts";
import { createMemoryHistorySink } from "../history/history-sink.ts";
import { capabilitiesOf } from "../plan/fault-catalogue.ts";
import type { Capability } from "../plan/fault-description.ts";
import type { Plan } from "../plan/plan.ts";
import type { Backend } from "../run/backend.ts";
import { type RunRecord, runPlan } from "../run/run-plan.ts";
import { pluginNamed } from "../reproduce/harness.ts";
import { type Clause, describeClauses } from "./clause.ts";
import { FAULT_SAMPLES, type FaultSample, traceOf } from "./fault-samples.ts";
import { samplePlan } from "./sample-plan.ts";

/** A run of a plan with the reference client against the reference server, over some backend. */
export type PlanRunner = (plan: Plan, backend: Backend, signal?: AbortSignal) => Promise<RunRecord>;

/** How a backend is judged where it is not like others. */
export type BackendOptions = {
  /** Runs a plan over it; where absent, on the machine's own clock, with the client in a process of its own. */
  readonly run?: PlanRunner;
  /** Whether nothing answers any more where a wire was; where absent, whether a TCP dial to it is refused. */
  readonly isGone?: (baseUrl: string) => Promise<boolean>;
};

/** A backend, and how it is judged. */
export type BackendSubject = BackendOptions & { readonly backend: Backend };

const RUN_MS_MAX = 120_000;

/** Runs a plan, and sees to it that the backend was opened once, closed, and left no wire behind. */
async function runOver(subject: BackendSubject, plan: Plan, signal?: AbortSignal): Promise<RunRecord> {
  const { backend, run = runOnWallClock, isGone = refusesDials } = subject;
  const baseUrls: string[] = [];
  let open = 0;
  const watched: Backend = {
    ...backend,
    async open(context) {
      const opened = await backend.open(context);
      open += 1;
      baseUrls.push(...opened.wires.map(({ baseUrl }) => baseUrl));
      assert.deepEqual(
        opened.wires.map(({ session }) => session),
        plan.workload.sessions.map((_, session) => session),
        "there is not one wire for each session, in their order",
      );
      return {
        ...opened,
        async close() {
          await opened.close();
          open -= 1;
        },
      };
    },
  };
  const record = await run(plan, watched, signal);
  assert.equal(open, 0, "it was not closed with its run");
  assert.equal(new Set(baseUrls).size, baseUrls.length, "two sessions have the same wire");
  for (const baseUrl of baseUrls) assert.ok(await isGone(baseUrl), `something still answers at ${baseUrl}`);
  return record;
}

const runOnWallClock: PlanRunner = async (plan, backend, signal) => {
  const harness = createHarness();
  const stateDirectory = mkdtempSync(join(tmpdir(), "cutwire-backend-"));
  try {
    return await runPlan(plan, {
      client: pluginNamed("client", "reference", harness.clients),
      backend,
      target: pluginNamed("target", "reference", harness.targets),
      appliers: harness.appliers,
      clock: harness.clock,
      sink: createMemoryHistorySink(),
      stateDirectory,
      ...(signal === undefined ? {} : { signal }),
    });
  } finally {
    rmSync(stateDirectory, { recursive: true, force: true });
  }
};

async function refusesDials(baseUrl: string): Promise<boolean> {
  const { hostname, port } = new URL(baseUrl);
  return await new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) });
    socket.once("connect", () => {
      socket.destroy();
      resolve(false);
    });
    socket.once("error", () => resolve(true));
  });
}

type Message = EventOf<"message">;

function messagesOf(history: readonly HistoryEvent[], source: HistoryEvent["source"]): readonly Message[] {
  return history.filter((event): event is Message => event.kind === "message" && event.source === source);
}

/** One face passes a message before the other one gets it, and nothing reaches a peer that the other one did not send. */
function checkFaces(history: readonly HistoryEvent[]): void {
  const placeOf = ({ session, connection, direction, frame, type }: Message): string =>
    [session, connection, direction, frame, type].join("/");
  for (const [from, to, direction] of [
    ["server-face", "client-face", "to-client"],
    ["client-face", "server-face", "to-server"],
  ] as const) {
    const came = messagesOf(history, from).filter((message) => message.direction === direction);
    const sentAt = new Map(came.map((message) => [placeOf(message), message.sequence]));
    for (const message of messagesOf(history, to)) {
      if (message.direction !== direction || message.altered !== undefined) continue;
      const sent = sentAt.get(placeOf(message));
      assert.ok(sent !== undefined, `the ${to} tells of ${placeOf(message)}, which never came to the ${from}`);
      assert.ok(sent < message.sequence, `the ${to} tells of ${placeOf(message)} before the ${from} does`);
    }
  }
}

function checkTurns(history: readonly HistoryEvent[], sessions: number): void {
  const ended = history.filter((event) => event.kind === "turn-ended");
  assert.equal(ended.length, sessions * 3, "not every turn of the plan, and the probe behind them, came to its end");
  for (const turn of ended) assert.equal(turn.outcome, "completed", `turn ${turn.turn} failed: ${turn.cause ?? ""}`);
}

/** How many samples strike in one run, each a session of its own: more would keep a small machine too busy. */
const SAMPLES_PER_RUN = 7;

function samplesFor({ capabilities }: Backend): readonly FaultSample[] {
  return FAULT_SAMPLES.filter(({ scheduled }) =>
    capabilitiesOf(scheduled.fault).every((needed) => capabilities.has(needed)),
  );
}

async function strikeAll(subject: BackendSubject, samples: readonly FaultSample[]): Promise<RunRecord> {
  const faults = samples.map(({ scheduled }, session) => ({
    ...scheduled,
    id: `fault-${session}`,
    when: { ...scheduled.when, place: { session } },
  }));
  return await runOver(subject, samplePlan(faults, samples.length));
}

/** The runs in which the samples strike, by the first of them: each is made once for all clauses that read it. */
const struckRuns = new WeakMap<Backend, Map<number, Promise<RunRecord>>>();

async function strikes(subject: BackendSubject, sample: FaultSample): Promise<void> {
  const { backend } = subject;
  const samples = samplesFor(backend);
  const index = samples.indexOf(sample);
  if (index < 0) {
    const missing = capabilitiesOf(sample.scheduled.fault).filter((needed) => !backend.capabilities.has(needed));
    await refuses(subject, samplePlan([sample.scheduled]), missing);
    return;
  }
  const session = index % SAMPLES_PER_RUN;
  const first = index - session;
  const runs = struckRuns.get(backend) ?? new Map<number, Promise<RunRecord>>();
  struckRuns.set(backend, runs);
  const running = runs.get(first) ?? strikeAll(subject, samples.slice(first, first + SAMPLES_PER_RUN));
  runs.set(first, running);
  const history = (await running).history.filter((event) => event.session === session);
  sample.shows(traceOf(sample, history));
  checkFaces(history);
  checkTurns(history, 1);
}

/** A plan with what the backend cannot do is refused with the names of both, and nothing is opened. */
async function refuses(subject: BackendSubject, plan: Plan, missing: readonly Capability[]): Promise<void> {
  const { backend } = subject;
  const unopened: Backend = { ...backend, open: async () => await Promise.reject(new Error("it was opened")) };
  const { run = runOnWallClock } = subject;
  const fault = plan.faults[0];
  assert.ok(fault !== undefined);
  await assert.rejects(run(plan, unopened), (error) => {
    assert.ok(error instanceof HarnessError, String(error));
    assert.equal(error.code, "HARNESS_UNSUPPORTED_FAULT");
    for (const name of [backend.name, fault.id, fault.fault.kind, ...missing]) {
      assert.ok(error.message.includes(name), `the refusal does not name ${name}: ${error.message}`);
    }
    return true;
  });
}

/** What every backend owes to a run, whatever its wires are made of and whatever time it runs in. */
export const BACKEND_CONTRACT: readonly Clause<BackendSubject>[] = [
  {
    title: "says what it can do in words that the samples of faults know",
    holds({ backend }) {
      const known = new Set(FAULT_SAMPLES.flatMap(({ scheduled }) => capabilitiesOf(scheduled.fault)));
      for (const capability of backend.capabilities) assert.ok(known.has(capability), `no sample needs ${capability}`);
      assert.match(backend.name, /^[a-z][a-z0-9-]*$/);
    },
  },
  {
    title: "gives each session a wire of its own, which brings every message whole and in order, and closes them",
    timeoutMs: RUN_MS_MAX,
    async holds(subject) {
      const { history } = await runOver(subject, samplePlan([], 3));
      checkTurns(history, 3);
      checkFaces(history);
      for (const session of [0, 1, 2]) {
        const own = history.filter((event) => event.session === session);
        const [came, went] = (["server-face", "client-face"] as const).map((face) =>
          messagesOf(own, face).map(({ direction, frame, type }) => `${direction} ${frame} ${type}`),
        );
        assert.ok(came !== undefined && came.length > 0, `no message of session ${session} was seen`);
        assert.deepEqual(came.toSorted(), went?.toSorted());
      }
      assert.ok(!history.some(({ source }) => source === "fault"), "a fault struck although none was asked for");
    },
  },
  ...FAULT_SAMPLES.map((sample): Clause<BackendSubject> => ({
    title: `makes a fault happen, or refuses it by name: ${sample.name}`,
    timeoutMs: RUN_MS_MAX,
    holds: async (subject) => await strikes(subject, sample),
  })),
  {
    title: "is never asked for what it does not claim: the fault is refused by name, and nothing is opened",
    async holds(subject) {
      const { backend } = subject;
      for (const missing of backend.capabilities) {
        const needing = FAULT_SAMPLES.find(({ scheduled }) => capabilitiesOf(scheduled.fault).includes(missing));
        if (needing === undefined) continue;
        const capabilities = new Set([...backend.capabilities].filter((capability) => capability !== missing));
        await refuses({ ...subject, backend: { ...backend, capabilities } }, samplePlan([needing.scheduled]), [
          missing,
        ]);
      }
    },
  },
  {
    title: "says once that the bytes of a run are used up, and lets it end",
    timeoutMs: RUN_MS_MAX,
    async holds(subject) {
      const plan = samplePlan([]);
      const { history } = await runOver(subject, { ...plan, limits: { ...plan.limits, bytesMax: 4_000 } });
      const limits = history.filter((event) => event.kind === "limit-reached");
      assert.deepEqual(
        limits.map(({ limit }) => limit),
        ["bytesMax"],
      );
      assert.equal(history.at(-1)?.kind, "run-ended");
    },
  },
  {
    title: "is closed with a run that is interrupted while messages pass",
    timeoutMs: RUN_MS_MAX,
    async holds(subject) {
      const stop = new AbortController();
      const struck: Backend = {
        ...subject.backend,
        async open(context) {
          const record: typeof context.recorder.record = (event) => {
            if (event.kind === "message") stop.abort(new Error("somebody pressed Ctrl-C"));
            return context.recorder.record(event);
          };
          return await subject.backend.open({ ...context, recorder: { ...context.recorder, record } });
        },
      };
      const record = await runOver({ ...subject, backend: struck }, samplePlan([]), stop.signal);
      assert.ok(record.interrupted, "the run went on");
    },
  },
];

/**
 * Declares the contract of backends for one of them; `createBackend` is called once per test.
 *
 * @example describeBackend("embedded", () => embedded);
 */
export function describeBackend(name: string, createBackend: () => Backend, options: BackendOptions = {}): void {
  describeClauses(`the backend "${name}"`, BACKEND_CONTRACT, () => ({ ...options, backend: createBackend() }));
}
