import { describe, expect, it } from "vitest";

import { type Contract, ContractPartSchema, ContractSchema, DEFAULT_CONTRACT } from "./contract.ts";

const backoff = { baseMs: 20, factor: 2, capMs: 200, jitter: "full", attemptsMax: 5, resetOn: "completed" } as const;

function problemsOf(data: unknown): readonly string[] {
  const parsed = ContractSchema.safeParse(data);
  return (parsed.error?.issues ?? []).map(({ path, message }) => `${path.join(".")}: ${message}`);
}

describe("a contract", () => {
  it.each<Partial<Contract>>([
    {},
    { backoff },
    { backoff: { ...backoff, jitter: { share: 0.5 }, resetOn: { uptimeMs: 1_000 } } },
    { rotation: { ageMsMax: 1_000, marginMs: 0 }, fallback: { afterFailures: 3 } },
  ])("is taken as it is: %j", (part) => {
    const contract = { ...DEFAULT_CONTRACT, ...part };
    expect(ContractSchema.parse(contract)).toEqual(contract);
  });

  it.each<[string, object, string]>([
    ["progress before idle", { progressDeadlineMs: 4_999 }, "progressDeadlineMs: must not be less than idleDeadlineMs"],
    ["a cap under the base", { backoff: { ...backoff, capMs: 19 } }, "backoff.capMs: must not be less than baseMs"],
    ["a zero deadline", { recoveryDeadlineMs: 0 }, "recoveryDeadlineMs: "],
    ["more than a day", { redialDeadlineMs: 86_400_001 }, "redialDeadlineMs: "],
    ["no creates", { createsPerTurnMax: 0 }, "createsPerTurnMax: "],
    ["a shrinking backoff", { backoff: { ...backoff, factor: 0.5 } }, "backoff"],
    ["an unknown promise", { speed: "high" }, ': Unrecognized key: "speed"'],
    ["an absent promise", { store: undefined }, "store: "],
  ])("is refused with its path: %s", (_what, part, problem) => {
    expect(problemsOf({ ...DEFAULT_CONTRACT, ...part })).toEqual([expect.stringContaining(problem)]);
  });

  it("is refused for all its contradictions at once", () => {
    const data = { ...DEFAULT_CONTRACT, progressDeadlineMs: 1, createsPerTurnMax: 0, fallback: { afterFailures: 0 } };
    expect(problemsOf(data).map((problem) => problem.split(":", 1)[0])).toEqual([
      "createsPerTurnMax",
      "fallback.afterFailures",
      "progressDeadlineMs",
    ]);
  });
});

describe("jitter as a window", () => {
  const windowed = (from: number, to: number): object => ({ backoff: { ...backoff, jitter: { from, to } } });

  it("is taken as it is, also by a part of a contract alone", () => {
    const part = windowed(0.75, 1);
    expect(ContractSchema.parse({ ...DEFAULT_CONTRACT, ...part })).toMatchObject(part);
    expect(ContractPartSchema.parse(part)).toEqual(part);
    expect(ContractPartSchema.parse({})).toEqual({});
  });

  it("is refused the wrong way round", () => {
    expect(problemsOf({ ...DEFAULT_CONTRACT, ...windowed(1, 0.75) })).toEqual([expect.stringContaining("backoff")]);
  });
});
