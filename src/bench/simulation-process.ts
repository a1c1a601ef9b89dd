/** The process that simulates, as one of those that searches run in; and what it is measured against. */
// First of all, because it has to come before ws is loaded.
import "../simulation/register.ts";

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createHarness } from "../built-ins.ts";
import { ONE_TOOL_SESSION } from "../cli/sweep-session.ts";
import { createSystemClock } from "../determinism/clock.ts";
import { mapSession } from "../explore/session-map.ts";
import { createSweep, createSweepSpace, type Sweep } from "../explore/sweep-space.ts";
import { createMemoryHistorySink } from "../history/history-sink.ts";
import type { Plan } from "../plan/plan.ts";
import { pluginNamed, targetNamed } from "../reproduce/harness.ts";
import { runAndJudge, type RunResult } from "../reproduce/judged-run.ts";
import { simulate } from "../reproduce/simulate.ts";
import { createFramingFloor } from "./framing-floor.ts";
import { serveParty } from "./party-process.ts";
import { measuredPlan } from "./simulated-sessions.ts";
import type { SimulationQuestion, SimulationResult, SweepResult } from "./simulations.ts";

const US_PER_MS = 1_000;

const clock = createSystemClock();
const harness = createHarness();
const client = pluginNamed("client", "reference", harness.clients);
const floor = createFramingFloor((await inWorld(measuredPlan({ length: "long", wire: "clean" }, 0))).record.history);
let sweep: Sweep | undefined;

async function inWorld(plan: Plan): Promise<RunResult> {
  return await simulate(plan, client, { harness });
}

async function onSockets(plan: Plan): Promise<RunResult> {
  const stateDirectory = mkdtempSync(join(tmpdir(), "cutwire-bench-"));
  const request = { plan, module: client, backend: "embedded", target: "reference", stateDirectory };
  try {
    return await runAndJudge({ ...request, sink: createMemoryHistorySink() }, harness);
  } finally {
    rmSync(stateDirectory, { recursive: true, force: true });
  }
}

/** Runs a plan for each number, one after the other. */
async function measure(
  numbers: readonly number[],
  run: (number: number) => Promise<RunResult | undefined>,
): Promise<SimulationResult> {
  const counts = { serverEvents: 0, historyEvents: 0, struck: 0, violated: 0 };
  const before = process.cpuUsage();
  const startMs = clock.nowMs();
  for (const number of numbers) {
    const result = await run(number);
    if (result !== undefined) count(result, counts);
  }
  const { user, system } = process.cpuUsage(before);
  const processorMs = (user + system) / US_PER_MS;
  return { sessions: numbers.length, elapsedMs: clock.nowMs() - startMs, processorMs, ...counts };
}

type Counts = { serverEvents: number; historyEvents: number; struck: number; violated: number };

function count({ record, faults, verdicts }: RunResult, counts: Counts): void {
  counts.historyEvents += record.history.length;
  for (const event of record.history) {
    const isSent = event.kind === "message" && event.source === "server-face" && event.direction === "to-client";
    if (isSent) counts.serverEvents += 1;
  }
  if (faults.every(({ state }) => state === "fired")) counts.struck += 1;
  if (verdicts.some(({ outcome }) => outcome === "violated")) counts.violated += 1;
}

function from(first: number, length: number, step = 1): readonly number[] {
  return Array.from({ length }, (_, index) => first + index * step);
}

async function openSweep(): Promise<Sweep> {
  const { record } = await inWorld(ONE_TOOL_SESSION);
  const { capabilities } = pluginNamed("backend", "simulation", harness.backends);
  const able = new Set([...capabilities, ...(targetNamed("reference", harness).capabilities ?? [])]);
  return createSweep(createSweepSpace(ONE_TOOL_SESSION, mapSession(record.history), { every: 1, able }));
}

async function measureSweep(first: number, every: number): Promise<SweepResult> {
  sweep ??= await openSweep();
  const cut = sweep;
  const cells = cut.count;
  const numbers = from(first, Math.ceil((cells - first) / every), every);
  return { ...(await measure(numbers, async (number) => await inWorld(cut.planOf(number)))), cells };
}

serveParty<SimulationQuestion>(async (question) => {
  switch (question.kind) {
    case "simulate": {
      const { session, seed, sessions } = question;
      return await measure(from(seed, sessions), async (number) => await inWorld(measuredPlan(session, number)));
    }
    case "embedded": {
      const { session, seed, sessions } = question;
      return await measure(from(seed, sessions), async (number) => await onSockets(measuredPlan(session, number)));
    }
    case "floor":
      return await measure(from(0, question.sessions), async () => {
        floor.replay();
        return undefined;
      });
    case "sweep":
      return await measureSweep(question.first, question.every);
  }
});
