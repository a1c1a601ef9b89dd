import { z } from "zod";

import type { Verdict } from "../check/verdict.ts";
import type { Contract } from "../plan/contract.ts";
import { checkDocument, type DocumentNaming, parseDocument } from "../plan/document.ts";
import type { Plan } from "../plan/plan.ts";
import { type ClientReference, ClientReferenceSchema } from "../plan/scenario.ts";
import { StoredContractSchema, StoredPlanSchema } from "../plan/stored.ts";

/** A failure in a file: everything that is needed to have it again, on any backend that can express the plan. */
export type Reproduction = {
  readonly formatVersion: 1;
  readonly plan: Plan;
  readonly client: ClientReference;
  readonly contract: Contract;
  readonly backend: string;
  /** The name or the URL of the target; `"reference"` where absent. */
  readonly target?: string;
  /** What was violated when the file was written. */
  readonly verdicts: readonly Verdict[];
  /** What happened, as `digestOfHistory` says it; only of a backend whose runs can be had again to the last event. */
  readonly digest?: string;
  /** Versions of the harness and of Node, for whoever wonders why it differs now. */
  readonly versions: Readonly<Record<string, string>>;
};

/** The shape of a stored verdict. */
export const VerdictSchema: z.ZodType<Verdict> = z.strictObject({
  checker: z.string(),
  rule: z.string(),
  outcome: z.enum(["holds", "violated", "unknown", "not-exercised"]),
  message: z.string(),
  advice: z.string(),
  evidence: z.array(z.number().int()),
});

const ReproductionSchema: z.ZodType<Reproduction> = z.strictObject({
  formatVersion: z.literal(1),
  plan: StoredPlanSchema,
  client: ClientReferenceSchema,
  contract: StoredContractSchema,
  backend: z.string(),
  target: z.string().min(1).exactOptional(),
  verdicts: z.array(VerdictSchema).min(1, "a reproduction names what was violated"),
  digest: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .exactOptional(),
  versions: z.record(z.string(), z.string()),
});

/**
 * Reads a reproduction file, of this release or an earlier one.
 *
 * @throws HarnessError `HARNESS_UNREADABLE_FILE`, `HARNESS_INVALID_PLAN` with every problem and its path
 */
export function parseReproduction(text: string, source: string): Reproduction {
  return parseDocument(text, ReproductionSchema, namingOf(source));
}

/** The same for a reproduction that is already parsed. */
export function checkReproduction(data: unknown, source: string): Reproduction {
  return checkDocument(data, ReproductionSchema, namingOf(source));
}

function namingOf(source: string): DocumentNaming {
  return { what: "reproduction", source, code: "HARNESS_INVALID_PLAN" };
}
