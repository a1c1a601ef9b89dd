import type { ObservedCreate } from "../history/creates.ts";
import type { ObservedResponse } from "../history/responses.ts";
import type { Item } from "../protocol/items.ts";
import type { CallsMade } from "./calls-made.ts";

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

/** Reads the pairs of creates, which are to be asked for in the order in which they were sent. */
export type PairingReader = {
  /**
   * What is wrong with the effective input of a create: the first problem of each kind. Where its previous response is
   * not known, the input alone is looked at, and an output may then have its call elsewhere.
   */
  problemsOf(create: ObservedCreate): readonly PairingProblem[];
};

/**
 * Opens a reader over all sessions.
 *
 * It remembers what a chain holds, so that a create costs what it adds and not what is before it. Calls that a fault
 * forged are left out: no answer to them is right.
 */
export function createPairingReader(made: CallsMade): PairingReader {
  const sessions = new Map<number, { readonly fold: PairFold; readonly marks: Map<string, number> }>();

  function enter(session: number, parent: ObservedResponse | undefined): PairFold {
    const known = sessions.get(session);
    const mark = parent === undefined ? undefined : known?.marks.get(parent.id);
    if (known !== undefined && mark !== undefined && known.fold.depth() >= mark) {
      known.fold.rewind(mark);
      return known.fold;
    }
    const fold = createPairFold({
      timesMade: (callId) => made.timesMade(session, callId),
      isIgnored: (callId) => made.isForged(session, callId),
    });
    sessions.set(session, { fold, marks: new Map() });
    if (parent !== undefined) take(fold, parent, parent.effectiveInput);
    return fold;
  }

  function take(fold: PairFold, response: ObservedResponse, input: readonly Item[]): void {
    fold.take(input);
    fold.take(response.output.map(({ item }) => item));
    sessions.get(response.session)?.marks.set(response.id, fold.depth());
  }

  return {
    problemsOf({ session, parent, input, response }) {
      const fold = enter(session, parent);
      const before = fold.depth();
      fold.take(input);
      const problems = fold.problems();
      // What the response says belongs to what comes behind it. The items of a refused create are nowhere.
      fold.rewind(before);
      if (response !== undefined) take(fold, response, input);
      return problems;
    },
  };
}

/** What is wrong with these items, standing alone: the first problem of each kind. */
export function pairingProblems(
  items: readonly Item[],
  timesMade: (callId: string) => number,
): readonly PairingProblem[] {
  const fold = createPairFold({ timesMade, isIgnored: () => false });
  fold.take(items);
  return fold.problems();
}

/** The pairs of a list of items that grows at its end, and is taken back to where it was. */
type PairFold = {
  take(items: readonly Item[]): void;
  problems(): readonly PairingProblem[];
  /** How many changes have been made; `rewind` goes back to that. */
  depth(): number;
  rewind(depth: number): void;
};

type Pair = { calls: number; outputs: number };

type PairFoldOptions = {
  /** How often the model made a call of this id: some servers count their ids from one in each turn. 0: not known. */
  readonly timesMade: (callId: string) => number;
  readonly isIgnored: (callId: string) => boolean;
};

function createPairFold({ timesMade, isIgnored }: PairFoldOptions): PairFold {
  const pairs = new Map<string, Pair>();
  const ids = new Set<string>();
  const open = new Map<string, string>();
  const first = new Map<PairingProblem["kind"], PairingProblem>();
  const undo: (() => void)[] = [];

  function report(problem: PairingProblem): void {
    if (first.has(problem.kind)) return;
    first.set(problem.kind, problem);
    undo.push(() => first.delete(problem.kind));
  }

  function takeId(id: string): void {
    if (ids.has(id)) return report({ kind: "second-item", id });
    ids.add(id);
    undo.push(() => ids.delete(id));
  }

  function count(pair: Pair, half: Half, by: 1 | -1): void {
    if (half.isOutput) pair.outputs += by;
    else pair.calls += by;
    if (pair.outputs < pair.calls) open.set(half.key, half.callId);
    else open.delete(half.key);
  }

  function takeHalf(half: Half): void {
    const pair = pairs.get(half.key) ?? { calls: 0, outputs: 0 };
    pairs.set(half.key, pair);
    const id = half.callId;
    if (half.isOutput && pair.outputs >= pair.calls) {
      return report({ kind: pair.calls === 0 ? "orphan-output" : "second-output", id });
    }
    const made = half.isOutput ? 0 : timesMade(id);
    if (made > 0 && pair.calls >= made) return report({ kind: "second-call", id });
    count(pair, half, 1);
    undo.push(() => count(pair, half, -1));
  }

  return {
    depth: () => undo.length,
    take(items) {
      for (const item of items) {
        if ("id" in item && typeof item.id === "string" && item.type !== "item_reference") takeId(item.id);
        const half = halfOf(item);
        if (half !== undefined && !isIgnored(half.callId)) takeHalf(half);
      }
    },
    problems() {
      const [openCall] = open.values();
      return [...first.values(), ...(openCall === undefined ? [] : [{ kind: "open-call", id: openCall } as const])];
    },
    rewind(depth) {
      while (undo.length > depth) undo.pop()?.();
    },
  };
}

/** A call, or its output, by the kind of the call: `function_call` and `function_call_output` are two halves. */
type Half = { readonly key: string; readonly callId: string; readonly isOutput: boolean };

const CALL = "_call";
const OUTPUT = "_call_output";

function halfOf(item: Item): Half | undefined {
  if (!("call_id" in item) || typeof item.call_id !== "string") return undefined;
  const isOutput = item.type.endsWith(OUTPUT);
  if (!isOutput && !item.type.endsWith(CALL)) return undefined;
  const kind = isOutput ? item.type.slice(0, CALL.length - OUTPUT.length) : item.type;
  return { key: `${kind}/${item.call_id}`, callId: item.call_id, isOutput };
}
