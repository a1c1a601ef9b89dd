import { describe, expect, it } from "vitest";

import type { Fault, ScheduledFault } from "../../plan/fault.ts";
import type { Plan } from "../../plan/plan.ts";
import { fullPlan } from "../../plan/plan.test-support.ts";
import * as fixture from "./shrink-fixture.test-support.ts";
import { type ShrinkOptions, shrinkPlan, type ShrunkPlan } from "./shrink-plan.ts";

const { BIG_PLAN, FAILURE, faultsOf, failsWhere, operationsOf, pointOf, turnsOf, violationOf } = fixture;

async function shrinkBig(
  condition: (plan: Plan) => boolean,
  options: Partial<ShrinkOptions> = {},
): Promise<ShrunkPlan> {
  return await shrinkPlan(BIG_PLAN, { judge: failsWhere(condition), failure: [FAILURE], ...options });
}

describe("shrinking a plan", () => {
  it("keeps the fault and the turn that the failure needs, and nothing else", async () => {
    const { plan, endedBy, violation, size } = await shrinkBig(
      (tried) => faultsOf(tried).includes("f2") && turnsOf(tried).includes("s1-t2"),
    );
    expect(endedBy).toBe("nothing-left");
    expect(violation).toEqual(FAILURE);
    expect(size).toMatchObject({ sessions: 1, turns: 1, calls: 0, faults: 1 });
    expect([faultsOf(plan), turnsOf(plan)]).toEqual([["f2"], ["s1-t2"]]);
    expect(plan.faults[0]?.when).toEqual({ place: { session: 0 }, at: pointOf("P0") });
    expect(plan.workload.sessions[0]?.turns[0]?.script).toEqual({
      steps: [{ text: "The answer to s1-t2.", deltas: 1 }],
    });
    expect([plan.seed, plan.limits]).toEqual([BIG_PLAN.seed, BIG_PLAN.limits]);
  });

  it("lets a fault strike in the call that it struck in, where the failure needs that", async () => {
    const strikesInItsCall = (tried: Plan): boolean => {
      const when = tried.faults.find(({ id }) => id === "f2")?.when;
      if (when === undefined || when.place.session === "all" || when.at.kind !== "point") return false;
      const session = tried.workload.sessions.slice(when.place.session, when.place.session + 1);
      const operations = operationsOf({ ...tried, workload: { sessions: session } });
      return when.at.point === "P6" && operations[when.at.occurrence - 1] === "s1-d";
    };
    expect(strikesInItsCall(BIG_PLAN)).toBe(true);
    const { plan } = await shrinkBig(strikesInItsCall);
    expect([turnsOf(plan), operationsOf(plan), faultsOf(plan)]).toEqual([["s1-t2"], ["s1-d"], ["f2"]]);
    expect(plan.faults[0]?.when.at).toEqual(pointOf("P6", 1));
  });

  it("leaves out the turn that a fault struck in, where it may as well strike in another", async () => {
    const session = { turns: [fixture.turnOf("first", ["a"]), fixture.turnOf("second", ["b"])] };
    const start = fixture.planOf([session], [fixture.cutAt("f", 0, pointOf("P6"))]);
    const judge = failsWhere(({ faults, ...tried }) => {
      const at = faults[0]?.when.at;
      return at?.kind === "point" && at.point === "P6" && turnsOf({ ...tried, faults }).includes("second");
    });
    const { plan } = await shrinkPlan(start, { judge, failure: [FAILURE] });
    expect([turnsOf(plan), plan.faults[0]?.when.at]).toEqual([["second"], pointOf("P6")]);
  });

  it("finds that a failure needs no fault at all", async () => {
    const { plan } = await shrinkBig((tried) => operationsOf(tried).includes("s2-a"));
    expect([faultsOf(plan), turnsOf(plan), operationsOf(plan)]).toEqual([[], ["s2-t0"], ["s2-a"]]);
    expect(plan.workload.sessions[0]?.turns[0]?.script.steps[0]).toEqual({
      calls: [{ operation: "s2-a", toolDurationMs: 20 }],
      deltas: 1,
    });
  });

  it("lets an outage begin with the first dial, where the cut that made the client dial again can be left out", async () => {
    const at = pointOf("P6");
    const outage: ScheduledFault = {
      id: "outage",
      fault: { kind: "reject", how: "reset", dials: 1_000 },
      when: { place: { session: 0, connection: 0 }, at, delayMs: 5 },
      heal: { kind: "never" },
    };
    const start = fixture.planOf([{ turns: [fixture.turnOf("only", ["a"])] }], [fixture.cutAt("cut", 0, at), outage]);
    const judge = failsWhere(({ faults }) =>
      faults.some(({ fault, when }) => {
        const isFirst = when.at.kind === "point" && when.at.point === "P0";
        // A dial that is cut is one of ten that fail in a row.
        return fault.kind === "reject" && fault.dials >= (isFirst ? 10 : 9) && (isFirst || faults.length === 2);
      }),
    );
    const { plan } = await shrinkPlan(start, { judge, failure: [FAILURE] });
    expect(plan.faults.map(({ id, when }) => ({ id, when }))).toEqual([
      { id: "outage", when: { place: { session: 0 }, at: pointOf("P0") } },
    ]);
  });

  it("keeps what only together makes it fail", async () => {
    const { plan } = await shrinkBig((tried) => ["f1", "f3"].every((id) => faultsOf(tried).includes(id)));
    expect(plan.workload.sessions).toHaveLength(2);
    expect(faultsOf(plan)).toEqual(["f1", "f3"]);
    expect(plan.faults.map(({ when }) => when.place.session)).toEqual([0, 1]);
  });

  it("finds the least number, wherever it lies", async () => {
    const outage: ScheduledFault = {
      id: "outage",
      fault: { kind: "reject", how: "reset", dials: 40 },
      when: { place: { session: 0 }, at: pointOf("P0") },
      heal: { kind: "never" },
    };
    const start = fixture.planOf([{ turns: [fixture.turnOf("only")] }], [outage]);
    const dialsOf = ({ faults }: Plan): readonly number[] =>
      faults.flatMap(({ fault }) => (fault.kind === "reject" ? [fault.dials] : []));
    for (const least of [1, 2, 7, 40]) {
      const judge = failsWhere((tried) => dialsOf(tried).some((dials) => dials >= least));
      const { plan } = await shrinkPlan(start, { judge, failure: [FAILURE] });
      expect(dialsOf(plan)).toEqual([least]);
    }
  });

  it("leaves a tool the time in which a fault comes to the client on real sockets", async () => {
    const toolMsOf = ({ workload }: Plan): readonly (number | undefined)[] =>
      workload.sessions.flatMap(({ turns }) =>
        turns.flatMap(({ script }) =>
          script.steps.flatMap(({ calls = [] }) => calls.map(({ toolDurationMs }) => toolDurationMs)),
        ),
      );
    for (const [least, left] of [
      [0, 20],
      [33, 33],
    ] as const) {
      const { plan } = await shrinkBig((tried) => toolMsOf(tried).some((toolMs = 0) => toolMs >= least));
      expect(toolMsOf(plan)).toEqual([left]);
    }
  });

  it("lets a fault strike at a point that says where, instead of some time behind another", async () => {
    const turns = [fixture.turnOf("only", ["a"])];
    const late = fixture.cutAt("f", 0, pointOf("P6"));
    const start = fixture.planOf([{ turns }], [{ ...late, when: { ...late.when, delayMs: 40 } }]);
    const strikesLate = ({ faults, ...rest }: Plan): boolean =>
      operationsOf({ ...rest, faults }).includes("a") &&
      faults.some(({ when }) => when.delayMs === 40 || (when.at.kind === "point" && when.at.point === "P10"));
    const { plan } = await shrinkPlan(start, { judge: failsWhere(strikesLate), failure: [FAILURE] });
    expect(plan.faults[0]?.when).toEqual({ place: { session: 0 }, at: pointOf("P10") });
  });

  it("leaves a fault at its place that has to strike some time behind it", async () => {
    const late = fixture.cutAt("f", 0, pointOf("P6"));
    const turns = [fixture.turnOf("only", ["a"])];
    const start = fixture.planOf([{ turns }], [{ ...late, when: { ...late.when, delayMs: 40 } }]);
    const judge = failsWhere(({ faults }) => faults.some(({ when }) => (when.delayMs ?? 0) >= 7));
    const { plan } = await shrinkPlan(start, { judge, failure: [FAILURE] });
    expect(plan.faults[0]?.when).toEqual({ place: { session: 0 }, at: pointOf("P6"), delayMs: 7 });
  });

  it("heals at once, or as late as it did, and at no time that is only just enough", async () => {
    const slow = { ...fixture.cutAt("f", 0, pointOf("P6")), heal: { kind: "after", delayMs: 300 } } as const;
    const start = fixture.planOf([{ turns: [fixture.turnOf("only")] }], [slow]);
    for (const [least, left] of [
      [0, 0],
      [23, 300],
    ] as const) {
      const judge = failsWhere(({ faults }) =>
        faults.some(({ heal }) => heal.kind === "after" && heal.delayMs >= least),
      );
      const { plan } = await shrinkPlan(start, { judge, failure: [FAILURE] });
      expect(plan.faults[0]?.heal).toEqual({ kind: "after", delayMs: left });
    }
  });

  it("makes a plan with every kind of anchor and heal as simple as can be", async () => {
    const judge = failsWhere(({ faults }) => faults.length === fullPlan.faults.length);
    const { plan } = await shrinkPlan(fullPlan, { judge, failure: [FAILURE] });
    expect(plan.faults.map(({ id, when, heal }) => ({ id, when, heal }))).toMatchObject([
      { id: "cut-1", when: { at: pointOf("P0") }, heal: { kind: "on-close" } },
      { id: "close.1", when: { place: { session: 1 } }, heal: { kind: "after", delayMs: 0 } },
      { id: "reject_1", when: { place: { session: "all" } } },
      { id: "slow", heal: { kind: "at", at: pointOf("P14") } },
    ]);
    expect(plan.faults[1]?.when).toEqual({
      place: { session: 1 },
      at: { kind: "event", direction: "to-client", type: "response.created", occurrence: 1, edge: "after" },
    });
    expect(plan.faults[3]?.when.at).toMatchObject({ kind: "event", edge: "inside", occurrence: 1 });
    expect(plan.faults.map(({ fault }) => fault)).toEqual([
      { kind: "cut", mode: "fin" },
      { kind: "close", code: 1012 },
      { kind: "reject", how: { status: 503 }, dials: 1 },
      { kind: "toxic", type: "latency", direction: "to-client", attributes: { latency: 0 } },
    ]);
  });
});

describe("what is no amount", () => {
  const before: readonly Fault[] = [
    { kind: "toxic", type: "bandwidth", direction: "to-client", attributes: { rate: 100 } },
    { kind: "toxic", type: "slicer", direction: "to-client", attributes: { average_size: 50, delay: 10 } },
    { kind: "message-limit", sizeBytes: 4_096 },
    {
      kind: "refuse-create",
      error: { code: "busy", message: "wait", status: 429, param: "x" },
      creates: "any",
      times: 3,
    },
    { kind: "close", code: 1012, reason: "restart" },
  ];
  const after: readonly Fault[] = [
    { kind: "toxic", type: "bandwidth", direction: "to-client", attributes: { rate: 100 } },
    { kind: "toxic", type: "slicer", direction: "to-client", attributes: { average_size: 50 } },
    { kind: "message-limit", sizeBytes: 4_096 },
    { kind: "refuse-create", error: { code: "busy", message: "wait", status: 429 }, creates: "any", times: 1 },
    { kind: "close", code: 1012 },
  ];

  it("stays: codes, and limits whose lower value is a harsher fault", async () => {
    const faults = before.map((fault, index): ScheduledFault => {
      const heal = fault.kind === "close" ? ({ kind: "on-close" } as const) : ({ kind: "never" } as const);
      return { ...fixture.cutAt(`f${index}`, 0, pointOf("P6")), fault, heal };
    });
    const judge = failsWhere((tried) => tried.faults.length === faults.length);
    const { plan } = await shrinkPlan({ ...BIG_PLAN, faults }, { judge, failure: [FAILURE] });
    expect(plan.faults.map(({ fault }) => fault)).toEqual(after);
  });
});

describe("an earlier place", () => {
  it("has a lower number too, so that a search cannot go round", async () => {
    const session = { turns: [fixture.turnOf("text first"), fixture.turnOf("then a call", ["a"])] };
    const start = fixture.planOf([session], [fixture.cutAt("f", 0, pointOf("P4"))]);
    // A session comes to P12 in its first turn, and to P4 in its second one.
    const judge = failsWhere((tried) => {
      const at = tried.faults[0]?.when.at;
      return turnsOf(tried).length === 2 && at?.kind === "point" && ["P4", "P12"].includes(at.point);
    });
    const { plan } = await shrinkPlan(start, { judge, failure: [FAILURE] });
    expect(plan.faults[0]?.when.at).toEqual(pointOf("P4"));
  });
});

describe("a place in bytes", () => {
  const session = { turns: [fixture.turnOf("first", ["a"]), fixture.turnOf("second", ["b"])] };
  const behindBytes = (sizeBytes: number): Plan =>
    fixture.planOf([session], [fixture.cutAt("f", 0, { kind: "bytes", direction: "to-client", sizeBytes })]);

  it("becomes a point where that does as well, and moves with it then", async () => {
    // Bytes count over the whole connection: without its first turn, the session never comes so far.
    const judge = failsWhere((tried) => {
      const at = tried.faults[0]?.when.at;
      const operations = operationsOf(tried);
      if (at?.kind === "bytes") return at.sizeBytes === 5_000 && operations.length === 2;
      return at?.kind === "point" && at.point === "P6" && operations[at.occurrence - 1] === "b";
    });
    const { plan } = await shrinkPlan(behindBytes(5_000), { judge, failure: [FAILURE] });
    expect([operationsOf(plan), plan.faults[0]?.when.at]).toEqual([["b"], pointOf("P6")]);
  });

  it("stays where no point will do, and comes about as early as it may", async () => {
    const judge = failsWhere((tried) => {
      const at = tried.faults[0]?.when.at;
      return at?.kind === "bytes" && at.sizeBytes >= 77;
    });
    const { plan } = await shrinkPlan(behindBytes(5_000), { judge, failure: [FAILURE] });
    const at = plan.faults[0]?.when.at;
    expect(at?.kind === "bytes" ? at.sizeBytes / 77 : undefined).toBeCloseTo(1, 1);
  });
});

describe("what counts as the same failure", () => {
  const judge = (plan: Plan): Promise<ReturnType<typeof violationOf>[]> =>
    Promise.resolve(
      faultsOf(plan).includes("f2") ? [violationOf("INV-24"), FAILURE] : [violationOf("INV-02", "tool tool-effect")],
    );

  it("is the same rule with a witness of the same shape, and no other", async () => {
    const { plan } = await shrinkPlan(BIG_PLAN, { judge, failure: [FAILURE] });
    expect(faultsOf(plan)).toEqual(["f2"]);
  });

  it("is one of the shapes that the plan itself showed, where it showed several", async () => {
    const failure = [FAILURE, violationOf("INV-02", "tool tool-effect")];
    const { plan, violation } = await shrinkPlan(BIG_PLAN, { judge, failure });
    expect(faultsOf(plan)).toEqual([]);
    expect(violation).toEqual(failure[1]);
  });
});

describe("a search that is bounded", () => {
  const needsAll = (tried: Plan): boolean => faultsOf(tried).length > 0;

  it("says that nothing smaller was found", async () => {
    const { plan, violation, endedBy, tried } = await shrinkBig(() => false);
    expect({ plan, violation, endedBy }).toEqual({ plan: BIG_PLAN, violation: undefined, endedBy: "nothing-left" });
    expect(tried).toBeGreaterThan(20);
  });

  it("tries as many plans as it may, and tells of each that is smaller", async () => {
    const told: ShrunkPlan[] = [];
    const { plan, tried, endedBy } = await shrinkBig(needsAll, { triesMax: 3, onSmaller: (found) => told.push(found) });
    expect({ tried, endedBy }).toEqual({ tried: 3, endedBy: "tries" });
    expect(told.at(-1)?.plan).toEqual(plan);
    expect(told.length).toBeGreaterThan(0);
  });

  it("ends with the signal, and does not count the plan under trial", async () => {
    const ending = new AbortController();
    const tried: Plan[] = [];
    const judge = failsWhere((plan) => {
      if (tried.push(plan) === 3) ending.abort();
      return true;
    });
    const { plan, endedBy } = await shrinkPlan(BIG_PLAN, { judge, failure: [FAILURE], signal: ending.signal });
    expect(endedBy).toBe("signal");
    expect([tried.length, plan]).toEqual([3, tried[1]]);
  });

  it("tries no plan twice", async () => {
    const seen: string[] = [];
    await shrinkBig((tried) => {
      seen.push(JSON.stringify(tried));
      return faultsOf(tried).includes("f1") || operationsOf(tried).includes("s0-a");
    });
    expect(new Set(seen).size).toBe(seen.length);
  });
});

describe("a plan that does not fail every time", () => {
  /** Fails where f2 is there, in the runs that these numbers tell, round and round. */
  function flaky(hits: readonly boolean[]): { readonly judge: ShrinkOptions["judge"]; readonly runs: string[] } {
    const runs: string[] = [];
    const counts = new Map<string, number>();
    return {
      runs,
      judge: (plan) => {
        const key = JSON.stringify(plan);
        const run = counts.get(key) ?? 0;
        counts.set(key, run + 1);
        runs.push(key);
        return Promise.resolve(faultsOf(plan).includes("f2") && hits[run % hits.length] === true ? [FAILURE] : []);
      },
    };
  }
  const repeat = { needed: 2, of: 3 };

  it.each([
    { hits: [true, false, true], smaller: true },
    { hits: [false, true, true], smaller: true },
    { hits: [true, false, false], smaller: false },
    { hits: [false, true, false], smaller: false },
  ])("counts after two of three: $hits", async ({ hits, smaller }) => {
    const { violation } = await shrinkPlan(BIG_PLAN, { judge: flaky(hits).judge, failure: [FAILURE], repeat });
    expect(violation !== undefined).toBe(smaller);
  });

  it.each([
    { hits: [true, true, false], most: 2 },
    { hits: [false, false, true], most: 2 },
    { hits: [true, false, true], most: 3 },
  ])("is run no more often than it takes to know: $hits", async ({ hits, most }) => {
    const { judge, runs } = flaky(hits);
    await shrinkPlan(BIG_PLAN, { judge, failure: [FAILURE], repeat, triesMax: 1 });
    expect(runs.length).toBeLessThanOrEqual(most);
  });
});
