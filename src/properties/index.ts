export {
  type AgentPromise,
  backoffKeepsItsPromise,
  noResultLost,
  nothingShownTwice,
  PROMISES,
  sessionRecovers,
  toolEffectsAtMostOnce,
} from "./promise.ts";
export { checkPromise, type PromiseOptions, type PromiseResult } from "./check-promise.ts";
export type { BrokenPromise, StoredFailure, StrayViolation } from "./broken-promise.ts";
export type { GeneratedRunOptions } from "./generated-run.ts";
export { addTallies, type Tally } from "./tally.ts";
export { planArbitrary, type PlanArbitraryOptions } from "../generate/plan-arbitrary.ts";
