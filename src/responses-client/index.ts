export { openResponsesSession, type ResponsesSession, type ResponsesSessionOptions } from "./session.ts";
export type { TurnResult } from "./turn.ts";
export type { ClientSurface } from "./visible-text.ts";
export type { ClientTool } from "./client-tool.ts";
export { responsesUrl } from "./responses-url.ts";
export { createMemoryJournal, openFileJournal, type Journal, type JournalEntry } from "./journal.ts";
export { type ClientLimits, DEFAULT_LIMITS } from "./client-limits.ts";
export { isPreviousResponseNotFound } from "../protocol/error-shapes.ts";
export { describeFailure, type Failure, type RequestPhase, retryAfterMsOf, statedError } from "./failure.ts";

export type { ClientPolicies } from "./client-policies.ts";
export type { Policy, PolicyContext } from "./policy-context.ts";
export {
  type Accumulation,
  type Accumulator,
  createAccumulation,
  type Progress,
  type ResponseEnd,
} from "./accumulation.ts";
export { type Attribution, type AttributionSource, createAttribution, type EventOwner } from "./attribution.ts";
export { type Backoff, type BackoffDecision, type BackoffOptions, createBackoff } from "./backoff.ts";
export { createDialer, type Dialer, type DialerOptions, type DialRequest } from "./dial.ts";
export {
  createFailureJudge,
  type FailureCircumstances,
  type FailureJudge,
  type FailureVerdict,
  isConnectionLimit,
  judgeCloseCode,
} from "./failure-policy.ts";
export {
  createLiveness,
  type Liveness,
  type LivenessOptions,
  type LivenessWatch,
  type WatchedConnection,
} from "./liveness.ts";
export {
  type CompletedResponse,
  createRecovery,
  type CreateBasis,
  type CreateSource,
  type Recovery,
  type RecoveryOptions,
} from "./recovery.ts";
export { createRotation, type Rotation, type RotationOptions } from "./rotation.ts";
export { type AnswerRequest, createToolDispatch, type ToolCalls, type ToolDispatch } from "./tool-dispatch.ts";
