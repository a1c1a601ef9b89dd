import { join } from "node:path";

import type { Clock } from "../determinism/clock.ts";
import { openEventLoopDelay } from "../determinism/event-loop-delay.ts";
import { createRandom } from "../determinism/random.ts";
import { digestOf } from "../determinism/stable-json.ts";
import { DEADLINE_PASSED, settleWithin } from "../determinism/waiting.ts";
import { HarnessError } from "../errors.ts";
import type { HistoryEvent } from "../history/event.ts";
import type { HistorySink } from "../history/history-sink.ts";
import { createRecorder, type Recorder } from "../history/recorder.ts";
import { type Contract, ContractSchema, DEFAULT_CONTRACT } from "../plan/contract.ts";
import { checkDocument } from "../plan/document.ts";
import { capabilitiesOf } from "../plan/fault-catalogue.ts";
import type { Plan } from "../plan/plan.ts";
import { type AnchorRegistry, createAnchorRegistry } from "./anchor-registry.ts";
import type { Backend, OpenedBackend, Wire } from "./backend.ts";
import { type ClientProcess, startClientProcess } from "./client-process.ts";
import type { FaultAppliers } from "./fault-applier.ts";
import { type FaultSchedule, startFaultSchedule } from "./fault-schedule.ts";
import { createSessionRunner, PROBE_TURN, type SessionRunner } from "./session-runner.ts";
import { apiKeyOfSession, type Target } from "./target.ts";
import { openToolLedger, type ToolLedger, toolsOf } from "./tool-ledger.ts";
import { createTurnDeadline, type TurnDeadline, turnAllowanceMs } from "./turn-deadline.ts";

/** What a run is made of. */
export type RunOptions = {
  /** The client under test, as a `file:` URL of a module. */
  readonly client: string;
  /** Takes the place of what the client says that it promises. */
  readonly contract?: Partial<Contract>;
  readonly backend: Backend;
  readonly target: Target;
  readonly appliers: FaultAppliers;
  readonly clock: Clock;
  readonly sink: HistorySink;
  /** A folder in which each session's client may keep state; it need not exist. */
  readonly stateDirectory: string;
  /** Ends the run now; its reason is recorded. What was recorded until then stands. */
  readonly signal?: AbortSignal;
};

/** What a run leaves behind. */
export type RunRecord = {
  readonly plan: Plan;
  readonly contract: Contract;
  readonly clientName: string;
  readonly backendName: string;
  readonly history: readonly HistoryEvent[];
  /** Whether the run was ended from outside before it was over. */
  readonly interrupted: boolean;
};

/**
 * Makes a plan happen: starts target, wires and client, takes every session through its turns while the faults
 * strike, heals, asks each session one thing more, and takes everything down again.
 *
 * @throws HarnessError `HARNESS_UNSUPPORTED_FAULT`, `HARNESS_INVALID_CLIENT`, `HARNESS_MISSING_PACKAGE`,
 * `HARNESS_INVALID_CONTRACT`, `HARNESS_BACKEND_UNAVAILABLE`: nothing was run then. What the client does wrong is never
 * thrown; it is in the history.
 */
export async function runPlan(plan: Plan, options: RunOptions): Promise<RunRecord> {
  refuseUnsupportedFaults(plan, options.backend);
  const ending = new AbortController();
  const recorder = createRecorder({
    clock: options.clock,
    sink: options.sink,
    eventsMax: plan.limits.eventsMax,
    onFull: () => endEarly("eventsMax", plan.limits.eventsMax),
  });
  function endEarly(limit: string, value: number): void {
    if (ending.signal.aborted) return;
    ending.abort();
    recorder.record({ source: "harness", kind: "limit-reached", limit, value });
  }
  const interrupt = (): void => {
    if (ending.signal.aborted) return;
    ending.abort();
    recorder.record({ source: "harness", kind: "interrupted", signal: String(options.signal?.reason) });
  };
  options.signal?.addEventListener("abort", interrupt, { once: true });
  const runTimer = options.clock.startTimer(plan.limits.runMs, () => endEarly("runMs", plan.limits.runMs));
  const resources = new AsyncResources();
  const loopDelay = openEventLoopDelay();
  try {
    const client = await startClientProcess({ module: options.client, clock: options.clock });
    resources.add(() => client.end());
    const contract = contractOf(client, options);
    recorder.record({
      source: "harness",
      kind: "run-started",
      plan: digestOf(plan),
      client: client.name,
      backend: options.backend.name,
    });
    const run = await openRun({
      plan,
      options,
      client,
      contract,
      recorder,
      resources,
      ending: ending.signal,
      endEarly,
    });
    await runSessions(run);
    recorder.record({ source: "harness", kind: "event-loop-delay", maxMs: loopDelay.maxMs() });
    await resources.close();
    recorder.record({ source: "harness", kind: "run-ended" });
    return {
      plan,
      contract,
      clientName: client.name,
      backendName: options.backend.name,
      history: recorder.events(),
      interrupted: options.signal?.aborted === true,
    };
  } finally {
    await resources.close();
    loopDelay.close();
    runTimer.cancel();
    options.signal?.removeEventListener("abort", interrupt);
    options.sink.close();
  }
}

function refuseUnsupportedFaults(plan: Plan, backend: Backend): void {
  const refused = plan.faults.flatMap(({ id, fault }) => {
    const missing = capabilitiesOf(fault).filter((capability) => !backend.capabilities.has(capability));
    return missing.length === 0 ? [] : [{ id, kind: fault.kind, missing }];
  });
  if (refused.length === 0) return;
  const lines = refused.map(({ id, kind, missing }) => `  ${id} (${kind}) needs ${missing.join(", ")}`);
  throw new HarnessError(
    "HARNESS_UNSUPPORTED_FAULT",
    `The backend "${backend.name}" cannot express every fault of this plan:\n${lines.join("\n")}\nChoose another backend, or leave these faults out.`,
    { details: { backend: backend.name, refused } },
  );
}

function contractOf(client: ClientProcess, options: RunOptions): Contract {
  const promised = { ...DEFAULT_CONTRACT, ...(client.contract as Partial<Contract>), ...options.contract };
  return checkDocument(promised, ContractSchema, {
    what: "contract",
    source: `the contract of client "${client.name}"`,
    code: "HARNESS_INVALID_CONTRACT",
  });
}

/** Closes what was opened, last first; a failure of one does not keep the others open. */
class AsyncResources {
  #closers: (() => Promise<void> | void)[] = [];

  add(close: () => Promise<void> | void): void {
    this.#closers.push(close);
  }

  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (const close of this.#closers.splice(0).toReversed()) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, "not everything could be taken down after the run");
  }
}

type RunContext = {
  readonly plan: Plan;
  readonly options: RunOptions;
  readonly client: ClientProcess;
  readonly contract: Contract;
  readonly recorder: Recorder;
  readonly resources: AsyncResources;
  readonly ending: AbortSignal;
  endEarly(limit: string, value: number): void;
};

type OpenedRun = {
  readonly context: RunContext;
  readonly runners: readonly SessionRunner[];
  readonly schedule: FaultSchedule;
  readonly wires: readonly Wire[];
};

async function openRun(context: RunContext): Promise<OpenedRun> {
  const { plan, options, resources, recorder, contract } = context;
  const { clock } = options;
  const anchors = createAnchorRegistry();
  const allowanceMs = turnAllowanceMs(contract);
  const deadlines = plan.workload.sessions.map(() => createTurnDeadline(clock, allowanceMs));
  const scripts = new Map(
    plan.workload.sessions.map(({ turns }, session) => [apiKeyOfSession(session), { turns: [...turns, PROBE_TURN] }]),
  );
  const target = await options.target.open({ scripts, clock, recorder });
  resources.add(() => target.close());
  const backend = await openBackend(context, anchors, target);
  resources.add(() => backend.close());
  const ledger = openToolLedger({ workload: plan.workload, anchors, clock, recorder });
  resources.add(() => ledger.close());
  // Armed before the client knows where to dial, because every anchor counts from the first byte.
  const schedule = startFaultSchedule({
    faults: plan.faults,
    wires: backend.wires,
    appliers: options.appliers,
    anchors,
    clock,
    recorder,
    signal: context.ending,
    onDisturbance: (session) => deadlines[session]?.disturb(),
  });
  resources.add(() => schedule.finish());
  listenToClient(context, ledger, deadlines);
  await openSessions(context, backend);
  const runners = backend.wires.flatMap((wire) => {
    const { session } = wire;
    const script = plan.workload.sessions[session];
    const deadline = deadlines[session];
    if (script === undefined || deadline === undefined) return [];
    return [
      createSessionRunner({
        session,
        turns: script.turns,
        client: context.client,
        wire,
        deadline,
        allowanceMs,
        anchors,
        clock,
        recorder,
        signal: context.ending,
      }),
    ];
  });
  return { context, runners, schedule, wires: backend.wires };
}

async function openBackend(
  { plan, options, recorder, endEarly }: RunContext,
  anchors: AnchorRegistry,
  upstream: { readonly host: string; readonly port: number },
): Promise<OpenedBackend> {
  return await options.backend.open({
    sessionCount: plan.workload.sessions.length,
    upstream,
    recorder,
    anchors,
    clock: options.clock,
    random: createRandom(plan.seed, "network"),
    bytesMax: plan.limits.bytesMax,
    onFull: () => endEarly("bytesMax", plan.limits.bytesMax),
  });
}

function listenToClient(context: RunContext, ledger: ToolLedger, deadlines: readonly TurnDeadline[]): void {
  const { client, recorder } = context;
  recorder.record({ source: "client", kind: "client-started", name: client.name });
  client.listen({
    onSurface(session, event) {
      const kind = event.kind === "error" ? "error-shown" : event.kind;
      recorder.record({ source: "client", session, ...event, kind } as Parameters<Recorder["record"]>[0]);
    },
    onOutput: (stream, text) => void recorder.record({ source: "client", kind: "output", stream, text }),
    async onToolCall(session, name, argumentsJson) {
      deadlines[session]?.toolStarted();
      try {
        return await ledger.run(session, name, argumentsJson);
      } finally {
        deadlines[session]?.toolReturned();
      }
    },
    onExit: (exit) => void recorder.record({ source: "client", kind: "client-exited", ...exit }),
  });
}

/** How long a client may take to open or to close a session. */
const SESSION_DEADLINE_MS = 10_000;

async function openSessions({ plan, client, options, recorder }: RunContext, backend: OpenedBackend): Promise<void> {
  const answers = backend.wires.map(async (wire) => {
    const script = plan.workload.sessions[wire.session];
    const opening = client.openSession({
      session: wire.session,
      baseUrl: wire.baseUrl,
      apiKey: apiKeyOfSession(wire.session),
      model: "cutwire-model",
      tools: script === undefined ? [] : toolsOf(script),
      stateDirectory: join(options.stateDirectory, `session-${wire.session}`),
    });
    const answer = await settleWithin(options.clock, opening, SESSION_DEADLINE_MS);
    if (answer === DEADLINE_PASSED || answer.kind === "threw") {
      const why =
        answer === DEADLINE_PASSED ? `did not answer within ${SESSION_DEADLINE_MS} ms` : `threw: ${answer.message}`;
      recorder.record({ source: "client", session: wire.session, kind: "error-shown", message: `open ${why}` });
    }
  });
  await Promise.all(answers);
}

async function runSessions({ context, runners, schedule, wires }: OpenedRun): Promise<void> {
  const { client, options, ending } = context;
  await Promise.all(runners.map(async (runner) => await runner.runTurns()));
  await schedule.finish();
  await Promise.all(runners.map(async (runner) => await runner.probe()));
  if (ending.aborted) return;
  const closing = wires.map(async ({ session }) => {
    await settleWithin(options.clock, client.closeSession(session), SESSION_DEADLINE_MS);
  });
  await Promise.all(closing);
}
