import type { HistoryEvent } from "../history/event.ts";
import type { ObservedTurn } from "../history/turns.ts";
import { type Item, isMessage, messageText } from "../protocol/items.ts";

/** A part of a conversation that must not get lost. */
export type ContextPart = {
  readonly kind: "user-text" | "answer" | "call" | "output";
  /** The event that shows that the client had it. */
  readonly event: HistoryEvent;
  /** How often it stands there with the same text. */
  times: number;
  /** Index of the turn whose text it is. */
  readonly turn: number | undefined;
  /** Of a call, and of its output. */
  readonly callId: string | undefined;
  /** Of a message. */
  readonly text: string | undefined;
};

/** A part in words, for a report. */
export function describePart({ kind, turn, callId = "?", text = "" }: ContextPart): string {
  switch (kind) {
    case "user-text":
      return `what the user said in turn ${turn ?? "?"}`;
    case "answer":
      return `the model's answer "${text.length <= 40 ? text : `${text.slice(0, 40)}…`}"`;
    case "call":
      return `call ${callId}`;
    case "output":
      return `the output of call ${callId}`;
  }
}

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
        const found = partOf(item, { findTurn, event });
        if (found === undefined) continue;
        const known = parts.get(found.key);
        if (known === undefined || known.text !== found.part.text) parts.set(found.key, found.part);
        else known.times += 1;
      }
      return parts;
    },
  };
}

type Reading = { readonly findTurn: (text: string) => number | undefined; readonly event: HistoryEvent };

function partOf(item: Item, { findTurn, event }: Reading): { key: string; part: ContextPart } | undefined {
  const nothing = { turn: undefined, callId: undefined, text: undefined, times: 1, event };
  if ("call_id" in item && typeof item.call_id === "string") {
    const callId = item.call_id;
    const isOutput = item.type.endsWith("_call_output");
    if (!isOutput && !item.type.endsWith("_call")) return undefined;
    return { key: `${item.type}/${callId}`, part: { ...nothing, kind: isOutput ? "output" : "call", callId } };
  }
  if (!isMessage(item)) return undefined;
  const text = messageText(item);
  if (item.role === "assistant") {
    return text.trim() === "" ? undefined : { key: `said/${text}`, part: { ...nothing, kind: "answer", text } };
  }
  const turn = item.role === "user" ? findTurn(text) : undefined;
  return turn === undefined ? undefined : { key: `turn/${turn}`, part: { ...nothing, kind: "user-text", turn, text } };
}
