import { z } from "zod";

/** The delays that a client promises between failed attempts (INV-31, INV-33). */
export type BackoffContract = {
  /** Delay before the first retry, without jitter, in ms. */
  readonly baseMs: number;
  /** Growth from one retry to the next, 1 or more. */
  readonly factor: number;
  /** The longest delay without jitter, in ms. */
  readonly capMs: number;
  /** `share` s draws from (1 − s) to (1 + s) of the delay; `equal` from half of it; `full` from 0. */
  readonly jitter: "none" | "equal" | "full" | { readonly share: number };
  readonly attemptsMax: number;
  /** When the count of failures starts again. */
  readonly resetOn: "completed" | { readonly uptimeMs: number };
};

/** What a client promises: the measure that the checkers hold it to. */
export type Contract = {
  readonly toolEffects: "at-most-once" | "at-least-once";
  /** `"unstated"`: judged by the general rules B1–B8 alone (protocol.md §7). */
  readonly backoff: "unstated" | BackoffContract;
  /** INV-23's bound B: a turn has ended this long after the last fault healed, the tools' time left out. */
  readonly recoveryDeadlineMs: number;
  /** INV-25's D: a dead peer is left within this time. */
  readonly idleDeadlineMs: number;
  /** INV-25's C: a new dial comes this long after the old connection was left. */
  readonly redialDeadlineMs: number;
  /** INV-26: a peer that shows signs of life is given this long to make progress. */
  readonly progressDeadlineMs: number;
  /** INV-34: creates per turn over all attempts. */
  readonly createsPerTurnMax: number;
  /** INV-28; absent: the client promises no rotation. */
  readonly rotation?: { readonly ageMsMax: number; readonly marginMs: number };
  /** Whether it asks the server to store responses, so that an id may be used on another connection (INV-12). */
  readonly store: boolean;
  readonly lanes: boolean;
  readonly retryAfterVisibleOutput: boolean;
  /** INV-38. */
  readonly fallback: "none" | { readonly afterFailures: number };
};

/** What is assumed of a client that says nothing: an interactive agent that must not keep a user waiting. */
export const DEFAULT_CONTRACT: Contract = {
  toolEffects: "at-most-once",
  backoff: "unstated",
  recoveryDeadlineMs: 10_000,
  idleDeadlineMs: 5_000,
  redialDeadlineMs: 5_000,
  progressDeadlineMs: 600_000,
  createsPerTurnMax: 20,
  store: false,
  lanes: false,
  retryAfterVisibleOutput: true,
  fallback: "none",
};

const DurationSchema = z.number().min(1).max(86_400_000);

const BackoffSchema: z.ZodType<BackoffContract> = z
  .strictObject({
    baseMs: DurationSchema,
    factor: z.number().min(1).max(100),
    capMs: DurationSchema,
    jitter: z.union([z.enum(["none", "equal", "full"]), z.strictObject({ share: z.number().min(0).max(1) })]),
    attemptsMax: z.number().int().min(0).max(1_000_000),
    resetOn: z.union([z.literal("completed"), z.strictObject({ uptimeMs: DurationSchema })]),
  })
  .refine((backoff) => backoff.capMs >= backoff.baseMs, { path: ["capMs"], message: "must not be less than baseMs" });

/** The shape of a contract. */
export const ContractSchema: z.ZodType<Contract> = z
  .strictObject({
    toolEffects: z.enum(["at-most-once", "at-least-once"]),
    backoff: z.union([z.literal("unstated"), BackoffSchema]),
    recoveryDeadlineMs: DurationSchema,
    idleDeadlineMs: DurationSchema,
    redialDeadlineMs: DurationSchema,
    progressDeadlineMs: DurationSchema,
    createsPerTurnMax: z.number().int().min(1).max(1_000_000),
    rotation: z.strictObject({ ageMsMax: DurationSchema, marginMs: z.number().min(0) }).exactOptional(),
    store: z.boolean(),
    lanes: z.boolean(),
    retryAfterVisibleOutput: z.boolean(),
    fallback: z.union([z.literal("none"), z.strictObject({ afterFailures: z.number().int().min(1).max(1_000_000) })]),
  })
  .refine((contract) => contract.progressDeadlineMs >= contract.idleDeadlineMs, {
    path: ["progressDeadlineMs"],
    message: "must not be less than idleDeadlineMs: a live peer would be left before a dead one",
  });
