import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createHarness,
  createMemoryHistorySink,
  type HistoryEvent,
  type Plan,
  runAndJudge,
  type Scenario,
} from "cutwire";
import { afterAll, describe, expect, it } from "vitest";

/** What a run left behind, for a checker that is too eager. */
type Record = { readonly plan: Plan; readonly history: readonly HistoryEvent[] };

/**
 * Something that is right and looks wrong (failures.md §4), the scenario in which it happens, and a checker that is too
 * eager: where that one sees nothing, the scenario shows nothing either.
 */
type Guard = {
  readonly guard: string;
  readonly scenario: string;
  readonly client: string;
  readonly tooEager: (record: Record) => boolean;
};

const TWO_LANES = new URL("./clients/two-lanes.js", import.meta.url).href;
const ONE_SHOT = new URL("./clients/one-shot.js", import.meta.url).href;

/*
 * Two guards are no matter of a scenario, because a scripted model says the same to the same input, and a turn is cancelled
 * only when it is overdue: another text after a retry, and the synthetic output after a cancelled turn. The tests of the
 * checkers have them as histories (attempts-isolated, calls-are-paired).
 */
const GUARDS: readonly Guard[] = [
  {
    guard: "a whole history, sent again with calls that were answered",
    scenario: "whole-history-again",
    client: "reference",
    tooEager: (record) => {
      const sent = createsOf(record).flatMap((create) => create.input.filter(isOutput).map(({ call_id: id }) => id));
      return new Set(sent).size < sent.length;
    },
  },
  {
    guard: "one create more behind an ambiguous send",
    scenario: "rst-after-output-sent",
    client: "reference",
    tooEager: (record) => createsOf(record).filter(({ input }) => isOutput(input.at(-1))).length > 1,
  },
  {
    guard: "an action that the model repeats knowingly",
    scenario: "knowing-repetition",
    client: "reference",
    tooEager: ({ plan, history }) => {
      const argumentsOf = new Map(
        plan.workload.sessions.flatMap(({ turns }) =>
          turns.flatMap(({ script }) =>
            script.steps.flatMap(({ calls = [] }) =>
              calls.map((call) => [call.operation, JSON.stringify(call.arguments)] as const),
            ),
          ),
        ),
      );
      const effects = history.flatMap((event) =>
        event.kind === "tool-effect" ? [argumentsOf.get(event.operation ?? "")] : [],
      );
      return new Set(effects).size < effects.length;
    },
  },
  {
    guard: "a saw-tooth in the backoff, as the policy says",
    scenario: "backoff-begins-afresh",
    client: "reference",
    tooEager: ({ history }) => {
      const dialsMs = history.flatMap((event) => (event.kind === "dialled" ? [event.atMs] : []));
      const waits = dialsMs.slice(1).map((atMs, index) => atMs - (dialsMs[index] ?? atMs));
      // Equal jitter halves a wait at most, so what falls further has begun again.
      return waits.some((wait, index) => wait < (waits[index - 1] ?? 0) / 3);
    },
  },
  {
    guard: "two responses in flight on two lanes",
    scenario: "rst-mid-text",
    client: TWO_LANES,
    tooEager: ({ history }) => {
      let running = 0;
      return history.some((event) => {
        if (event.source !== "client-face" || event.kind !== "message") return false;
        if (event.type === "response.create") running += 1;
        if (event.type === "response.completed") running -= 1;
        return running > 1;
      });
    },
  },
  {
    guard: "no second attempt behind visible text, but an error and a session that goes on",
    scenario: "fin-mid-text",
    client: ONE_SHOT,
    tooEager: ({ history }) => history.some((event) => event.kind === "turn-ended" && event.outcome === "failed"),
  },
];

type Item = { readonly type?: unknown; readonly call_id?: unknown };

function createsOf({ history }: Record): readonly { readonly input: readonly Item[] }[] {
  return history.flatMap((event) => {
    if (event.source !== "client-face" || event.kind !== "message" || event.type !== "response.create") return [];
    const input = event.body?.["input"];
    return Array.isArray(input) ? [{ input: input as readonly Item[] }] : [];
  });
}

function isOutput(item: Item | undefined): item is Item {
  return item?.type === "function_call_output";
}

const harness = createHarness();
const directory = mkdtempSync(join(tmpdir(), "cutwire-guards-"));
afterAll(() => rmSync(directory, { recursive: true }));

/** A busy machine may leave something undecided; so often it is tried again. */
const TRIES_MAX = 4;

describe("what is right and looks wrong", () => {
  it.each(GUARDS)("raises no alarm, though a checker that is too eager would: $guard", async (of) => {
    const { plan } = JSON.parse(readFileSync(new URL(`${of.scenario}.json`, import.meta.url), "utf8")) as Scenario;
    const once = async (): Promise<{ readonly doubts: readonly string[]; readonly isSeen: boolean }> => {
      const { verdicts, faults, record } = await runAndJudge(
        {
          plan,
          module: harness.clients.get(of.client) ?? of.client,
          backend: "embedded",
          target: "reference",
          sink: createMemoryHistorySink(),
          stateDirectory: mkdtempSync(join(directory, "state-")),
        },
        harness,
      );
      expect(verdicts.filter(({ outcome }) => outcome === "violated")).toEqual([]);
      const doubts = [
        ...faults.filter(({ state }) => state !== "fired").map(({ id }) => id),
        ...verdicts.filter(({ outcome }) => outcome === "unknown").map(({ rule }) => rule),
      ];
      return { doubts, isSeen: of.tooEager(record) };
    };
    let last = await once();
    for (let left = TRIES_MAX - 1; left > 0 && last.doubts.length > 0; left -= 1) last = await once();
    expect(last).toEqual({ doubts: [], isSeen: true });
  });
});
