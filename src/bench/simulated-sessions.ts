import { createRandom, type Random } from "../determinism/random.ts";
import type { ScheduledFault } from "../plan/fault.ts";
import { DEFAULT_LIMITS, type Plan } from "../plan/plan.ts";
import type { ScriptedTurn } from "../protocol/model-script.ts";

/** How much a session says. `long`: three turns with a tool each, 126 events of the server. `short`: one turn of 12. */
export type SessionLength = "long" | "short";

/** What happens to its wire. `cut`: once, at any byte. `toxics`: all seven kinds, and what some of them break. */
export type SessionWire = "clean" | "cut" | "toxics";

/** A session that is measured. */
export type MeasuredSession = { readonly length: SessionLength; readonly wire: SessionWire };

const GAP_MS = 5;
const TOOL_MS = 3;

/** With the probe at the end of every run, and in its 42 KB, the server sends 126 events. */
const LONG_TURNS: readonly ScriptedTurn[] = [0, 1, 2].map((turn) => ({
  userText: `Book seat ${turn + 10}A, please.`,
  script: {
    steps: [
      {
        calls: [{ operation: `t${turn}-book`, arguments: { seat: `${turn + 10}A` }, toolDurationMs: TOOL_MS }],
        deltas: 12,
        deltaGapMs: GAP_MS,
      },
      {
        text: "It is booked, and the one beside it too. Is there anything else to see to?",
        deltas: 12,
        deltaGapMs: GAP_MS,
      },
    ],
  },
}));

const SHORT_TURNS: readonly ScriptedTurn[] = [
  { userText: "How is the weather?", script: { steps: [{ text: "It is sunny.", deltas: 4, deltaGapMs: GAP_MS }] } },
];

/** How many bytes the server sends in the turns of a session: where a cut may strike. */
const SIZE_BYTES: Readonly<Record<SessionLength, number>> = { long: 36_000, short: 4_000 };

/** The plan of a session; the seed decides where a cut strikes, and every jitter. */
export function measuredPlan({ length, wire }: MeasuredSession, seed: number): Plan {
  const turns = length === "long" ? LONG_TURNS : SHORT_TURNS;
  return {
    formatVersion: 1,
    seed,
    workload: { sessions: [{ turns }] },
    faults: faultsOf(wire, createRandom(seed, "bench"), SIZE_BYTES[length]),
    limits: { ...DEFAULT_LIMITS, sessionsMax: 1 },
  };
}

function faultsOf(wire: SessionWire, random: Random, sizeBytes: number): readonly ScheduledFault[] {
  switch (wire) {
    case "clean":
      return [];
    case "cut":
      return [cutAt(random, sizeBytes)];
    case "toxics":
      return [...STANDING_TOXICS, ...breakingToxics(random, sizeBytes)];
  }
}

function cutAt(random: Random, sizeBytes: number): ScheduledFault {
  const mode = (["fin", "rst", "blackhole"] as const)[random.integer(0, 2)] ?? "fin";
  return {
    id: "cut",
    fault: { kind: "cut", mode },
    when: {
      place: { session: 0, connection: 0 },
      at: { kind: "bytes", direction: "to-client", sizeBytes: random.integer(0, sizeBytes) },
    },
    heal: { kind: "on-close" },
  };
}

type ToxicShape = Extract<ScheduledFault["fault"], { readonly kind: "toxic" }>;

/** Those that slow a wire down stand from the first dial to the end, in both directions. */
const STANDING_TOXICS: readonly ScheduledFault[] = (["to-client", "to-server"] as const).flatMap((direction) =>
  (
    [
      { kind: "toxic", type: "latency", direction, attributes: { latency: 5, jitter: 3 } },
      { kind: "toxic", type: "slicer", direction, attributes: { average_size: 256, size_variation: 64, delay: 100 } },
      { kind: "toxic", type: "bandwidth", direction, attributes: { rate: 2_000 } },
      { kind: "toxic", type: "slow_close", direction, attributes: { delay: 5 } },
    ] satisfies readonly ToxicShape[]
  ).map((fault) => ({
    id: `${fault.type} ${direction}`,
    fault,
    when: { place: { session: 0 as const }, at: { kind: "point" as const, point: "P0" as const, occurrence: 1 } },
    heal: { kind: "never" as const },
  })),
);

/** Those that end a connection strike one connection each, at any byte, and are gone with it. */
function breakingToxics(random: Random, sizeBytes: number): readonly ScheduledFault[] {
  const breaking = [
    { kind: "toxic", type: "limit_data", direction: "to-client", attributes: { bytes: 100 } },
    { kind: "toxic", type: "reset_peer", direction: "to-client", attributes: { timeout: 2 } },
    { kind: "toxic", type: "timeout", direction: "to-client", attributes: { timeout: 10 } },
  ] satisfies readonly ToxicShape[];
  return breaking.map((fault, connection) => ({
    id: fault.type,
    fault,
    when: {
      place: { session: 0, connection },
      at: { kind: "bytes", direction: "to-client", sizeBytes: random.integer(0, Math.floor(sizeBytes / 8)) },
    },
    heal: { kind: "on-close" },
  }));
}
