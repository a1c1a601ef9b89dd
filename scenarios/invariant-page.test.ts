import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createHarness } from "cutwire";
import { format, resolveConfig } from "prettier";
import { describe, expect, it } from "vitest";

import { BUGS, renderInvariantPage } from "./invariant-page.test-support.ts";
import { RULES_OF_LONG_RUNS } from "./planted-bugs.test-support.ts";

const PAGE = fileURLToPath(new URL("../docs/invariants.md", import.meta.url));
const README = fileURLToPath(new URL("../README.md", import.meta.url));
const { checkers } = createHarness();
const rules = checkers.map(({ rule }) => rule);

describe("the rules that are checked", () => {
  it("are what docs/invariants.md says", async () => {
    const page = await format(renderInvariantPage(checkers), { ...(await resolveConfig(PAGE)), parser: "markdown" });
    await expect(page).toMatchFileSnapshot(PAGE);
  });

  it("are each proved by a scenario and a client that breaks it, or are named as proved by a longer run", () => {
    const proved = new Set(BUGS.flatMap((bug) => bug.rules));
    expect(rules.filter((rule) => !proved.has(rule)).toSorted()).toEqual(RULES_OF_LONG_RUNS);
    expect([...proved].filter((rule) => !rules.includes(rule))).toEqual([]);
  });

  it("are in the README's table, each in a row, the rules of thumb together in one", () => {
    const told = [...readFileSync(README, "utf8").matchAll(/^\| (INV-\d\d|B1–B8) +\|/gm)].map(([, rule]) => rule);
    expect(told).toEqual([...rules.filter((rule) => rule.startsWith("INV-")), "B1–B8"]);
    expect(rules.filter((rule) => rule.startsWith("B"))).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((nth) => `B${nth}`));
  });

  it("say in a sentence each what they promise, how it is shown, and what to do", () => {
    const isSaid = ({ claim, evidence, undecided, source, advice }: (typeof checkers)[number]): boolean =>
      [claim, evidence, undecided, advice].every((text) => /^[A-Z0-9].{10,}\.$/.test(text)) &&
      /INV-\d\d|§\d|B\d/.test(source);
    expect(checkers.filter((checker) => !isSaid(checker)).map(({ name }) => name)).toEqual([]);
  });

  it("are proved by scenarios that are there", () => {
    const missing = BUGS.filter(({ scenario }) => !existsSync(new URL(`${scenario}.json`, import.meta.url)));
    expect(missing).toEqual([]);
  });
});
