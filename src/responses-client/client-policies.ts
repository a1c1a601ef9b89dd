import type { Random } from "../determinism/random.ts";
import { type Accumulation, createAccumulation } from "./accumulation.ts";
import { type AttributionSource, createAttribution } from "./attribution.ts";
import { type Backoff, createBackoff } from "./backoff.ts";
import { createDialer, type Dialer } from "./dial.ts";
import { createFailureJudge, type FailureJudge } from "./failure-policy.ts";
import { createLiveness, type Liveness } from "./liveness.ts";
import type { Policy, PolicyContext } from "./policy-context.ts";
import { createRecovery, type Recovery } from "./recovery.ts";
import { createRotation, type Rotation } from "./rotation.ts";
import { createToolDispatch, type ToolDispatch } from "./tool-dispatch.ts";

/** The rules of a client. Give those that shall differ: `{ backoff: createBackoff({ baseMs: 20 }) }`. */
export type ClientPolicies = {
  /** How a socket is opened, and how long that may take. */
  readonly dialer: Policy<Dialer>;
  /** When a silent peer is dead. */
  readonly liveness: Policy<Liveness>;
  /** When a connection is too old. */
  readonly rotation: Policy<Rotation>;
  /** Which events belong to the running request. */
  readonly attribution: Policy<AttributionSource>;
  /** What a response is made of, and when it is complete. */
  readonly accumulation: Policy<Accumulation>;
  /** Whether a failure is worth another attempt: close codes, statuses, error codes. */
  readonly failures: Policy<FailureJudge>;
  /** When the next attempt comes, and how many there are. */
  readonly backoff: Policy<Backoff>;
  /** What the next create holds: a chained id with new items, or everything. */
  readonly recovery: Policy<Recovery>;
  /** When tools start. */
  readonly toolDispatch: Policy<ToolDispatch>;
};

/** The policies of one session, at work. */
export type OpenPolicies = { readonly [Name in keyof ClientPolicies]: ReturnType<ClientPolicies[Name]> };

/** Starts the policies of a session; what is not chosen is the documented default. */
export function openPolicies(
  chosen: Partial<ClientPolicies>,
  parts: { readonly clock: PolicyContext["clock"]; readonly random: Random },
): OpenPolicies {
  const contextOf = (name: string): PolicyContext => ({ clock: parts.clock, random: parts.random.fork(name) });
  return {
    dialer: (chosen.dialer ?? createDialer())(contextOf("dialer")),
    liveness: (chosen.liveness ?? createLiveness())(contextOf("liveness")),
    rotation: (chosen.rotation ?? createRotation())(contextOf("rotation")),
    attribution: (chosen.attribution ?? createAttribution())(contextOf("attribution")),
    accumulation: (chosen.accumulation ?? createAccumulation())(contextOf("accumulation")),
    failures: (chosen.failures ?? createFailureJudge())(contextOf("failures")),
    backoff: (chosen.backoff ?? createBackoff())(contextOf("backoff")),
    recovery: (chosen.recovery ?? createRecovery())(contextOf("recovery")),
    toolDispatch: (chosen.toolDispatch ?? createToolDispatch())(contextOf("toolDispatch")),
  };
}
