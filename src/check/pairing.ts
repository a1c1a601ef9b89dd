import type { Item } from "../protocol/items.ts";

/** What is wrong with the calls and outputs of an effective input. */
export type PairingProblem = {
  /**
   * `open-call`: no output behind it. `orphan-output`: no call before it. `second-output`: its call was answered
   * already. `second-call`: it stands there more often than it was made. `second-item`: its item id stands twice.
   */
  readonly kind: "open-call" | "orphan-output" | "second-output" | "second-call" | "second-item";
  /** The `call_id`; the item id for `second-item`. */
  readonly id: string;
};

type Pair = { calls: number; outputs: number };

/**
 * Looks for calls and outputs that do not belong together, for every kind of call that a client answers.
 *
 * @param timesMade How often the model made a call of this id; some servers count their ids from one in each turn, and
 *   then the same id is another call (failures.md INV-09). 0: not known.
 */
export function pairingProblems(
  items: readonly Item[],
  timesMade: (callId: string) => number,
): readonly PairingProblem[] {
  const pairs = new Map<string, Pair>();
  const ids = new Set<string>();
  const problems: PairingProblem[] = [];
  for (const item of items) {
    if ("id" in item && typeof item.id === "string" && item.type !== "item_reference") {
      if (ids.has(item.id)) problems.push({ kind: "second-item", id: item.id });
      ids.add(item.id);
    }
    const problem = takeHalf(item, pairs, timesMade);
    if (problem !== undefined) problems.push(problem);
  }
  const open = [...pairs].filter(([, { calls, outputs }]) => outputs < calls);
  return [...problems, ...open.map(([key]): PairingProblem => ({ kind: "open-call", id: idOfKey(key) }))];
}

/** The calls of an effective input that have no output, by their `call_id`. */
export function openCalls(items: readonly Item[]): readonly string[] {
  return pairingProblems(items, () => 0).flatMap(({ kind, id }) => (kind === "open-call" ? [id] : []));
}

function takeHalf(
  item: Item,
  pairs: Map<string, Pair>,
  timesMade: (callId: string) => number,
): PairingProblem | undefined {
  const half = halfOf(item);
  if (half === undefined) return undefined;
  const { key, callId, isOutput } = half;
  const pair = pairs.get(key) ?? { calls: 0, outputs: 0 };
  pairs.set(key, pair);
  if (isOutput) {
    if (pair.outputs < pair.calls) pair.outputs += 1;
    else return { kind: pair.calls === 0 ? "orphan-output" : "second-output", id: callId };
    return undefined;
  }
  const made = timesMade(callId);
  if (made > 0 && pair.calls >= made) return { kind: "second-call", id: callId };
  pair.calls += 1;
  return undefined;
}

const CALL = /_call$/;
const OUTPUT = /_call_output$/;

/** A call, or its output, by the kind of the call: `function_call` and `function_call_output` are two halves. */
function halfOf(item: Item): { readonly key: string; readonly callId: string; readonly isOutput: boolean } | undefined {
  if (!("call_id" in item) || typeof item.call_id !== "string") return undefined;
  const isOutput = OUTPUT.test(item.type);
  if (!isOutput && !CALL.test(item.type)) return undefined;
  const kind = isOutput ? item.type.slice(0, -"_output".length) : item.type;
  return { key: `${kind}/${item.call_id}`, callId: item.call_id, isOutput };
}

function idOfKey(key: string): string {
  return key.slice(key.indexOf("/") + 1);
}
