import { z } from "zod";

import { isJsonObject, objectMember } from "../protocol/json.ts";
import { type Contract, ContractSchema, DEFAULT_CONTRACT } from "./contract.ts";
import { DEFAULT_LIMITS, type Plan, PlanSchema } from "./plan.ts";

/**
 * The shape of a contract that was judged by, out of a file that an earlier release may have written.
 *
 * A release that did not know a promise went by what is its default now, so a member that is not there means that.
 */
export const StoredContractSchema: z.ZodType<Contract> = z.preprocess(
  (data) => (isJsonObject(data) ? { ...DEFAULT_CONTRACT, ...data } : data),
  ContractSchema,
);

/** The shape of a plan out of such a file: a limit that is not there has its default. */
export const StoredPlanSchema: z.ZodType<Plan> = z.preprocess((data) => {
  const limits = isJsonObject(data) ? objectMember(data, "limits") : undefined;
  return isJsonObject(data) && limits !== undefined ? { ...data, limits: { ...DEFAULT_LIMITS, ...limits } } : data;
}, PlanSchema);
