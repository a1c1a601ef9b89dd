import { type FunctionCallItem, isFunctionCall, type Item } from "../protocol/items.ts";
import type { JournalEntry } from "./journal.ts";

/** A call that has no output yet. */
export type OpenCall = {
  readonly call: FunctionCallItem;
  readonly responseId?: string;
  /** `interrupted`: started by a process that has ended since. */
  progress: "announced" | "started" | "interrupted";
};

/** What the entries of a journal amount to. */
export type ConversationState = {
  readonly history: Item[];
  /** Outputs by {@link callKey}. */
  readonly outputs: Map<string, string>;
  /** By `call_id`, in the order in which they were asked. */
  readonly openCalls: Map<string, OpenCall>;
  /** The turn that has begun and not ended. */
  turn: { readonly message: Item; lastResponse?: readonly Item[] } | undefined;
};

/** The state before the first entry. */
export function createConversationState(): ConversationState {
  return { history: [], outputs: new Map(), openCalls: new Map(), turn: undefined };
}

/** Takes one more entry. An output that no open call waits for changes nothing. */
export function applyEntry(state: ConversationState, entry: JournalEntry): void {
  const { history, outputs, openCalls } = state;
  switch (entry.kind) {
    case "message":
      history.push(entry.item);
      state.turn = { message: entry.item };
      return;
    case "turn-ended":
      state.turn = undefined;
      return;
    case "response": {
      const { responseId } = entry;
      history.push(...entry.items);
      if (state.turn !== undefined) state.turn.lastResponse = entry.items;
      for (const call of entry.items.filter(isFunctionCall)) {
        openCalls.set(call.call_id, {
          call,
          progress: "announced",
          ...(responseId === undefined ? {} : { responseId }),
        });
      }
      return;
    }
    case "intent": {
      const asked = openCalls.get(entry.callId);
      if (asked !== undefined) asked.progress = "started";
      return;
    }
    case "output": {
      const asked = openCalls.get(entry.callId);
      if (asked === undefined) return;
      openCalls.delete(entry.callId);
      outputs.set(callKey(asked.call), entry.output);
      history.push({ type: "function_call_output", call_id: entry.callId, output: entry.output });
    }
  }
}

/** What makes two calls the same. An id alone does not: some servers count ids from one in each turn (INV-09). */
export function callKey(call: FunctionCallItem): string {
  return JSON.stringify([call.call_id, call.name, call.arguments]);
}
