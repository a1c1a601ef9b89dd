import type { HistoryEvent } from "../history/event.ts";
import { DEFAULT_LIMITS, type Plan } from "../plan/plan.ts";

/** A fleet that loses its connections at one instant. */
export type HerdOptions = {
  /** How many clients, 1.. */
  readonly clients: number;
  /** How many dials of each are turned away then, 0.. */
  readonly rejectedDials: number;
  readonly seed: number;
};

/**
 * The plan of a herd (F-53): every client says one thing, all idle connections are reset at once when the last one is
 * idle, the next dials of each are reset too, and then each client says another thing.
 */
export function herdPlan({ clients, rejectedDials, seed }: HerdOptions): Plan {
  const turns = ["Tell me about lighthouses.", "And when were they built?"].map((userText) => ({
    userText,
    script: { steps: [{ text: "Most of them in the nineteenth century.", deltas: 4 }] },
  }));
  const when = { place: { session: "all" }, at: { kind: "point", point: "P14", occurrence: 1 } } as const;
  return {
    formatVersion: 1,
    seed,
    workload: { sessions: Array.from({ length: clients }, () => ({ turns })) },
    faults: [
      { id: "cut", fault: { kind: "cut", mode: "rst" }, when, heal: { kind: "on-close" } },
      ...(rejectedDials === 0
        ? []
        : [
            {
              id: "busy",
              fault: { kind: "reject" as const, how: "reset" as const, dials: rejectedDials },
              when,
              heal: { kind: "never" as const },
            },
          ]),
    ],
    limits: { ...DEFAULT_LIMITS, eventsMax: 1_000_000, sessionsMax: clients },
  };
}

/** How the dials of a fleet come back after it was cut. */
export type ReconnectHistogram = {
  /** Dials after the cut. */
  readonly dials: number;
  /** How wide a bucket is, in ms. */
  readonly bucketMs: number;
  /** Dials by bucket, from the instant of the cut to the last dial. */
  readonly buckets: readonly number[];
  /** Dials of the fullest bucket, and of a bucket on average. */
  readonly peak: number;
  readonly mean: number;
};

const BUCKETS_MAX = 24;
/** Widths that a reader can count in, in ms. */
const WIDTHS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 60_000];

/** Counts the dials after the first cut of a run. */
export function reconnectHistogram(history: readonly HistoryEvent[]): ReconnectHistogram {
  const cut = history.find(({ kind }) => kind === "fault-applied");
  const dialsMs = history
    .filter((event) => event.kind === "dialled" && cut !== undefined && event.sequence > cut.sequence)
    .map(({ atMs }) => atMs - (cut?.atMs ?? 0));
  const lastMs = Math.max(0, ...dialsMs);
  const bucketMs = WIDTHS_MS.find((width) => lastMs / width < BUCKETS_MAX) ?? Math.ceil(lastMs / (BUCKETS_MAX - 1));
  const buckets = Array.from({ length: dialsMs.length === 0 ? 0 : Math.floor(lastMs / bucketMs) + 1 }, () => 0);
  for (const dialMs of dialsMs) {
    const bucket = Math.floor(dialMs / bucketMs);
    buckets[bucket] = (buckets[bucket] ?? 0) + 1;
  }
  return {
    dials: dialsMs.length,
    bucketMs,
    buckets,
    peak: Math.max(0, ...buckets),
    mean: buckets.length === 0 ? 0 : dialsMs.length / buckets.length,
  };
}
