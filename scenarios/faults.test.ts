import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Anchor,
  createHarness,
  createMemoryHistorySink,
  type Fault,
  FAULT_CATALOGUE,
  type Heal,
  type HistoryEvent,
  type Plan,
  type ProtocolPoint,
  runAndJudge,
  type RunResult,
} from "cutwire";
import { afterAll, describe, expect, it } from "vitest";

const directory = mkdtempSync(join(tmpdir(), "cutwire-faults-"));
afterAll(() => rmSync(directory, { recursive: true }));

/** One turn that books two seats at once, and one that only talks; both with characters of several bytes. */
const sessions: Plan["workload"]["sessions"] = [
  {
    turns: [
      {
        userText: "Book two seats, please.",
        script: {
          steps: [
            {
              calls: [
                { operation: "seat-a", arguments: { note: "am Fenster, größer" }, toolDurationMs: 30 },
                { operation: "seat-b" },
              ],
            },
            { text: "Both are booked – schöne Reise!" },
          ],
        },
      },
      { userText: "And the weather?", script: { steps: [{ text: "Sunny, 31 °C, and no wind at all." }] } },
    ],
  },
];

const point = (name: ProtocolPoint, occurrence = 1): Anchor => ({ kind: "point", point: name, occurrence });
const before = (type: string, occurrence = 1): Anchor => ({
  kind: "event",
  direction: type === "response.create" ? "to-server" : "to-client",
  type,
  occurrence,
  edge: "before",
});

const NEVER: Heal = { kind: "never" };
const SOON: Heal = { kind: "after", delayMs: 150 };
const ON_CLOSE: Heal = { kind: "on-close" };

const NOT_FOUND = {
  code: "previous_response_not_found",
  message: "Previous response with id 'resp_1' not found.",
  param: "previous_response_id",
};
const AGE_CAP = {
  code: "websocket_connection_limit_reached",
  message: "Responses websocket connection limit reached (60 minutes). Create a new websocket connection to continue.",
};
const OVERLOADED = { code: "server_is_overloaded", message: "Try again later.", status: 503, type: "server_error" };

type Case = readonly [name: string, fault: Fault, at: Anchor, heal: Heal];

const toxic = (type: string, attributes: Readonly<Record<string, number>>): Fault => ({
  kind: "toxic",
  type,
  direction: "to-client",
  attributes,
});

const cases: readonly Case[] = [
  ["cut fin", { kind: "cut", mode: "fin" }, point("P6"), ON_CLOSE],
  ["cut rst", { kind: "cut", mode: "rst" }, point("P8"), ON_CLOSE],
  ["cut blackhole", { kind: "cut", mode: "blackhole" }, point("P10"), ON_CLOSE],
  ["stall of answers", { kind: "stall", direction: "to-client" }, point("P10"), ON_CLOSE],
  ["stall of requests", { kind: "stall", direction: "to-server" }, point("P7"), ON_CLOSE],
  ["stall that heals", { kind: "stall", direction: "to-client" }, point("P4"), SOON],
  ["refuse", { kind: "refuse" }, point("P8"), SOON],
  ["toxic bandwidth", toxic("bandwidth", { rate: 20 }), point("P0"), NEVER],
  ["toxic latency", toxic("latency", { latency: 30, jitter: 10 }), point("P0"), NEVER],
  ["toxic limit_data", toxic("limit_data", { bytes: 700 }), point("P3"), SOON],
  ["toxic reset_peer", toxic("reset_peer", { timeout: 5 }), point("P3"), SOON],
  ["toxic slicer", toxic("slicer", { average_size: 7, size_variation: 3, delay: 10 }), point("P0"), NEVER],
  ["toxic slow_close", toxic("slow_close", { delay: 20 }), point("P0"), NEVER],
  ["toxic timeout", toxic("timeout", { timeout: 50 }), point("P3"), SOON],
  ...[1000, 1001, 1005, 1011, 1012, 1013].map((code): Case => [
    `close ${code}`,
    { kind: "close", code },
    point("P8"),
    ON_CLOSE,
  ]),
  ["corrupt utf-8", { kind: "corrupt", how: "invalid-utf8" }, point("P4"), ON_CLOSE],
  ["corrupt json", { kind: "corrupt", how: "not-json" }, point("P6"), ON_CLOSE],
  ["corrupt frame", { kind: "corrupt", how: "reserved-bit" }, point("P12"), ON_CLOSE],
  [
    "fragment inside a character",
    { kind: "fragment", fragments: 3, cut: "inside-character", pingBetween: true, messages: 3 },
    point("P3"),
    NEVER,
  ],
  [
    "fragment everything",
    { kind: "fragment", fragments: 10, cut: "anywhere", pingBetween: false, messages: 20 },
    point("P1"),
    NEVER,
  ],
  ["message-limit", { kind: "message-limit", sizeBytes: 300 }, point("P0"), SOON],
  ["reject reset", { kind: "reject", how: "reset", dials: 2 }, point("P0"), NEVER],
  ["reject silence", { kind: "reject", how: "silence", dials: 1 }, point("P0"), NEVER],
  ["reject redirect", { kind: "reject", how: { status: 307, location: "/v2" }, dials: 1 }, point("P0"), NEVER],
  ["upgrade late", { kind: "upgrade", how: { lateMs: 100 }, dials: 1 }, point("P0"), NEVER],
  ["upgrade too late", { kind: "upgrade", how: { lateMs: 900 }, dials: 1 }, point("P0"), NEVER],
  ["upgrade with a wrong key", { kind: "upgrade", how: "wrong-accept-key", dials: 1 }, point("P0"), NEVER],
  ...(["nested", "flat", "message-only"] as const).flatMap((form): Case[] => [
    [
      `refuse-create ${form}`,
      { kind: "refuse-create", error: { ...NOT_FOUND, form }, creates: "chained", times: 1 },
      point("P0"),
      NEVER,
    ],
    [`error age cap ${form}`, { kind: "error", error: { ...AGE_CAP, form }, close: 1000 }, point("P12"), ON_CLOSE],
  ]),
  ["error idle", { kind: "error", error: AGE_CAP, close: 1000 }, point("P14"), ON_CLOSE],
  ["error at create", { kind: "error", error: { ...OVERLOADED, retryAfterMs: 50 } }, point("P2"), ON_CLOSE],
  [
    "error after output",
    { kind: "error", error: { ...OVERLOADED, retryAfterMs: 50 }, frames: "error-and-failed" },
    point("P5"),
    ON_CLOSE,
  ],
  ["error failed", { kind: "error", error: OVERLOADED, frames: "failed" }, point("P11"), ON_CLOSE],
  [
    "error incomplete",
    { kind: "error", error: { code: "max_output_tokens", message: "-" }, frames: "incomplete" },
    point("P12"),
    ON_CLOSE,
  ],
  ["repeat-item at once", { kind: "repeat-item", arguments: "same", times: 2 }, point("P6"), ON_CLOSE],
  ["repeat-item while tools work", { kind: "repeat-item", arguments: "same", times: 1 }, point("P8"), ON_CLOSE],
  ["repeat-item idle", { kind: "repeat-item", arguments: "same", times: 1 }, point("P14"), ON_CLOSE],
  ["repeat-item changed", { kind: "repeat-item", arguments: "other", times: 1 }, point("P6"), ON_CLOSE],
  ["sequence drop item.done", { kind: "sequence", what: "drop" }, before("response.output_item.done"), ON_CLOSE],
  ["sequence drop completed", { kind: "sequence", what: "drop" }, before("response.completed"), ON_CLOSE],
  ["sequence duplicate", { kind: "sequence", what: "duplicate" }, before("response.completed"), ON_CLOSE],
  ["sequence swap", { kind: "sequence", what: "swap" }, before("response.output_item.done"), ON_CLOSE],
  ["sequence without-id", { kind: "sequence", what: "without-id" }, before("response.completed"), ON_CLOSE],
  ["sequence late", { kind: "sequence", what: "late", until: "end" }, before("response.output_item.done", 2), ON_CLOSE],
  [
    "sequence echo",
    { kind: "sequence", what: "echo", until: "next-response" },
    before("response.output_item.done"),
    ON_CLOSE,
  ],
  ["silence", { kind: "silence", pingEveryMs: 100 }, point("P3"), { kind: "after", delayMs: 1_000 }],
  ["silence without pings", { kind: "silence" }, point("P12"), ON_CLOSE],
  ["forget", { kind: "forget", what: "connections" }, point("P8"), NEVER],
  ["reuse-call-ids", { kind: "reuse-call-ids" }, point("P14"), NEVER],
  ["freeze", { kind: "freeze" }, point("P8"), { kind: "after", delayMs: 600 }],
];

/**
 * Kinds that the reference client gives nothing to do with its own settings, which unit tests have, those of a container,
 * which the tests with Docker have, and those that only the simulation can make, which have tests of their own.
 */
const WITHOUT_OCCASION: readonly string[] = ["no-pong", "no-close-answer", "container", "clock-step"];

async function run([name, fault, at, heal]: Case, harness = createHarness()): Promise<RunResult> {
  const plan: Plan = {
    formatVersion: 1,
    seed: 1,
    workload: { sessions },
    faults: [{ id: "fault", fault, when: { place: { session: 0 }, at }, heal }],
    limits: { runMs: 30_000, eventsMax: 20_000, bytesMax: 10_000_000, sessionsMax: 1 },
  };
  return await runAndJudge(
    {
      plan,
      module: harness.clients.get("reference") ?? "",
      backend: "embedded",
      target: "reference",
      sink: createMemoryHistorySink(),
      stateDirectory: join(directory, name.replaceAll(" ", "-")),
    },
    harness,
  );
}

describe("each kind of fault", () => {
  it.each(cases)("fires, and convicts the reference client of nothing: %s", async (...of) => {
    const { verdicts, faults, record } = await run(of);
    expect(faults).toEqual([expect.objectContaining({ id: "fault", state: "fired" })]);
    expect(verdicts.filter(({ outcome }) => outcome !== "holds" && outcome !== "not-exercised")).toEqual([]);
    expect(falselyDelivered(record.history)).toEqual([]);
  });

  it("is in this list", () => {
    const tried = cases.map(([, fault]) => fault.kind);
    const missing = Object.keys(FAULT_CATALOGUE).filter((kind) => !tried.some((known) => known === kind));
    expect(missing.toSorted()).toEqual([...WITHOUT_OCCASION].toSorted());
  });
});

/** Messages that the client's face tells of although the server's face had not: none but the injected ones may be. */
function falselyDelivered(history: readonly HistoryEvent[]): readonly HistoryEvent[] {
  const places = (face: "client-face" | "server-face"): Map<string, HistoryEvent> =>
    new Map(
      history.flatMap((event) =>
        event.kind === "message" && event.source === face && event.direction === "to-client"
          ? [[`${event.connection ?? "?"}/${event.frame}/${event.altered ?? ""}`, event]]
          : [],
      ),
    );
  const sent = places("server-face");
  return [...places("client-face")].flatMap(([place, event]) => {
    if (event.kind !== "message" || event.altered !== undefined) return [];
    return sent.has(place) ? [] : [event];
  });
}

describe("a fault of the server", () => {
  it.each(["forget", "freeze", "reuse-call-ids"] as const)(
    "is refused before the run where the target cannot be controlled: %s",
    async (kind) => {
      const harness = createHarness();
      const reference = harness.targets.get("reference");
      if (reference === undefined) throw new Error("there is no reference target");
      const { capabilities: _capabilities, ...foreign } = { ...reference, name: "foreign" };
      const fault: Fault = kind === "forget" ? { kind, what: "all" } : { kind };
      const running = run(["refused", fault, point("P8"), NEVER], {
        ...harness,
        targets: new Map([["reference", foreign]]),
      });
      await expect(running).rejects.toMatchObject({
        code: "HARNESS_UNSUPPORTED_FAULT",
        message: expect.stringContaining(`fault (${kind}) needs target-${kind} of the target`),
      });
    },
  );
});
