import { type Checker, CHECKERS, type CheckInput } from "cutwire";
import { CHECKER_CONTRACT, describeChecker, findBreaches } from "cutwire/contracts";
import { describe, expect, it } from "vitest";

for (const checker of CHECKERS) describeChecker(checker);

describe("the contract of checkers", () => {
  const GOOD: Checker = {
    name: "good",
    rule: "INV-01",
    claim: "Nothing is asked.",
    evidence: "None.",
    undecided: "Never.",
    source: "This test.",
    advice: "Look elsewhere.",
    check: () => ({ outcome: "not-exercised", message: "nothing is asked", evidence: [] }),
  };

  async function breachesOf(given: Partial<Checker>): Promise<readonly string[]> {
    const breaches = await findBreaches(CHECKER_CONTRACT, () => ({ checker: { ...GOOD, ...given } }));
    return breaches.map(({ title }) => title.split(",")[0] ?? "");
  }

  it("is kept by one that asks nothing", async () => {
    expect(await breachesOf({})).toEqual([]);
  });

  it("is broken by one without advice, or with evidence that is not there", async () => {
    expect(await breachesOf({ advice: " " })).toEqual(["says what it asks"]);
    expect(await breachesOf({ check: () => ({ outcome: "violated", message: "bad", evidence: [-1] }) })).toEqual([
      "has nothing to judge in an empty history",
      "judges real runs",
      "fails at no history",
    ]);
  });

  it("is broken by one that takes the first event for granted", async () => {
    const check: Checker["check"] = ({ history }) => {
      if (history[0]?.kind !== "run-started") throw new TypeError("no run-started");
      return { outcome: "holds", message: "it began", evidence: [] };
    };
    expect(await breachesOf({ check })).toEqual(["has nothing to judge in an empty history", "fails at no history"]);
  });

  it("is broken by one that remembers, or that sorts the history in place", async () => {
    let calls = 0;
    const counting: Checker["check"] = () => ({ outcome: "unknown", message: `call ${(calls += 1)}`, evidence: [] });
    expect(await breachesOf({ check: counting })).toEqual([
      "says the same of the same history twice",
      "says of a stored history what it said of the run",
    ]);
    const sorting: Checker["check"] = (context) => {
      (context.history as unknown[]).push(...(context.history as unknown[]).splice(0));
      return GOOD.check(context);
    };
    expect(await breachesOf({ check: sorting })).toContain("says the same of the same history twice");
  });

  it("is broken by one that says something else of an example", async () => {
    const seen: CheckInput[] = [];
    const look: Checker["check"] = (context) => {
      seen.push(context);
      return GOOD.check(context);
    };
    expect(await breachesOf({ check: look })).toEqual([]);
    const examples = seen.slice(0, 1).map((input) => ({ input, outcome: "violated" }) as const);
    const breaches = await findBreaches(CHECKER_CONTRACT, () => ({ checker: GOOD, examples }));
    expect(breaches.map(({ why }) => why)).toEqual([expect.stringContaining("nothing is asked")]);
  });
});
