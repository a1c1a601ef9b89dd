import type { HistoryEvent } from "../history/event.ts";
import type { ObservedTurn } from "../history/turns.ts";
import { type Item, isMessage, messageText } from "../protocol/items.ts";

/** A part of a conversation that must not get lost. */
export type ContextPart = {
  /** In words, for a report. */
  readonly what: string;
  /** The event that shows that the client had it. */
  readonly event: HistoryEvent;
  /** How often it stands there with the same text. */
  readonly times: number;
  /** Index of the turn whose text it is. */
  readonly turn?: number;
  /** Of a call, and of its output. */
  readonly callId?: string;
  /** Of a message. */
  readonly text?: string;
};

/** Recognises the parts of one session. */
export type PartReader = {
  /** The parts that stand in these items, each by a key that is the same wherever the part stands. */
  partsOf(items: readonly Item[], event: HistoryEvent): ReadonlyMap<string, ContextPart>;
};

/**
 * Opens a reader for a session.
 *
 * Known are what the user said in a turn, what the model said, calls, and outputs. A client may wrap what the user said
 * in words of its own; other messages, and items of other kinds, are its own business.
 */
export function createPartReader(turns: readonly ObservedTurn[]): PartReader {
  const turnOfText = new Map<string, number | undefined>();
  const findTurn = (text: string): number | undefined => {
    if (!turnOfText.has(text))
      turnOfText.set(text, turns.findLast(({ started }) => text.includes(started.userText))?.turn);
    return turnOfText.get(text);
  };

  return {
    partsOf(items, event) {
      const parts = new Map<string, ContextPart>();
      for (const item of items) {
        const found = partOf(item, findTurn);
        if (found === undefined) continue;
        const { key, ...part } = found;
        const known = parts.get(key);
        const times = known === undefined || known.text !== part.text ? 0 : known.times;
        parts.set(key, { ...part, event, times: times + 1 });
      }
      return parts;
    },
  };
}

type FoundPart = Omit<ContextPart, "event" | "times"> & { readonly key: string };

function partOf(item: Item, findTurn: (text: string) => number | undefined): FoundPart | undefined {
  if ("call_id" in item && typeof item.call_id === "string") {
    const isOutput = item.type.endsWith("_call_output");
    if (!isOutput && !item.type.endsWith("_call")) return undefined;
    const what = isOutput ? `the output of call ${item.call_id}` : `call ${item.call_id}`;
    return { key: `${item.type}/${item.call_id}`, what, callId: item.call_id };
  }
  if (!isMessage(item)) return undefined;
  const text = messageText(item);
  if (item.role === "assistant") {
    return text.trim() === ""
      ? undefined
      : { key: `said/${text}`, what: `the model's answer "${shortened(text)}"`, text };
  }
  const turn = item.role === "user" ? findTurn(text) : undefined;
  return turn === undefined
    ? undefined
    : { key: `turn/${turn}`, what: `what the user said in turn ${turn}`, turn, text };
}

function shortened(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 40)}…`;
}
