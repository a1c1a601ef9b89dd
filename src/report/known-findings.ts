import { z } from "zod";

import type { Verdict } from "../check/verdict.ts";
import { parseDocument } from "../plan/document.ts";
import type { KnownFinding, ScenarioReport } from "./run-report.ts";

const KnownFindingSchema: z.ZodType<KnownFinding> = z
  .strictObject({
    rule: z.string().regex(/^(INV-\d\d|B[1-8])$/, "INV-01 … INV-45, or B1 … B8"),
    scenario: z.string().min(1).exactOptional(),
    witness: z.array(z.string().min(1)).min(1).exactOptional(),
    why: z.string().min(1).exactOptional(),
    issue: z.string().min(1).exactOptional(),
  })
  .refine(({ scenario, witness }) => scenario !== undefined || witness !== undefined, {
    message: 'say where it is known: by "scenario", by "witness" (the shape that report.json tells), or by both',
  });

type KnownFindingsFile = { readonly formatVersion: 1; readonly findings: readonly KnownFinding[] };

const KnownFindingsSchema: z.ZodType<KnownFindingsFile> = z.strictObject({
  formatVersion: z.literal(1),
  findings: z.array(KnownFindingSchema).max(10_000),
});

/**
 * Reads a file of known findings.
 *
 * @example { "formatVersion": 1, "findings": [{ "rule": "INV-02", "scenario": "cut-after-call-done", "issue": "#12" }] }
 * @throws HarnessError `HARNESS_UNREADABLE_FILE`, `HARNESS_INVALID_CONFIGURATION` with every problem and its path
 */
export function parseKnownFindings(text: string, source: string): readonly KnownFinding[] {
  const naming = { what: "list of known findings", source, code: "HARNESS_INVALID_CONFIGURATION" } as const;
  return parseDocument(text, KnownFindingsSchema, naming).findings;
}

/** The known finding that a violation is, if it is one: its rule, and the scenario and the shape as far as they are given. */
export function findKnown(
  { rule }: Verdict,
  seen: { readonly scenario: string; readonly shape: readonly string[] },
  known: readonly KnownFinding[],
): KnownFinding | undefined {
  return known.find(
    (finding) =>
      finding.rule === rule &&
      (finding.scenario === undefined || finding.scenario === seen.scenario) &&
      (finding.witness === undefined || finding.witness.join("\n") === seen.shape.join("\n")),
  );
}

/** The known findings that these scenarios could have shown and did not: their rule now holds, and is undecided nowhere. */
export function findGone(
  known: readonly KnownFinding[],
  scenarios: readonly ScenarioReport[],
): readonly KnownFinding[] {
  return known.filter((finding) => {
    const judged = scenarios
      .filter(({ name }) => finding.scenario === undefined || finding.scenario === name)
      .flatMap(({ verdicts }) => verdicts)
      .filter(({ rule }) => rule === finding.rule);
    const isSeen = judged.some((verdict) => verdict.known === finding);
    return !isSeen && judged.length > 0 && judged.every(({ outcome }) => outcome !== "unknown");
  });
}
