import { describe, expect, it } from "vitest";

import { workplaceOf } from "./cutwire-command.test-support.ts";

const IS_FULL = process.env["HARNESS_FULL"] !== undefined;

/** Each planted bug that one session can show, and the rule that it is there for: those that a few plans find. */
const PLANTED_BUGS: readonly (readonly [client: string, rule: string])[] = [
  ["planted:M01", "INV-04"],
  ["planted:M02", "INV-14"],
  ["planted:M03", "INV-12"],
  ["planted:M04", "INV-13"],
  ["planted:M05", "INV-31"],
  ["planted:M06", "INV-33"],
  ["planted:M07", "INV-34"],
  ["planted:M09", "INV-03"],
  ["planted:M11", "INV-02"],
  ["planted:M12", "INV-05"],
  ["planted:M18", "INV-29"],
  ["planted:M20", "INV-25"],
  ["planted:M21", "INV-25"],
  ["planted:M24", "INV-42"],
  ["planted:M25", "INV-36"],
  ["planted:M26", "INV-27"],
  ["planted:M27", "INV-15"],
  ["planted:M29", "INV-20"],
  ["planted:M30", "INV-30"],
  ["planted:M35", "INV-35"],
];

/** Those that take hundreds of plans, and a minute each: in full alone. */
const RARE_BUGS: typeof PLANTED_BUGS = [
  ["planted:M08", "INV-01"],
  ["planted:M13", "INV-22"],
  ["planted:M17", "INV-17"],
  ["planted:M28", "INV-19"],
];

/** The last one is the default budget. The folder is the same, so what was run for less is not run again. */
const BUDGETS = [50, 400, 1_600, 5_000];

type Merged = {
  readonly summary: { readonly findings: readonly { readonly rule: string; readonly number: number }[] };
};

describe("a planted bug", () => {
  it.concurrent.for(IS_FULL ? [...PLANTED_BUGS, ...RARE_BUGS] : PLANTED_BUGS)(
    "is found by cutwire explore within its default budget: %s by %s",
    async ([client, rule], context) => {
      const place = workplaceOf(context);
      const findings: string[] = [];
      for (const runs of BUDGETS) {
        // As the only shard, because then nothing is shrunk and confirmed on the way.
        const args = ["explore", "--client", client, "--runs", String(runs), "--unit-size", "25", "--out", "found"];
        const explored = await place.run([...args, "--shard", "1/1", "--jobs", "1", "--quiet"]);
        expect(explored.stderr).toBe("");
        expect(explored.code).toBe(0);
        const merged = JSON.parse((await place.run(["merge", "found", "--json"])).stdout) as Merged;
        findings.push(...merged.summary.findings.map((finding) => finding.rule));
        if (findings.includes(rule)) break;
      }
      expect(findings).toContain(rule);
    },
  );
});
