import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CHECKERS, type CheckContext, type Checker, createHarness, decodeHistory, type Harness } from "cutwire";
import { type AgentPromise, checkPromise, type PromiseOptions, PROMISES } from "cutwire/properties";
import { afterAll, describe, expect, it } from "vitest";

const directory = mkdtempSync(join(tmpdir(), "cutwire-promise-"));
afterAll(() => rmSync(directory, { recursive: true }));

const PROMISE: AgentPromise = { name: "a-promise", claim: "Something is so.", rules: ["X1"] };

/** The harness with one checker, which always finds the same. */
function harnessFinding(outcome: "holds" | "violated" | "not-exercised"): Harness {
  const checker: Checker = {
    name: "always-the-same",
    rule: "X1",
    claim: "Something is so.",
    undecided: "Never.",
    evidence: "The first event.",
    source: "this test",
    advice: "Look elsewhere.",
    check: ({ history }) => ({ outcome, message: `it is ${outcome}`, evidence: [history[0]?.sequence ?? 0] }),
  };
  return { ...createHarness(), checkers: [checker] };
}

function optionsWith(options: Partial<PromiseOptions> & Pick<PromiseOptions, "harness">): PromiseOptions {
  return { client: { name: "reference" }, runs: 2, seed: 1, directory, shrinkMs: 1, ...options };
}

describe("the promises", () => {
  it("stand on rules that are checked, and share none", () => {
    const rules = PROMISES.flatMap((promise) => promise.rules);
    const checked = CHECKERS.map(({ rule }) => rule);
    expect(rules.filter((rule) => !checked.includes(rule))).toEqual([]);
    expect(new Set(rules).size).toBe(rules.length);
  });
});

describe("a promise", () => {
  it("is kept where its rules hold and faults fired", async () => {
    const result = await checkPromise(PROMISE, optionsWith({ harness: harnessFinding("holds") }));
    expect(result).toMatchObject({ outcome: "kept", tally: { runs: 2, decided: 2, violated: {} } });
  });

  it("is broken by the first run that violates a rule, and no other is begun then", async () => {
    const harness = harnessFinding("violated");
    const result = await checkPromise(PROMISE, optionsWith({ harness, runs: 20, sideBySide: 2, confirm: 1 }));
    expect(result.outcome).toBe("broken");
    expect(result.tally.runs).toBeLessThanOrEqual(3);
    expect(result.broken?.confirmations).toEqual([{ rule: "X1", violatedRuns: 2, runs: 2 }]);
  });

  it("leaves the files of any other run where it was broken", async () => {
    const { broken } = await checkPromise(
      PROMISE,
      optionsWith({ harness: harnessFinding("violated"), seed: 7, confirm: 0 }),
    );
    expect(broken?.directory).toBe(join(directory, "a-promise-7"));
    const read = (name: string): string => readFileSync(join(broken?.directory ?? "", name), "utf8");
    expect(JSON.parse(read("plan.json"))).toEqual(broken?.plan);
    expect(decodeHistory(read("history.jsonl"), "history.jsonl")).toEqual(broken?.run.record.history);
    expect(JSON.parse(read("result.json"))).toMatchObject({ verdicts: [{ rule: "X1", outcome: "violated" }] });
    expect(JSON.parse(read("reproduction.json"))).toMatchObject({ client: { name: "reference" }, backend: "embedded" });
  });

  it("is not broken by what is known", async () => {
    const options = optionsWith({ harness: harnessFinding("violated"), isKnown: ({ rule }) => rule === "X1" });
    expect(await checkPromise(PROMISE, options)).toMatchObject({ outcome: "kept", tally: { violated: { X1: 2 } } });
  });

  it("is undecided where its rules had nothing to judge", async () => {
    const result = await checkPromise(PROMISE, optionsWith({ harness: harnessFinding("not-exercised") }));
    expect(result).toMatchObject({ outcome: "undecided", tally: { decided: 0 } });
    expect(result.why).toBe("None of the 2 runs had anything that its rules could judge.");
  });

  it("is undecided where faults did not fire, whatever else was seen", async () => {
    const harness = harnessFinding("violated");
    const refuse = async (): Promise<never> => await Promise.reject(new Error("not today"));
    const appliers = new Map([...harness.appliers].map(([kind]) => [kind, { kind, apply: refuse }]));
    const result = await checkPromise(PROMISE, optionsWith({ harness: { ...harness, appliers } }));
    expect(result).toMatchObject({ outcome: "undecided", why: "In 2 of 2 runs no fault fired." });
    expect(result.tally).toMatchObject({ discarded: 2, decided: 0, violated: {}, faults: { fired: 0 } });
  });

  it("is undecided where the runs were interrupted", async () => {
    const options = optionsWith({ harness: harnessFinding("holds"), signal: AbortSignal.abort() });
    const result = await checkPromise(PROMISE, options);
    expect(result).toMatchObject({ outcome: "undecided", why: "The runs were interrupted.", tally: { runs: 0 } });
  });

  it("that no checker judges is refused, and so is checking it with no run", async () => {
    await expect(checkPromise(PROMISE, optionsWith({ harness: createHarness() }))).rejects.toMatchObject({
      code: "HARNESS_UNKNOWN_NAME",
    });
    await expect(
      checkPromise(PROMISE, optionsWith({ harness: harnessFinding("holds"), runs: 0 })),
    ).rejects.toMatchObject({ code: "HARNESS_INVALID_OPTION" });
  });

  it("is kept though a rule of another is violated on the way, which is told and can be had again", async () => {
    const [own, other] = [harnessFinding("holds"), harnessFinding("violated")];
    const checkers = [...own.checkers, ...other.checkers.map((checker) => ({ ...checker, rule: "X2" }))];
    const result = await checkPromise(PROMISE, optionsWith({ harness: { ...own, checkers } }));
    expect(result).toMatchObject({ outcome: "kept", tally: { runs: 2, violated: { X2: 2 } } });
    expect(result.strays.map(({ verdict }) => verdict.rule)).toEqual(["X2"]);
    const [stray] = result.strays;
    expect(JSON.parse(readFileSync(stray?.reproduction ?? "", "utf8"))).toMatchObject({ verdicts: [{ rule: "X2" }] });
    const known = optionsWith({ harness: { ...own, checkers }, isKnown: ({ rule }) => rule === "X2" });
    expect(await checkPromise(PROMISE, known)).toMatchObject({ outcome: "kept", strays: [] });
  });

  it("has the plans of its seed and its name", async () => {
    const harness = harnessFinding("holds");
    const workload = async (name: string, seed: number): Promise<string> => {
      const seen: string[] = [];
      const checkers = harness.checkers.map((checker) => ({
        ...checker,
        check(context: CheckContext) {
          seen.push(JSON.stringify(context.plan.workload));
          return checker.check(context);
        },
      }));
      await checkPromise({ ...PROMISE, name }, optionsWith({ harness: { ...harness, checkers }, seed, runs: 1 }));
      return seen[0] ?? "";
    };
    const first = await workload("a-promise", 1);
    expect(first).not.toBe("");
    expect(await workload("a-promise", 1)).toEqual(first);
    expect([await workload("a-promise", 2), await workload("another", 1)]).not.toContainEqual(first);
  });
});
