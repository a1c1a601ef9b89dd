import { z } from "zod";

import { type Plan, PlanSchema } from "./plan.ts";

/** Which client: a registered name with an optional version, or a module by path or URL. */
export type ClientReference = { readonly name: string; readonly version?: string } | { readonly module: string };

/** What a scenario expects of one rule. `"unknown"` is also met by `"holds"`. */
export type Expectation = {
  readonly rule: string;
  readonly outcome: "holds" | "violated" | "unknown";
  /** Where a known defect is written down. */
  readonly issue?: string;
  /** A version or a date from which on the expectation is to be looked at again. */
  readonly until?: string;
};

/**
 * Something that a client does or does not do by its nature, and no promise: without it some scenarios come to nothing.
 *
 * - `continues-by-id`: its creates name the response before by `previous_response_id`.
 * - `leaves-connection-open`: a connection is still there when its turn has ended, and the next turn goes over it.
 * - `dials-again`: behind an attempt that failed it makes another one by itself.
 */
export type ClientHabit = (typeof CLIENT_HABITS)[number];

/** Every habit that a scenario can require. */
export const CLIENT_HABITS = ["continues-by-id", "leaves-connection-open", "dials-again"] as const;

/** A named plan with the reason why it exists. Rules that `expect` does not name hold, or are not exercised. */
export type Scenario = {
  readonly formatVersion: 1;
  readonly name: string;
  readonly why: string;
  readonly plan: Plan;
  /** The client that the expectations are about; any client where absent. */
  readonly client?: ClientReference;
  /**
   * What a client must do by itself for the scenario to come about. Where a fault did not fire, or a rule that `expect`
   * names had nothing to judge, and the history shows that the client had the chance and never took it, the scenario is not
   * for this client.
   */
  readonly requires?: readonly ClientHabit[];
  readonly expect?: readonly Expectation[];
};

/** The shape of a reference to a client. */
export const ClientReferenceSchema: z.ZodType<ClientReference> = z.union([
  z.strictObject({ name: z.string().min(1), version: z.string().min(1).exactOptional() }),
  z.strictObject({ module: z.string().min(1) }),
]);

/** The shape of a scenario. */
export const ScenarioSchema: z.ZodType<Scenario> = z.strictObject({
  formatVersion: z.literal(1),
  name: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "lower case words joined by hyphens"),
  why: z.string().min(10, "say in a sentence why this scenario exists"),
  plan: PlanSchema,
  client: ClientReferenceSchema.exactOptional(),
  requires: z.array(z.enum(CLIENT_HABITS)).min(1).exactOptional(),
  expect: z
    .array(
      z.strictObject({
        rule: z.string().regex(/^(INV-\d\d|B[1-8])$/, "INV-01 … INV-45, or B1 … B8"),
        outcome: z.enum(["holds", "violated", "unknown"]),
        issue: z.string().min(1).exactOptional(),
        until: z.string().min(1).exactOptional(),
      }),
    )
    .exactOptional(),
});
