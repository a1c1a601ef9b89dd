import { z } from "zod";

import { isJsonObject } from "../protocol/json.ts";
import type { Fault, FaultKind } from "./fault.ts";
import type { Capability, FaultCatalogue, FaultDescription } from "./fault-description.ts";
import { closeFault } from "./faults/close.ts";
import { cutFault } from "./faults/cut.ts";
import { rejectFault } from "./faults/reject.ts";
import { toxicFault } from "./faults/toxic.ts";

/** Every kind of fault that a plan can name. */
export const FAULT_CATALOGUE: FaultCatalogue = {
  cut: cutFault,
  close: closeFault,
  reject: rejectFault,
  toxic: toxicFault,
};

// Each description takes its own kind alone; callers look it up by the kind of the fault that they hand to it.
const DESCRIPTIONS = FAULT_CATALOGUE as Readonly<Record<FaultKind, FaultDescription>>;

/** The shape of any fault: its kind decides which description judges the rest. */
export const FaultSchema: z.ZodType<Fault> = z.unknown().transform((value, context): Fault => {
  const kind = isJsonObject(value) ? value["kind"] : undefined;
  const description = Object.values(DESCRIPTIONS).find((candidate) => candidate.kind === kind);
  if (description === undefined) {
    const kinds = Object.keys(FAULT_CATALOGUE).join(", ");
    context.addIssue({ code: "custom", path: ["kind"], message: `no such kind of fault; there are: ${kinds}` });
    return z.NEVER;
  }
  const parsed = description.schema.safeParse(value);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) context.addIssue(issueAgain(issue));
  return z.NEVER;
});

/** An issue of a schema within, as a schema around it may tell it. */
export function issueAgain(issue: z.core.$ZodIssue): Parameters<z.RefinementCtx["addIssue"]>[0] {
  return { ...issue };
}

/** The description that belongs to a fault. */
export function describeFault(fault: Fault): FaultDescription {
  return DESCRIPTIONS[fault.kind];
}

/** What a backend has to be able to do for a fault. */
export function capabilitiesOf(fault: Fault): readonly Capability[] {
  return describeFault(fault).needs(fault);
}
