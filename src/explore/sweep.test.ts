import { describe, expect, it } from "vitest";

import type { HistoryEvent, UnrecordedEvent } from "../history/event.ts";
import { capabilitiesOf } from "../plan/fault-catalogue.ts";
import { DEFAULT_LIMITS, type Plan, PlanSchema } from "../plan/plan.ts";
import { CLOSE_CODES, SEARCH_MOULDS } from "../generate/search-moulds.ts";
import type { CellRange } from "./cell-range.ts";
import { cellsOf, chooseCells } from "./confirm-cells.ts";
import { campaignOf, emptyUnit } from "./search-fixture.test-support.ts";
import { eventAnchorAt, mapSession, sizeOf, spanAt } from "./session-map.ts";
import { mapSweep } from "./sweep-map.ts";
import { createSweep, createSweepSpace } from "./sweep-space.ts";

const PLAN: Plan = {
  formatVersion: 1,
  seed: 3,
  workload: { sessions: [{ turns: [{ userText: "hello", script: { steps: [{ text: "hi" }] } }] }] },
  faults: [],
  limits: DEFAULT_LIMITS,
};
const ABLE = new Set(
  SEARCH_MOULDS.flatMap(({ variants }) => variants.flat()).flatMap(({ fault }) => capabilitiesOf(fault)),
);

/** A turn of three messages, and the probe behind it. */
const EVENTS: readonly UnrecordedEvent[] = [
  { source: "client-face", kind: "dialled" },
  { source: "server-face", kind: "upgrade-answered", status: 101 },
  ...message("to-server", "response.create P2", 30),
  ...message("to-client", "response.created P3", 20),
  ...message("to-client", "response.output_text.delta P12", 35),
  ...message("to-client", "response.output_text.delta P12", 50),
  { source: "harness", kind: "turn-ended", turn: 0, probe: false, outcome: "completed" },
  ...message("to-client", "response.created P3", 90),
  { source: "harness", kind: "turn-ended", turn: 1, probe: true, outcome: "completed" },
];

/** A message at both faces; `what` is its type and its point. */
function message(
  direction: "to-client" | "to-server",
  what: `${string} ${"P2" | "P3" | "P12"}`,
  endOffset: number,
): readonly UnrecordedEvent[] {
  const [type = "", name] = what.split(" ");
  const point = (["P2", "P3", "P12"] as const).find((one) => one === name) ?? "P2";
  const faces = ["client-face", "server-face"] as const;
  return faces.map((source) => ({
    source,
    kind: "message",
    connection: 0,
    direction,
    frame: 0,
    endOffset,
    type,
    point,
  }));
}

const history: readonly HistoryEvent[] = EVENTS.map((event, sequence) => ({
  ...event,
  session: 0,
  sequence,
  sourceSequence: sequence,
  atMs: sequence,
}));
const map = mapSession(history);

describe("the map of a session", () => {
  it("knows the bytes of each message, once, and leaves the probe out", () => {
    expect(
      map.messages.map(({ type, occurrence, startByte, endByte }) => [type, occurrence, startByte, endByte]),
    ).toEqual([
      ["response.created", 1, 0, 20],
      ["response.output_text.delta", 1, 20, 35],
      ["response.output_text.delta", 2, 35, 50],
      ["response.create", 1, 0, 30],
    ]);
    expect([sizeOf(map, "to-client"), sizeOf(map, "to-server")]).toEqual([50, 30]);
    expect(spanAt(map, "to-client", 50)).toBeUndefined();
  });

  it("knows the points that are reached, with how often", () => {
    expect(map.points.map(({ point, times }) => [point, times])).toEqual([
      ["P0", 1],
      ["P1", 1],
      ["P2", 1],
      ["P3", 1],
      ["P12", 2],
      ["P14", 1],
    ]);
  });

  it("tells a byte as a place in a message", () => {
    const place = { kind: "event", direction: "to-client", type: "response.output_text.delta" };
    expect(eventAnchorAt(map, "to-client", 20)).toEqual({ ...place, occurrence: 1, edge: "before" });
    expect(eventAnchorAt(map, "to-client", 36)).toEqual({ ...place, occurrence: 2, edge: "inside", byteInFrame: 1 });
  });
});

describe("the cells of a sweep", () => {
  const space = createSweepSpace(PLAN, map, { every: 1, able: ABLE });
  const sweep = createSweep(space);

  it("are valid plans, each byte of both directions with each cut among them, once", () => {
    const plans = Array.from({ length: sweep.count }, (_, cell) => sweep.planOf(cell));
    expect(plans.flatMap((plan) => PlanSchema.safeParse(plan).error?.issues ?? [])).toEqual([]);
    const cuts = plans.slice(0, 3 * 80).map(({ faults: [cut] }) => JSON.stringify([cut?.fault, cut?.when.at]));
    expect(new Set(cuts).size).toBe(240);
    expect(sweep.lanes.slice(0, 6).map(({ name, cells }) => [name, cells])).toEqual([
      ["fin to-client", 50],
      ["rst to-client", 50],
      ["blackhole to-client", 50],
      ["fin to-server", 30],
      ["rst to-server", 30],
      ["blackhole to-server", 30],
    ]);
  });

  it("hold each close code at each point of an open connection", () => {
    const closes = sweep.lanes.filter(({ name }) => name.startsWith("close"));
    expect(closes).toHaveLength(CLOSE_CODES.length);
    expect(closes.every(({ cells }) => cells === 6)).toBe(true);
  });

  it("can be every n-th byte, and some kinds alone", () => {
    const some = createSweep(createSweepSpace(PLAN, map, { every: 20, able: ABLE, names: ["rst", "close"] }));
    expect(some.lanes.slice(0, 2).map(({ name, cells }) => [name, cells])).toEqual([
      ["rst to-client", 3],
      ["rst to-server", 2],
    ]);
    expect(some.lanes).toHaveLength(2 + CLOSE_CODES.length);
    expect(some.planOf(2).faults[0]?.when.at).toMatchObject({ kind: "bytes", sizeBytes: 40 });
    expect(() => some.planOf(some.count)).toThrow(RangeError);
  });

  it("are a map of ranges by lane, wherever their units begin and end", () => {
    const campaign = campaignOf();
    const holds = (first: number, last: number): CellRange => ({ first, last, outcome: "holds", rules: [] });
    const violated: CellRange = {
      first: 45,
      last: 59,
      outcome: "violated",
      rules: ["INV-02"],
      smallest: { cell: 47, events: 3 },
    };
    const results = [
      { ...emptyUnit(campaign, 1), ranges: [holds(30, 44), violated] },
      { ...emptyUnit(campaign, 0), ranges: [holds(0, 29)] },
    ];
    expect(mapSweep(space, results)).toMatchObject([
      { lane: "fin to-client", cells: 45, from: "byte 0, response.created", outcome: "holds" },
      { lane: "fin to-client", cells: 5, outcome: "violated", smallest: { cell: 47, events: 3 } },
      { lane: "rst to-client", cells: 10, to: "byte 9, response.created", smallest: { cell: 50 } },
    ]);
  });

  it("are chosen at random for a second look: the same ones each time, and none twice", () => {
    const ranges: readonly CellRange[] = [{ first: 0, last: 99, outcome: "holds", rules: [] }];
    const chosen = chooseCells(cellsOf(ranges), 30, 1).map(({ cell }) => cell);
    expect(new Set(chosen).size).toBe(30);
    expect(chooseCells(cellsOf(ranges), 30, 1).map(({ cell }) => cell)).toEqual(chosen);
    expect(chooseCells(cellsOf(ranges), 30, 2).map(({ cell }) => cell)).not.toEqual(chosen);
    expect(chooseCells(cellsOf(ranges), 500, 1)).toHaveLength(100);
  });
});
