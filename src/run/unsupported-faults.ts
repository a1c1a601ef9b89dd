import { HarnessError } from "../errors.ts";
import { capabilitiesOf, describeFault } from "../plan/fault-catalogue.ts";
import type { Capability } from "../plan/fault-description.ts";
import type { FaultKind } from "../plan/fault.ts";
import type { Plan } from "../plan/plan.ts";
import type { Backend } from "./backend.ts";
import type { Target } from "./target.ts";

/** A fault of a plan that the backend, or the target, cannot make. */
export type UnsupportedFault = {
  readonly id: string;
  readonly kind: FaultKind;
  readonly missing: readonly Capability[];
  readonly by: "backend" | "target";
  /** What stands in the way where nothing is missing; absent where something is. */
  readonly why?: string;
};

/** Where a plan is to be run. */
export type RunPlace = { readonly backend: Backend; readonly target: Target };

/** The faults of a plan that cannot be made there. */
export function unsupportedFaults(
  faults: Plan["faults"],
  { backend, target: asked }: RunPlace,
): readonly UnsupportedFault[] {
  const target = backend.targetOf?.(asked) ?? asked;
  return faults.flatMap((scheduled) => {
    const { id, fault } = scheduled;
    const isOfTarget = describeFault(fault).appliedBy === "server";
    const able = isOfTarget ? (target.capabilities ?? new Set()) : backend.capabilities;
    const missing = capabilitiesOf(fault).filter((capability) => !able.has(capability));
    if (missing.length > 0) return [{ id, kind: fault.kind, missing, by: isOfTarget ? "target" : "backend" }];
    const why = backend.refusal?.(scheduled);
    return why === undefined ? [] : [{ id, kind: fault.kind, missing, by: "backend", why }];
  });
}

/** What is missing, in words: `"forgotten (forget) needs target-forget of the target"`. */
export function describeUnsupported({ id, kind, missing, by, why }: UnsupportedFault): string {
  return why === undefined ? `${id} (${kind}) needs ${missing.join(", ")} of the ${by}` : `${id} (${kind}): ${why}`;
}

/**
 * Refuses a plan with faults that cannot be made there.
 *
 * @param what The plan as the user knows it, for example `"this plan"`.
 * @throws HarnessError `HARNESS_UNSUPPORTED_FAULT` that names each of them
 */
export function refuseUnsupportedFaults(plan: Plan, place: RunPlace, what: string): void {
  const refused = unsupportedFaults(plan.faults, place);
  if (refused.length === 0) return;
  const { backend, target } = place;
  const who = `The backend "${backend.name}" with the target "${target.name}"`;
  const lines = refused.map((fault) => `  ${describeUnsupported(fault)}`);
  throw new HarnessError(
    "HARNESS_UNSUPPORTED_FAULT",
    `${who} cannot express every fault of ${what}:\n${lines.join("\n")}\nChoose another backend or target, or leave these faults out.`,
    { details: { backend: backend.name, target: target.name, refused } },
  );
}
