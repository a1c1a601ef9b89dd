import { type FunctionCallItem, isFunctionCall, isMessage, type Item } from "../protocol/items.ts";
import { applyEntry, callKey, createConversationState, type OpenCall } from "./conversation-state.ts";
import type { Journal, JournalEntry } from "./journal.ts";

/** The history of a session: every item once, in order, and written to the journal before it counts. */
export type Conversation = {
  readonly history: readonly Item[];
  /**
   * Begins a turn: answers each call that still has no output, so that the next create is paired (INV-04, INV-07), and
   * adds what the user says. A turn that an earlier process did not end goes on when the user says the same again; if
   * only its end was not noted, the items of its last response come back.
   */
  beginTurn(userText: string): readonly Item[] | undefined;
  /** The caller knows how the turn went. */
  endTurn(): void;
  addResponse(response: { readonly responseId?: string; readonly items: readonly Item[] }): void;
  /** What this very call, by id, name and arguments, was answered with before; undefined where it was not. */
  recordedOutput(call: FunctionCallItem): string | undefined;
  /** Notes that a tool is about to start. */
  addIntent(call: FunctionCallItem): void;
  /** Answers a call. A call that nobody asked, or that has its answer, is left alone. */
  addOutput(call: FunctionCallItem, output: string): void;
};

const ANSWERS: Readonly<Record<OpenCall["progress"], string>> = {
  announced: "aborted: the turn ended before this tool was started",
  started: "aborted: the turn ended while this tool was running; it may or may not have had its effect",
  interrupted: "unknown: the process ended while this tool was running; it may or may not have had its effect",
};

/** Opens the conversation that a journal holds; an empty journal holds a new one. */
export function openConversation(journal: Journal): Conversation {
  const state = createConversationState();
  for (const entry of journal.read()) applyEntry(state, entry);
  for (const asked of state.openCalls.values()) if (asked.progress === "started") asked.progress = "interrupted";

  function append(entry: JournalEntry): void {
    journal.append(entry);
    applyEntry(state, entry);
  }

  return {
    history: state.history,
    beginTurn(userText) {
      for (const { call, progress } of state.openCalls.values()) {
        append({ kind: "output", callId: call.call_id, output: ANSWERS[progress] });
      }
      if (state.turn === undefined || !isUserMessage(state.turn.message, userText)) {
        append({ kind: "message", item: { type: "message", role: "user", content: userText } });
      }
      const items = state.turn?.lastResponse;
      return items?.some(isFunctionCall) === false ? items : undefined;
    },
    endTurn: () => append({ kind: "turn-ended" }),
    addResponse: (response) => append({ kind: "response", ...response }),
    recordedOutput: (call) => state.outputs.get(callKey(call)),
    addIntent(call) {
      const responseId = state.openCalls.get(call.call_id)?.responseId;
      const asked = { callId: call.call_id, name: call.name, arguments: call.arguments };
      append({ kind: "intent", ...(responseId === undefined ? {} : { responseId }), ...asked });
    },
    addOutput(call, output) {
      if (state.openCalls.has(call.call_id)) append({ kind: "output", callId: call.call_id, output });
    },
  };
}

function isUserMessage(item: Item, text: string): boolean {
  return isMessage(item) && item.role === "user" && item.content === text;
}
