import { z } from "zod";

import { isJsonObject } from "../protocol/json.ts";
import type { Fault, FaultKind } from "./fault.ts";
import type { Capability, FaultCatalogue, FaultDescription } from "./fault-description.ts";
import { clockStepFault } from "./faults/clock-step.ts";
import { closeFault } from "./faults/close.ts";
import { containerFault } from "./faults/container.ts";
import { corruptFault } from "./faults/corrupt.ts";
import { cutFault } from "./faults/cut.ts";
import { errorFault } from "./faults/error.ts";
import { forgetFault } from "./faults/forget.ts";
import { fragmentFault } from "./faults/fragment.ts";
import { freezeFault } from "./faults/freeze.ts";
import { messageLimitFault } from "./faults/message-limit.ts";
import { noCloseAnswerFault } from "./faults/no-close-answer.ts";
import { noPongFault } from "./faults/no-pong.ts";
import { refuseFault } from "./faults/refuse.ts";
import { refuseCreateFault } from "./faults/refuse-create.ts";
import { rejectFault } from "./faults/reject.ts";
import { repeatItemFault } from "./faults/repeat-item.ts";
import { reuseCallIdsFault } from "./faults/reuse-call-ids.ts";
import { sequenceFault } from "./faults/sequence.ts";
import { silenceFault } from "./faults/silence.ts";
import { stallFault } from "./faults/stall.ts";
import { toxicFault } from "./faults/toxic.ts";
import { upgradeFault } from "./faults/upgrade.ts";

/** Every kind of fault that a plan can name, by the layer that it acts on. */
export const FAULT_CATALOGUE: FaultCatalogue = {
  cut: cutFault,
  stall: stallFault,
  refuse: refuseFault,
  toxic: toxicFault,
  close: closeFault,
  corrupt: corruptFault,
  fragment: fragmentFault,
  "message-limit": messageLimitFault,
  "no-close-answer": noCloseAnswerFault,
  "no-pong": noPongFault,
  reject: rejectFault,
  upgrade: upgradeFault,
  error: errorFault,
  "refuse-create": refuseCreateFault,
  "repeat-item": repeatItemFault,
  sequence: sequenceFault,
  silence: silenceFault,
  forget: forgetFault,
  "reuse-call-ids": reuseCallIdsFault,
  freeze: freezeFault,
  "clock-step": clockStepFault,
  container: containerFault,
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
