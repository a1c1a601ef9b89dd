import { join } from "node:path";

import { createRandom } from "../determinism/random.ts";
import { DEADLINE_PASSED, settleWithin } from "../determinism/waiting.ts";
import type { UnrecordedEvent } from "../history/event.ts";
import type { Recorder } from "../history/recorder.ts";
import type { Contract } from "../plan/contract.ts";
import { describeFault } from "../plan/fault-catalogue.ts";
import type { Plan } from "../plan/plan.ts";
import type { SessionScript } from "../protocol/model-script.ts";
import { type AnchorRegistry, createAnchorRegistry } from "./anchor-registry.ts";
import type { OpenedBackend, Wire } from "./backend.ts";
import type { SurfaceEvent } from "./client.ts";
import { startFaultSchedule } from "./fault-schedule.ts";
import type { Resources } from "./resources.ts";
import type { RunningClient } from "./running-client.ts";
import type { RunEnding } from "./run-ending.ts";
import type { RunOptions } from "./run-options.ts";
import { spellOutTurn } from "./script-in-words.ts";
import { createSessionRunner, PROBE_TURN, type SessionRunner } from "./session-runner.ts";
import { apiKeyOfSession, type OpenedTarget } from "./target.ts";
import type { Surroundings } from "./surroundings.ts";
import { openToolLedger, type ToolRunner, toolsOf } from "./tool-ledger.ts";
import { createTurnDeadline, type TurnDeadline, turnAllowanceMs } from "./turn-deadline.ts";
import { listenForHints } from "./wait-hints.ts";

/** What a run is opened from. */
export type RunContext = {
  readonly plan: Plan;
  readonly options: RunOptions;
  readonly client: RunningClient;
  readonly surroundings: Surroundings;
  readonly contract: Contract;
  readonly recorder: Recorder;
  readonly ending: RunEnding;
  /** Takes whatever is opened, so that it is closed in the end. */
  readonly resources: Resources;
};

/** A run whose parts all stand, with every session open and every fault armed. */
export type OpenedRun = {
  /** Runs all turns, heals, probes, and closes the sessions. */
  finish(): Promise<void>;
};

/** How long a client may take to open a session. */
const OPEN_DEADLINE_MS = 10_000;
/** How long it may take to close one; its process is ended then in any case. */
const CLOSE_DEADLINE_MS = 2_000;

/** Opens target, wires, ledger, faults and sessions, in this order. */
export async function openRun(given: RunContext): Promise<OpenedRun> {
  const { plan, options, ending, resources, client } = given;
  const { clock } = options;
  const anchors = createAnchorRegistry();
  const allowanceMs = turnAllowanceMs(given.contract);
  const deadlines = plan.workload.sessions.map(() => createTurnDeadline(clock, allowanceMs));
  const recorder = listenForHints(given.recorder, (session, waitMs) => deadlines[session]?.disturb(waitMs));
  const context = { ...given, recorder };
  const { target, ...backend } = await openWires(context, anchors);
  const { isScripted } = options.target;
  const ledger = openToolLedger({ workload: plan.workload, isScripted, anchors, clock, recorder });
  resources.add(() => ledger.close());
  // Armed before the client knows where to dial, because every anchor counts from the first byte.
  const schedule = startFaultSchedule({
    faults: plan.faults,
    wires: backend.wires,
    target: target.control,
    client,
    appliers: options.appliers,
    anchors,
    clock,
    recorder,
    signal: ending.signal,
    onDisturbance: (session) => deadlines[session]?.disturb(),
  });
  resources.add(async () => await schedule.finish());
  listenToClient(context, ledger, deadlines);
  await Promise.all(backend.wires.map(async (wire) => await openSession(context, wire, target)));
  const runners = backend.wires.map((wire) =>
    openRunner(context, { wire, anchors, allowanceMs, deadline: at(deadlines, wire.session) }),
  );
  return {
    async finish() {
      await Promise.all(
        runners.map(async (runner, session) => {
          await runner.runTurns();
          schedule.sessionIsOver(session);
        }),
      );
      await schedule.finish();
      await Promise.all(runners.map(async (runner) => await runner.probe()));
      if (ending.signal.aborted) return;
      await Promise.all(
        backend.wires.map(async ({ session }) => {
          await settleWithin(clock, client.closeSession(session), CLOSE_DEADLINE_MS);
        }),
      );
    },
  };
}

async function openWires(
  { plan, options, surroundings, recorder, ending, resources }: RunContext,
  anchors: AnchorRegistry,
): Promise<OpenedBackend & { readonly target: OpenedTarget }> {
  const { clock } = options;
  const world = surroundings.world === undefined ? {} : { world: surroundings.world };
  const scripts = new Map(
    plan.workload.sessions.map(({ turns }, session): [string, SessionScript] => [
      apiKeyOfSession(session),
      { turns: [...turns, PROBE_TURN] },
    ]),
  );
  const isAlone = plan.faults.some(({ fault }) => describeFault(fault).appliedBy === "container");
  const target = await options.target.open({ scripts, clock, recorder, isAlone, ...world });
  resources.add(async () => await target.close());
  const backend = await options.backend.open({
    sessionCount: plan.workload.sessions.length,
    upstream: target,
    recorder,
    anchors,
    clock,
    random: createRandom(plan.seed, "network"),
    bytesMax: plan.limits.bytesMax,
    onFull: () => ending.limitReached("bytesMax", plan.limits.bytesMax),
    ...world,
  });
  resources.add(async () => await backend.close());
  return { ...backend, target };
}

function listenToClient(
  { client, recorder }: RunContext,
  ledger: ToolRunner,
  deadlines: readonly TurnDeadline[],
): void {
  recorder.record({ source: "client", kind: "client-started", name: client.name });
  client.listen({
    onSurface: (session, event) => void recorder.record(surfaceEvent(session, event)),
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

function surfaceEvent(session: number, event: SurfaceEvent): UnrecordedEvent {
  if (event.kind === "error") return { source: "client", session, kind: "error-shown", message: event.message };
  return { source: "client", session, ...event };
}

async function openSession(context: RunContext, wire: Wire, target: OpenedTarget): Promise<void> {
  const { plan, client, options, recorder } = context;
  const { session } = wire;
  const opening = client.openSession({
    session,
    baseUrl: target.basePath === undefined ? wire.baseUrl : new URL(wire.baseUrl).origin + target.basePath,
    apiKey: options.target.apiKey ?? (target.apiKeyOf ?? apiKeyOfSession)(session),
    model: "cutwire-model",
    tools: toolsOf(at(plan.workload.sessions, session)),
    stateDirectory: join(options.stateDirectory, `session-${session}`),
  });
  const answer = await settleWithin(options.clock, opening, OPEN_DEADLINE_MS);
  if (answer !== DEADLINE_PASSED && answer.kind !== "threw") return;
  const why = answer === DEADLINE_PASSED ? `did not answer within ${OPEN_DEADLINE_MS} ms` : `threw: ${answer.message}`;
  recorder.record({ source: "client", session, kind: "error-shown", message: `open ${why}` });
}

type RunnerParts = {
  readonly wire: Wire;
  readonly anchors: AnchorRegistry;
  readonly allowanceMs: number;
  readonly deadline: TurnDeadline;
};

function openRunner({ plan, client, options, recorder, ending }: RunContext, parts: RunnerParts): SessionRunner {
  const { session } = parts.wire;
  const { turns } = at(plan.workload.sessions, session);
  return createSessionRunner({
    session,
    turns,
    client,
    clock: options.clock,
    recorder,
    signal: ending.signal,
    userTextOf: options.target.isScripted ? ({ userText }) => userText : spellOutTurn,
    ...parts,
  });
}

function at<Value>(values: readonly Value[], index: number): Value {
  const value = values[index];
  if (value === undefined) throw new RangeError(`there are ${values.length} sessions, and none has index ${index}`);
  return value;
}
