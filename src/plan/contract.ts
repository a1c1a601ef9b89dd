import { z } from "zod";

/** The shares of a delay between which a client draws, 0 to 10 each. */
export type JitterWindow = { readonly from: number; readonly to: number };

/** The delays that a client promises between failed attempts (INV-31, INV-33). */
export type BackoffContract = {
  /** Delay before the first retry, without jitter, in ms. */
  readonly baseMs: number;
  /** Growth from one retry to the next, 1 or more. */
  readonly factor: number;
  /** The longest delay without jitter, in ms. */
  readonly capMs: number;
  /**
   * What is drawn of the delay: `none` all of it, `equal` from half of it, `full` from 0, each up to all of it; `share` s
   * from (1 − s) to (1 + s) of it; or a window of its own, for example `{ "from": 0.75, "to": 1 }`.
   */
  readonly jitter: "none" | "equal" | "full" | { readonly share: number } | JitterWindow;
  /** How often it tries again in a row; the first attempt is not counted. */
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

const JitterWindowSchema: z.ZodType<JitterWindow> = z
  .strictObject({ from: z.number().min(0).max(10), to: z.number().min(0).max(10) })
  .refine((window) => window.to >= window.from, { path: ["to"], message: "must not be less than from" });

const BackoffSchema: z.ZodType<BackoffContract> = z
  .strictObject({
    baseMs: DurationSchema,
    factor: z.number().min(1).max(100),
    capMs: DurationSchema,
    jitter: z.union([
      z.enum(["none", "equal", "full"]),
      z.strictObject({ share: z.number().min(0).max(1) }),
      JitterWindowSchema,
    ]),
    attemptsMax: z.number().int().min(0).max(1_000_000),
    resetOn: z.union([z.literal("completed"), z.strictObject({ uptimeMs: DurationSchema })]),
  })
  .refine((backoff) => backoff.capMs >= backoff.baseMs, { path: ["capMs"], message: "must not be less than baseMs" });

const PROMISES = {
  toolEffects: z.enum(["at-most-once", "at-least-once"]),
  backoff: z.union([z.literal("unstated"), BackoffSchema]),
  recoveryDeadlineMs: DurationSchema,
  idleDeadlineMs: DurationSchema,
  redialDeadlineMs: DurationSchema,
  progressDeadlineMs: DurationSchema,
  createsPerTurnMax: z.number().int().min(1).max(1_000_000),
  rotation: z.strictObject({ ageMsMax: DurationSchema, marginMs: z.number().min(0) }),
  store: z.boolean(),
  lanes: z.boolean(),
  retryAfterVisibleOutput: z.boolean(),
  fallback: z.union([z.literal("none"), z.strictObject({ afterFailures: z.number().int().min(1).max(1_000_000) })]),
};

/** The shape of a part of a contract, as a file states it. */
export const ContractPartSchema: z.ZodType<Partial<Contract>> = z.strictObject({
  toolEffects: PROMISES.toolEffects.exactOptional(),
  backoff: PROMISES.backoff.exactOptional(),
  recoveryDeadlineMs: PROMISES.recoveryDeadlineMs.exactOptional(),
  idleDeadlineMs: PROMISES.idleDeadlineMs.exactOptional(),
  redialDeadlineMs: PROMISES.redialDeadlineMs.exactOptional(),
  progressDeadlineMs: PROMISES.progressDeadlineMs.exactOptional(),
  createsPerTurnMax: PROMISES.createsPerTurnMax.exactOptional(),
  rotation: PROMISES.rotation.exactOptional(),
  store: PROMISES.store.exactOptional(),
  lanes: PROMISES.lanes.exactOptional(),
  retryAfterVisibleOutput: PROMISES.retryAfterVisibleOutput.exactOptional(),
  fallback: PROMISES.fallback.exactOptional(),
});

/** The shape of a contract. */
export const ContractSchema: z.ZodType<Contract> = z
  .strictObject({ ...PROMISES, rotation: PROMISES.rotation.exactOptional() })
  .refine((contract) => contract.progressDeadlineMs >= contract.idleDeadlineMs, {
    path: ["progressDeadlineMs"],
    message: "must not be less than idleDeadlineMs: a live peer would be left before a dead one",
  });
