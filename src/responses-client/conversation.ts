import { type FunctionCallItem, isFunctionCall, type Item } from "../protocol/items.ts";
import type { Journal, JournalEntry } from "./journal.ts";

/** The history of a session: every item once, in order, and written to the journal before it counts. */
export type Conversation = {
  readonly history: readonly Item[];
  addUserMessage(text: string): void;
  addResponse(response: { readonly responseId?: string; readonly items: readonly Item[] }): void;
  /** What this very call, by id, name and arguments, was answered with before; undefined where it was not. */
  recordedOutput(call: FunctionCallItem): string | undefined;
  /** Notes that a tool is about to start. */
  addIntent(call: FunctionCallItem): void;
  /** Answers a call. A call that nobody asked, or that has its answer, is left alone. */
  addOutput(call: FunctionCallItem, output: string): void;
  /** Answers each call that still has no output, so that the next create is paired (INV-04, INV-07). */
  closeOpenCalls(): void;
};

type OpenCall = {
  readonly call: FunctionCallItem;
  readonly responseId?: string;
  /** `interrupted`: started by a process that has ended since. */
  state: "announced" | "started" | "interrupted";
};

const ANSWERS: Readonly<Record<OpenCall["state"], string>> = {
  announced: "aborted: the turn ended before this tool was started",
  started: "aborted: the turn ended while this tool was running; it may or may not have had its effect",
  interrupted: "unknown: the process ended while this tool was running; it may or may not have had its effect",
};

/** Opens the conversation that a journal holds; an empty journal holds a new one. */
export function openConversation(journal: Journal): Conversation {
  const history: Item[] = [];
  const outputs = new Map<string, string>();
  const open = new Map<string, OpenCall>();

  function apply(entry: JournalEntry): void {
    switch (entry.kind) {
      case "message":
        history.push(entry.item);
        return;
      case "response":
        history.push(...entry.items);
        for (const call of entry.items.filter(isFunctionCall)) {
          const { responseId } = entry;
          open.set(call.call_id, { call, state: "announced", ...(responseId === undefined ? {} : { responseId }) });
        }
        return;
      case "intent": {
        const asked = open.get(entry.callId);
        if (asked !== undefined) asked.state = "started";
        return;
      }
      case "output": {
        const asked = open.get(entry.callId);
        if (asked === undefined) return;
        open.delete(entry.callId);
        outputs.set(keyOf(asked.call), entry.output);
        history.push({ type: "function_call_output", call_id: entry.callId, output: entry.output });
      }
    }
  }

  function append(entry: JournalEntry): void {
    journal.append(entry);
    apply(entry);
  }

  for (const entry of journal.read()) apply(entry);
  for (const asked of open.values()) if (asked.state === "started") asked.state = "interrupted";

  return {
    history,
    addUserMessage: (text) => append({ kind: "message", item: { type: "message", role: "user", content: text } }),
    addResponse: (response) => append({ kind: "response", ...response }),
    recordedOutput: (call) => outputs.get(keyOf(call)),
    addIntent(call) {
      const responseId = open.get(call.call_id)?.responseId;
      const asked = { callId: call.call_id, name: call.name, arguments: call.arguments };
      append({ kind: "intent", ...(responseId === undefined ? {} : { responseId }), ...asked });
    },
    addOutput(call, output) {
      if (open.has(call.call_id)) append({ kind: "output", callId: call.call_id, output });
    },
    closeOpenCalls() {
      for (const { call, state } of open.values()) {
        append({ kind: "output", callId: call.call_id, output: ANSWERS[state] });
      }
    },
  };
}

/** An id alone does not make two calls the same: some servers count ids from one in each turn (INV-09). */
function keyOf(call: FunctionCallItem): string {
  return JSON.stringify([call.call_id, call.name, call.arguments]);
}
