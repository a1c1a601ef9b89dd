import { readdirSync, readFileSync } from "node:fs";
import { type Anchor, type Fault, FAULT_CATALOGUE, PROTOCOL_POINTS, type Scenario, type ScheduledFault } from "cutwire";
import { describe, expect, it } from "vitest";

const FOLDERS = [new URL("./", import.meta.url), new URL("./on-request/", import.meta.url)];

const scenarios: readonly Scenario[] = FOLDERS.flatMap((folder) =>
  readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .map((file) => JSON.parse(readFileSync(new URL(file, folder), "utf8")) as Scenario),
);
const faults: readonly ScheduledFault[] = scenarios.flatMap(({ plan }) => plan.faults);

/** What the suite has to strike with, each told by the faults that are it. */
const CLASSES: Readonly<Record<string, (fault: Fault, scheduled: ScheduledFault) => boolean>> = {
  "a clean cut": (fault) => fault.kind === "cut" && fault.mode === "fin",
  "a dirty cut": (fault) => fault.kind === "cut" && fault.mode === "rst",
  "a half-open connection": (fault) => fault.kind === "cut" && fault.mode === "blackhole",
  "one direction that stands still": (fault) => fault.kind === "stall",
  "dials that are reset": (fault) => fault.kind === "reject" && fault.how === "reset",
  "dials that are answered with a status": (fault) => fault.kind === "reject" && typeof fault.how === "object",
  "a port that is closed": (fault) => fault.kind === "refuse",
  "a slow wire": (fault) => fault.kind === "toxic" && fault.type === "latency",
  "a narrow wire": (fault) => fault.kind === "toxic" && fault.type === "bandwidth",
  "a sliced wire": (fault) => fault.kind === "toxic" && fault.type === "slicer",
  "a limited wire": (fault) => fault.kind === "toxic" && fault.type === "limit_data",
  "a forgotten session": (fault) => fault.kind === "forget",
  "a forgotten response": (fault) =>
    fault.kind === "refuse-create" && fault.error.code === "previous_response_not_found",
  "a forgotten response, in the shape without a code": (fault) =>
    fault.kind === "refuse-create" && fault.error.form === "message-only" && fault.creates === "chained",
  "the age cap": (fault) => fault.kind === "error" && fault.error.code === "websocket_connection_limit_reached",
  "a repeated item": (fault) => fault.kind === "repeat-item" && fault.arguments === "same",
  "a repeated item with other arguments": (fault) => fault.kind === "repeat-item" && fault.arguments === "other",
  "a fleet that is cut at once": (_fault, { when }) => when.place.session === "all",
};

/** F-15; 1006 and 1015 stand for what never came, and are had by cuts and by dials that fail. */
const CLOSE_CODES = [
  1000, 1001, 1002, 1003, 1005, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 3000, 4001, 4401, 4408, 4429,
];

/** Statuses that F-23 names. */
const STATUSES = [401, 403, 404, 426, 429, 500, 502, 503];

/** Kinds that no scenario has: the reference client neither pings nor says goodbye, and few backends have containers. */
const WITHOUT_OCCASION = ["container", "no-close-answer", "no-pong"];

function anchorsOf({ when, heal }: ScheduledFault): readonly Anchor[] {
  return heal.kind === "at" ? [when.at, heal.at] : [when.at];
}

describe("all scenarios together", () => {
  it("are at least as many as are asked for, each with its reason and its expectations", () => {
    expect(scenarios.length).toBeGreaterThanOrEqual(50);
    expect(new Set(scenarios.map(({ name }) => name)).size).toBe(scenarios.length);
    const isFounded = ({ why }: Scenario): boolean => /failures\.md|protocol\.md|#\d+/.test(why);
    expect(scenarios.filter((scenario) => !isFounded(scenario)).map(({ name }) => name)).toEqual([]);
    expect(scenarios.filter(({ expect: expected = [] }) => expected.length < 3).map(({ name }) => name)).toEqual([]);
  });

  it.each(PROTOCOL_POINTS.map(({ point, title }) => ({ point, title })))("strike at $point, $title", ({ point }) => {
    const at = faults.flatMap(anchorsOf).filter((anchor) => anchor.kind === "point" && anchor.point === point);
    expect(at.length).toBeGreaterThan(0);
  });

  it.each(Object.entries(CLASSES))("have %s", (_name, isIt) => {
    expect(faults.filter((scheduled) => isIt(scheduled.fault, scheduled)).length).toBeGreaterThan(0);
  });

  it.each(CLOSE_CODES)("close with %i", (code) => {
    expect(faults.filter(({ fault }) => fault.kind === "close" && fault.code === code).length).toBeGreaterThan(0);
  });

  it.each(STATUSES)("refuse an upgrade with %i", (status) => {
    const refused = faults.filter(
      ({ fault }) => fault.kind === "reject" && typeof fault.how === "object" && fault.how.status === status,
    );
    expect(refused.length).toBeGreaterThan(0);
  });

  it("have parallel calls, whose arguments come in turns", () => {
    const steps = scenarios.flatMap(({ plan }) =>
      plan.workload.sessions.flatMap(({ turns }) => turns.flatMap(({ script }) => script.steps)),
    );
    expect(steps.some(({ calls = [], interleaved }) => calls.length > 1 && interleaved === true)).toBe(true);
  });

  it("have every kind of fault but those that are named", () => {
    const used = new Set<string>(faults.map(({ fault }) => fault.kind));
    expect(
      Object.keys(FAULT_CATALOGUE)
        .filter((kind) => !used.has(kind))
        .toSorted(),
    ).toEqual(WITHOUT_OCCASION);
  });
});
