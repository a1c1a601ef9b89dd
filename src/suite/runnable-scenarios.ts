import type { Scenario } from "../plan/scenario.ts";
import { type Harness, pluginNamed, targetNamed } from "../reproduce/harness.ts";
import {
  describeUnsupported,
  refuseUnsupportedFaults,
  type RunPlace,
  type UnsupportedFault,
  unsupportedFaults,
} from "../run/unsupported-faults.ts";

/** Where scenarios are to be run, by names. */
export type ScenarioPlace = { readonly backend: string; readonly target: string; readonly harness: Harness };

/**
 * Why a scenario cannot be run there; undefined where it can.
 *
 * @example "not for this target: restart (forget) needs target-forget of the target"
 */
export function whyUnsupported({ plan }: Scenario, place: ScenarioPlace): string | undefined {
  const faults = unsupportedFaults(plan.faults, plugInsOf(place));
  return faults.length === 0
    ? undefined
    : `not for this ${namesOf(faults)}: ${faults.map(describeUnsupported).join("; ")}`;
}

function namesOf(faults: readonly UnsupportedFault[]): string {
  return [...new Set(faults.map(({ by }) => by))].toSorted().join(" and ");
}

/**
 * Refuses scenarios that were asked for by name and cannot be run there.
 *
 * @throws HarnessError `HARNESS_UNSUPPORTED_FAULT` for the first of them
 */
export function refuseUnsupported(scenarios: readonly Scenario[], place: ScenarioPlace): void {
  const plugIns = plugInsOf(place);
  for (const { name, plan } of scenarios) refuseUnsupportedFaults(plan, plugIns, `the scenario "${name}"`);
}

function plugInsOf({ backend, target, harness }: ScenarioPlace): RunPlace {
  return { backend: pluginNamed("backend", backend, harness.backends), target: targetNamed(target, harness) };
}
