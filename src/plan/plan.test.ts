import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { HarnessError } from "../errors.ts";
import { checkDocument, type DocumentProblem, parseDocument } from "./document.ts";
import { type Plan, PlanSchema } from "./plan.ts";
import { cut, fullPlan, planWith } from "./plan.test-support.ts";

const naming = { what: "plan", source: "plan.json", code: "HARNESS_INVALID_PLAN" } as const;

function refusalOf(data: unknown): HarnessError {
  try {
    checkDocument(data, PlanSchema, naming);
  } catch (error) {
    if (error instanceof HarnessError) return error;
    throw error;
  }
  throw new Error("the plan was taken");
}

/** The problems of a plan as `path: message`. */
function problemsOf(data: unknown): readonly string[] {
  const { problems } = refusalOf(data).details as { problems: readonly DocumentProblem[] };
  return problems.map(({ path, message }) => `${path}: ${message}`);
}

const CLOCK_STEP = { kind: "clock-step", byMs: 60_000 };
const event = { kind: "event", direction: "to-client", type: "response.completed", occurrence: 1, edge: "after" };

describe("a plan", () => {
  it("comes back from its JSON as it was", () => {
    const text = JSON.stringify(fullPlan);
    expect(parseDocument(text, PlanSchema, naming)).toEqual(fullPlan);
    expect(JSON.stringify(parseDocument(text, PlanSchema, naming))).toBe(text);
  });

  it("may have no faults", () => {
    const plan: Plan = { ...fullPlan, faults: [] };
    expect(checkDocument(plan, PlanSchema, naming)).toEqual(plan);
  });

  it.each<[string, unknown, string]>([
    ["formatVersion", { ...fullPlan, formatVersion: "1" }, "formatVersion: "],
    ["seed below", { ...fullPlan, seed: -1 }, "seed: "],
    ["seed above", { ...fullPlan, seed: 4_294_967_296 }, "seed: "],
    ["half a seed", { ...fullPlan, seed: 0.5 }, "seed: "],
    ["no sessions", { ...fullPlan, faults: [], workload: { sessions: [] } }, "workload.sessions: "],
    ["runMs", { ...fullPlan, limits: { ...fullPlan.limits, runMs: 0 } }, "limits.runMs: "],
    ["eventsMax", { ...fullPlan, limits: { ...fullPlan.limits, eventsMax: 99 } }, "limits.eventsMax: "],
    ["bytesMax", { ...fullPlan, limits: { ...fullPlan.limits, bytesMax: 1e11 } }, "limits.bytesMax: "],
    [
      "sessionsMax",
      { ...fullPlan, limits: { ...fullPlan.limits, sessionsMax: 1 } },
      "workload.sessions: 2 sessions, but",
    ],
    ["unknown member", { ...fullPlan, extra: 1 }, "(the whole)"],
    ["missing member", { ...fullPlan, limits: undefined }, "limits: "],
    ["id", planWith({ id: "a b" }), "faults[0].id: 1 to 64 of"],
    [
      "unknown kind",
      planWith({ fault: { kind: "explode" } }),
      "faults[0].fault.kind: no such kind of fault; there are: cut, stall",
    ],
    ["no kind", planWith({ fault: {} }), "faults[0].fault.kind: no such kind of fault"],
    ["no fault", planWith({ fault: undefined }), "faults[0].fault.kind: no such kind of fault"],
    ["kind of an object's own", planWith({ fault: { kind: "constructor" } }), "faults[0].fault.kind: no such kind"],
    ["cut mode", planWith({ fault: { kind: "cut", mode: "soft" } }), "faults[0].fault.mode: "],
    ["close code", planWith({ fault: { kind: "close", code: 1006 } }), "faults[0].fault.code: must be a code that"],
    [
      "close reason",
      planWith({ fault: { kind: "close", code: 1000, reason: "é".repeat(62) } }),
      "faults[0].fault.reason: at most 123",
    ],
    [
      "reject status",
      planWith({ fault: { kind: "reject", how: { status: 200 }, dials: 1 }, heal: { kind: "never" } }),
      "faults[0].fault.how.status: Too small",
    ],
    [
      "reject how",
      planWith({ fault: { kind: "reject", how: "no", dials: 1 }, heal: { kind: "never" } }),
      'faults[0].fault.how: Invalid option: expected one of "reset"|"silence"',
    ],
    [
      "toxic type",
      planWith({
        fault: { kind: "toxic", type: "down", direction: "to-client", attributes: {} },
        heal: { kind: "never" },
      }),
      "faults[0].fault.type: ",
    ],
    [
      "toxic attribute",
      planWith({
        fault: { kind: "toxic", type: "latency", direction: "to-client", attributes: { latency: "x" } },
        heal: { kind: "never" },
      }),
      "faults[0].fault.attributes.latency: ",
    ],
    ["delay", planWith({ when: { ...cut.when, delayMs: -1 } }), "faults[0].when.delayMs: "],
    [
      "session",
      planWith({ when: { ...cut.when, place: { session: 2 } } }),
      "faults[0].when.place.session: session 2 does not exist; there are 2, from 0",
    ],
    [
      "session of a fault of the client's process",
      planWith({ fault: CLOCK_STEP, when: { ...cut.when, place: { session: "all" } }, heal: { kind: "never" } }),
      'faults[0].when.place.session: a "clock-step" fault strikes the one process of all sessions; name the session whose anchor says when',
    ],
    [
      "step of no length",
      planWith({ fault: { ...CLOCK_STEP, byMs: 0 }, heal: { kind: "never" } }),
      "faults[0].fault.byMs: a step of 0 ms is none",
    ],
    [
      "step of two days",
      planWith({ fault: { ...CLOCK_STEP, byMs: -172_800_000 }, heal: { kind: "never" } }),
      "faults[0].fault.byMs: ",
    ],
    [
      "session name",
      planWith({ when: { ...cut.when, place: { session: "both" } } }),
      'faults[0].when.place.session: Invalid input: expected number, received string; or Invalid input: expected "all"',
    ],
    [
      "point",
      planWith({ when: { ...cut.when, at: { kind: "point", point: "P15", occurrence: 1 } } }),
      "faults[0].when.at.point: ",
    ],
    [
      "occurrence",
      planWith({ when: { ...cut.when, at: { kind: "point", point: "P1", occurrence: 0 } } }),
      "faults[0].when.at.occurrence: ",
    ],
    [
      "anchor kind",
      planWith({ when: { ...cut.when, at: { kind: "time" } } }),
      "faults[0].when.at.kind: Invalid discriminator value. Expected 'point' | 'event' | 'bytes'",
    ],
    ["no anchor", planWith({ when: { place: { session: 0 } } }), "faults[0].when.at: "],
    [
      "anchor of an event",
      planWith({ when: { ...cut.when, at: { ...event, edge: "around" } } }),
      "faults[0].when.at.edge: ",
    ],
    [
      "byteInFrame",
      planWith({ when: { ...cut.when, at: { ...event, byteInFrame: 3 } } }),
      'faults[0].when.at.byteInFrame: means something only with edge "inside"',
    ],
    [
      "bytes",
      planWith({ when: { ...cut.when, at: { kind: "bytes", direction: "to-client", sizeBytes: -1 } } }),
      "faults[0].when.at.sizeBytes: ",
    ],
    ["heal kind", planWith({ heal: { kind: "soon" } }), "faults[0].heal.kind: "],
    [
      "heal anchor",
      planWith({ heal: { kind: "at", at: { kind: "point", point: "P1", occurrence: 0 } } }),
      "faults[0].heal.at.occurrence: ",
    ],
    [
      "heal on close",
      planWith({ fault: { kind: "reject", how: "reset", dials: 1 } }),
      'faults[0].heal: a "reject" fault has no connection of its own',
    ],
  ])("is refused with one problem and its path: %s", (_what, data, problem) => {
    expect(problemsOf(data)).toEqual([expect.stringContaining(problem.replace("(the whole)", ""))]);
  });

  it.each<[string, object]>([
    ["a byte", { kind: "bytes", direction: "to-client", sizeBytes: 5 }],
    ["inside a message", { ...event, edge: "inside" }],
    [
      "a byte whose message form is inside",
      { kind: "bytes", direction: "to-client", sizeBytes: 5, event: { ...event, edge: "inside" } },
    ],
  ])("with a frame-level fault at %s is refused", (_where, at) => {
    const data = planWith({ fault: { kind: "close", code: 1012 }, when: { ...cut.when, at } });
    expect(problemsOf(data)).toEqual([
      expect.stringContaining('faults[0].when.at: a "close" fault needs a place between two frames'),
    ]);
  });

  it("with a frame-level fault at the dial is refused: there is no upgraded connection yet", () => {
    const at = { kind: "point", point: "P0", occurrence: 1 };
    const data = planWith({ fault: { kind: "close", code: 1012 }, when: { ...cut.when, at } });
    expect(problemsOf(data)).toEqual([
      expect.stringContaining(
        'faults[0].when.at: a "close" fault needs an upgraded connection, and at P0 there is none',
      ),
    ]);
  });

  it("with a frame-level fault at a byte whose message form lies between frames is taken", () => {
    const at = { kind: "bytes", direction: "to-client", sizeBytes: 5, event };
    const data = planWith({ fault: { kind: "close", code: 1012 }, when: { ...cut.when, at } });
    expect(checkDocument(data, PlanSchema, naming)).toEqual(data);
  });

  it("names everything that is wrong at once, what its parts disagree about included", () => {
    const problems = problemsOf({
      ...fullPlan,
      seed: "7",
      limits: { ...fullPlan.limits, sessionsMax: 1, runMs: 0 },
      faults: [
        cut,
        { ...cut, id: "cut-1" },
        { ...cut, id: "b", when: { ...cut.when, place: { session: 9 } } },
        { ...cut, id: "c", fault: { kind: "close", code: 5, reason: 5 }, heal: { kind: "x" } },
      ],
    });
    expect(problems.map((problem) => problem.split(": ", 1)[0])).toEqual([
      "seed",
      "faults[3].fault.code",
      "faults[3].fault.reason",
      "faults[3].heal.kind",
      "limits.runMs",
      "workload.sessions",
      "faults[1].id",
      "faults[2].when.place.session",
    ]);
  });

  it("is refused in words that name the file, the number of problems and each place", () => {
    const error = refusalOf({ ...fullPlan, seed: -1, formatVersion: null });
    expect(error.code).toBe("HARNESS_INVALID_PLAN");
    expect(error.message).toMatch(/^plan\.json is not a plan; 2 problems:\n {2}formatVersion: .*\n {2}seed: /);
    expect(refusalOf(null).message).toMatch(/^plan\.json is not a plan; one problem:\n {2}\(the whole\): /);
  });
});

/** "taken", "refused" by a HarnessError, or whatever else was thrown. */
function outcomeOf(text: string): unknown {
  try {
    parseDocument(text, PlanSchema, naming);
    return "taken";
  } catch (error) {
    return error instanceof HarnessError ? "refused" : error;
  }
}

describe("any JSON", () => {
  it("is a plan or a HarnessError, whatever it is", () => {
    // Values that look like a plan come close to the checks behind its shape.
    const parts = fc.record(
      {
        formatVersion: fc.constantFrom<unknown>(1, 2, "1"),
        seed: fc.oneof(fc.integer({ min: -1, max: 10 }), fc.jsonValue()),
        workload: fc.oneof(fc.constant(fullPlan.workload), fc.jsonValue(), fc.record({ sessions: fc.jsonValue() })),
        limits: fc.oneof(fc.constant(fullPlan.limits), fc.jsonValue()),
        faults: fc.oneof(
          fc.jsonValue(),
          fc.array(
            fc.oneof(
              fc.constantFrom<unknown>(...fullPlan.faults),
              fc.record({ id: fc.jsonValue(), fault: fc.jsonValue(), when: fc.jsonValue(), heal: fc.jsonValue() }),
            ),
          ),
        ),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          parts.map((value) => JSON.stringify(value)),
          fc.string(),
        ),
        (text) => {
          expect(["taken", "refused"]).toContain(outcomeOf(text));
        },
      ),
      { numRuns: process.env["HARNESS_FULL"] === undefined ? 1_000 : 20_000, seed: 1 },
    );
  });

  it("as deep as the reader goes is refused", () => {
    const deep = `${"[".repeat(3_000)}${"]".repeat(3_000)}`;
    expect(() => parseDocument(deep, PlanSchema, naming)).toThrow(HarnessError);
    expect(() => parseDocument(`{"faults":[{"fault":${deep}}]}`, PlanSchema, naming)).toThrow(HarnessError);
  });
});
