import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createHarness } from "../built-ins.ts";
import type { CheckInput } from "../check/check-history.ts";
import { createRandom, type Random } from "../determinism/random.ts";
import type { HistoryEvent } from "../history/event.ts";
import { createMemoryHistorySink } from "../history/history-sink.ts";
import type { Fault, Heal } from "../plan/fault.ts";
import type { ProtocolPoint } from "../protocol/protocol-point.ts";
import { pluginNamed } from "../reproduce/harness.ts";
import { runAndJudge } from "../reproduce/judged-run.ts";
import { samplePlan } from "./sample-plan.ts";

/** A history to be judged, and what it is. */
export type SampleRecord = { readonly name: string; readonly input: CheckInput };

type Struck = { readonly fault: Fault; readonly point: ProtocolPoint; readonly heal: Heal };

const ON_CLOSE: Heal = { kind: "on-close" };

/** Good and bad clients, with and without faults, so that most rules have something to judge. */
const RUNS: readonly (readonly [client: string, struck?: Struck])[] = [
  ["reference"],
  ["reference", { fault: { kind: "cut", mode: "fin" }, point: "P6", heal: ON_CLOSE }],
  ["reference", { fault: { kind: "reject", how: { status: 503 }, dials: 2 }, point: "P0", heal: { kind: "never" } }],
  ["planted:M01", { fault: { kind: "cut", mode: "rst" }, point: "P10", heal: ON_CLOSE }],
  ["planted:M08", { fault: { kind: "repeat-item", arguments: "same", times: 1 }, point: "P8", heal: ON_CLOSE }],
  ["planted:M11", { fault: { kind: "cut", mode: "fin" }, point: "P6", heal: ON_CLOSE }],
];

let recorded: Promise<readonly SampleRecord[]> | undefined;

/** Histories of real runs; they are made once per process. */
export async function sampleRecords(): Promise<readonly SampleRecord[]> {
  recorded ??= Promise.all(RUNS.map(async ([client, struck]) => await record(client, struck)));
  return await recorded;
}

async function record(client: string, struck: Struck | undefined): Promise<SampleRecord> {
  const harness = createHarness();
  const stateDirectory = mkdtempSync(join(tmpdir(), "cutwire-record-"));
  const faults =
    struck === undefined
      ? []
      : [
          {
            id: "fault",
            fault: struck.fault,
            when: { place: { session: 0 }, at: { kind: "point", point: struck.point, occurrence: 1 } as const },
            heal: struck.heal,
          },
        ];
  try {
    const { record: run } = await runAndJudge(
      {
        plan: samplePlan(faults),
        module: pluginNamed("client", client, harness.clients),
        backend: "embedded",
        target: "reference",
        sink: createMemoryHistorySink(),
        stateDirectory,
      },
      harness,
    );
    const { plan, contract, history } = run;
    return { name: `${client} with ${struck?.fault.kind ?? "no fault"}`, input: { plan, contract, history } };
  } finally {
    rmSync(stateDirectory, { recursive: true, force: true });
  }
}

const PREFIXES = 8;
const SCATTERED = 6;

/** What may become of a history: cut off anywhere, with events that nobody saw, or that came in another order. */
export function distorted({ name, input }: SampleRecord): readonly SampleRecord[] {
  const { history } = input;
  const as = (what: string, events: readonly HistoryEvent[]): SampleRecord => ({
    name: `${name}, ${what}`,
    input: { ...input, history: events },
  });
  const length = history.length;
  const steps = Array.from({ length: PREFIXES }, (_, index) => Math.floor((length * (index + 1)) / (PREFIXES + 1)));
  const random = createRandom(7, name);
  return [
    as("without an event", []),
    ...steps.map((size) => as(`the first ${size} events`, history.slice(0, size))),
    ...steps.map((size) => as(`without the first ${size} events`, history.slice(size))),
    ...[...new Set(history.map(({ kind }) => kind))].map((kind) =>
      as(
        `without ${kind}`,
        history.filter((event) => event.kind !== kind),
      ),
    ),
    ...Array.from({ length: SCATTERED }, (_, index) =>
      as(
        `scattered ${index}`,
        history.filter(() => random.ratio() < 0.7),
      ),
    ),
    as("shuffled", shuffled(history, random)),
  ];
}

/** The same events in another order, numbered anew. */
function shuffled(history: readonly HistoryEvent[], random: Random): readonly HistoryEvent[] {
  const left = [...history];
  const order: HistoryEvent[] = [];
  while (left.length > 0) order.push(...left.splice(random.integer(0, Math.min(left.length - 1, 5)), 1));
  return order.map((event, sequence) => ({ ...event, sequence }));
}
