import { join } from "node:path";

import { z } from "zod";

import type { CheckInput } from "../check/check-history.ts";
import type { Verdict } from "../check/verdict.ts";
import { decodeHistory } from "../history/history-codec.ts";
import { type Contract, ContractSchema } from "../plan/contract.ts";
import { parseDocument } from "../plan/document.ts";
import { PlanSchema } from "../plan/plan.ts";
import { VerdictSchema } from "../reproduce/reproduction.ts";
import { readTextFile } from "./files.ts";

/** A run out of its folder: what was judged, and how. */
export type StoredRun = { readonly input: CheckInput; readonly verdicts: readonly Verdict[] };

type StoredResult = { readonly contract: Contract; readonly verdicts: readonly Verdict[] };

const StoredResultSchema: z.ZodType<StoredResult> = z.object({
  contract: ContractSchema,
  verdicts: z.array(VerdictSchema),
});

/**
 * Reads the folder of a run: `plan.json`, `history.jsonl` and `result.json`.
 *
 * @throws HarnessError `HARNESS_UNREADABLE_FILE`, `HARNESS_INVALID_PLAN`
 */
export function readStoredRun(folder: string): StoredRun {
  const code = "HARNESS_INVALID_PLAN";
  const read = (name: string): { text: string; source: string } => {
    const source = join(folder, name);
    return { text: readTextFile(source), source };
  };
  const plan = read("plan.json");
  const history = read("history.jsonl");
  const result = read("result.json");
  const { contract, verdicts } = parseDocument(result.text, StoredResultSchema, {
    what: "result of a run",
    source: result.source,
    code,
  });
  return {
    input: {
      plan: parseDocument(plan.text, PlanSchema, { what: "plan", source: plan.source, code }),
      contract,
      history: decodeHistory(history.text, history.source),
    },
    verdicts,
  };
}
