export { HARNESS_ERROR_CODES, HarnessError, type HarnessErrorCode } from "./errors.ts";

export type { Plan, Limits, Workload } from "./plan/plan.ts";
export type { Scenario, ClientReference, Expectation } from "./plan/scenario.ts";
export type { Contract, BackoffContract } from "./plan/contract.ts";
export type { Fault, FaultKind, Heal, ScheduledFault } from "./plan/fault.ts";
export { FAULT_CATALOGUE } from "./plan/fault-catalogue.ts";
export type { Capability, FaultDescription } from "./plan/fault-description.ts";
export type { Anchor, EventAnchor, Place, Trigger } from "./plan/trigger.ts";
export type { ModelScript, ModelStep, ScriptedCall, ScriptedTurn, SessionScript } from "./protocol/model-script.ts";
export type { Direction } from "./protocol/direction.ts";
export { PROTOCOL_POINTS, type ProtocolPoint, type ProtocolPointDescription } from "./protocol/protocol-point.ts";

export type { Client, ClientContext, ClientSession, HarnessTool, SurfaceEvent, TurnResult } from "./run/client.ts";
export type { RunRecord } from "./run/run-plan.ts";
export type { EventOf, HistoryEvent } from "./history/event.ts";
export { decodeHistory } from "./history/history-codec.ts";
export type { Outcome, Verdict } from "./check/verdict.ts";
export type { FaultState } from "./check/fault-states.ts";
export type { CheckInput } from "./check/check-history.ts";
export type { Checker, CheckContext } from "./check/checker.ts";
export { CHECKERS, createHarness } from "./built-ins.ts";
export { checkHistory, replay, type Replay, type ReplayOptions, runPlan, type RunPlanOptions } from "./library.ts";
export type { GivenClient } from "./reproduce/client-module.ts";
export type { ReplayOutcome } from "./reproduce/replay.ts";
export type { Reproduction } from "./reproduce/reproduction.ts";
export type { Harness } from "./reproduce/harness.ts";
export { runAndJudge, type RunRequest, type RunResult } from "./reproduce/judged-run.ts";
export { createMemoryHistorySink, type HistorySink, openFileHistorySink } from "./history/history-sink.ts";
