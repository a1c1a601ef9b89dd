import { drawSeed } from "../determinism/random.ts";
import { digestOf } from "../determinism/stable-json.ts";
import { HarnessError } from "../errors.ts";
import type { HistoryEvent } from "../history/event.ts";
import { createRecorder, type Recorder } from "../history/recorder.ts";
import { createRedactor, secretsOfEnvironment } from "../history/redaction.ts";
import { type Contract, ContractSchema, DEFAULT_CONTRACT } from "../plan/contract.ts";
import { checkDocument } from "../plan/document.ts";
import type { Plan } from "../plan/plan.ts";
import { isJsonObject } from "../protocol/json.ts";
import { openDelayLog } from "./delay-log.ts";
import { openRun } from "./open-run.ts";
import { createResources } from "./resources.ts";
import type { RunOptions } from "./run-options.ts";
import { openRunEnding } from "./run-ending.ts";
import type { RunningClient } from "./running-client.ts";
import { surroundByMachine, type Surroundings } from "./surroundings.ts";
import { refuseUnsupportedFaults } from "./unsupported-faults.ts";

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
 * Makes a plan happen: starts client, target and wires, takes every session through its turns while the faults
 * strike, heals, asks each session one thing more, and takes everything down again.
 *
 * What the client does wrong is never thrown; it is in the history.
 *
 * @throws HarnessError `HARNESS_UNSUPPORTED_FAULT`, `HARNESS_INVALID_CLIENT`, `HARNESS_MISSING_PACKAGE`,
 * `HARNESS_INVALID_CONTRACT`, `HARNESS_BACKEND_UNAVAILABLE`: nothing was run then. In a simulation also
 * `HARNESS_SIMULATION_UNPREPARED`, `HARNESS_SIMULATION_ESCAPED`, `HARNESS_SIMULATION_STUCK`.
 */
export async function runPlan(plan: Plan, given: RunOptions): Promise<RunRecord> {
  const options = { ...given, target: given.backend.targetOf?.(given.target) ?? given.target };
  // A world that something escaped from is left as it stands, and nobody in it may hear of what becomes of others.
  const own = new AbortController();
  const pass = (): void => own.abort(options.signal?.reason);
  options.signal?.addEventListener("abort", pass);
  if (options.signal?.aborted === true) pass();
  try {
    refuseUnsupportedFaults(plan, options, "this plan");
    refuseUnsimulatedTarget(options);
    const { client, clock, backend } = options;
    // Drawn on the machine, because a world would draw the same one each time and tell what it hides.
    const salt = String(drawSeed());
    const run = async (surroundings: Surroundings): Promise<RunRecord> =>
      await runIn(surroundings, plan, { ...options, signal: own.signal, clock: surroundings.clock, salt });
    return backend.surround === undefined
      ? await surroundByMachine({ plan, client, clock }, run)
      : await backend.surround({ plan, client, clock }, run);
  } finally {
    options.signal?.removeEventListener("abort", pass);
    options.sink.close();
  }
}

async function runIn(
  surroundings: Surroundings,
  plan: Plan,
  options: RunOptions & { readonly salt: string },
): Promise<RunRecord> {
  const resources = createResources();
  let opened: Recorder | undefined;
  try {
    const client = await surroundings.startClient();
    resources.add(async () => await client.end());
    const contract = contractOf(client, options);
    const recorder: Recorder = createRecorder({
      clock: options.clock,
      sink: options.sink,
      redactor: createRedactor(options.salt, secretsOfEnvironment(process.env)),
      eventsMax: plan.limits.eventsMax,
      onFull: () => ending.limitReached("eventsMax", plan.limits.eventsMax),
    });
    opened = recorder;
    const ending = openRunEnding({
      clock: options.clock,
      runMs: plan.limits.runMs,
      signal: options.signal,
      recorder: () => recorder,
    });
    resources.add(() => ending.close());
    surroundings.world?.whenSpinning((tasks) => {
      ending.limitReached("tasksAtOnce", tasks);
      surroundings.world?.endGuest();
    });
    const delayLog = openDelayLog(options.clock, recorder, surroundings.world === undefined);
    resources.add(() => delayLog.close());
    recorder.record({
      source: "harness",
      kind: "run-started",
      plan: digestOf(plan),
      client: client.name,
      backend: options.backend.name,
      target: options.target.name,
      scripted: options.target.isScripted,
    });
    const run = await openRun({ plan, options, surroundings, client, contract, recorder, ending, resources });
    await run.finish();
    delayLog.close();
    await resources.close();
    recorder.record({ source: "harness", kind: "run-ended" });
    recorder.end();
    const interrupted = options.signal?.aborted === true;
    return {
      plan,
      contract,
      clientName: client.name,
      backendName: options.backend.name,
      history: recorder.events(),
      interrupted,
    };
  } finally {
    await resources.close().finally(() => opened?.end());
  }
}

function refuseUnsimulatedTarget({ backend, target }: RunOptions): void {
  if (backend.surround === undefined || target.canBeSimulated === true) return;
  throw new HarnessError(
    "HARNESS_INVALID_OPTION",
    `The target "${target.name}" cannot run on the backend "${backend.name}": only a server within the harness can. Choose the backend embedded, or the target reference.`,
    { details: { backend: backend.name, target: target.name } },
  );
}

/** What the client is held to: the default promise, what it says itself, and what the user says of it. */
function contractOf(client: RunningClient, { contract }: RunOptions): Contract {
  const stated = isJsonObject(client.contract) ? client.contract : {};
  return checkDocument({ ...DEFAULT_CONTRACT, ...stated, ...contract }, ContractSchema, {
    what: "contract",
    source: `the contract of client "${client.name}"`,
    code: "HARNESS_INVALID_CONTRACT",
  });
}
