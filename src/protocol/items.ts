import { isJsonObject, type JsonObject } from "./json.ts";

/** What a user, a developer or the model said: `{"type":"message","role":"user","content":"weather?"}`. */
export type MessageItem = {
  readonly type: "message";
  readonly role: "user" | "assistant" | "system" | "developer";
  readonly content: string | readonly MessagePart[];
  readonly id?: string;
  readonly status?: "in_progress" | "completed" | "incomplete";
};

/** One part of a message: `{"type":"output_text","text":"sunny","annotations":[]}`. */
export type MessagePart = {
  readonly type: string;
  readonly text?: string;
  readonly annotations?: readonly unknown[];
  readonly logprobs?: readonly unknown[];
};

/**
 * The model asks for a tool: `{"type":"function_call","call_id":"call_1","name":"w","arguments":"{}"}`.
 *
 * `arguments` is JSON in a string. Only the item of `response.output_item.done` is final (protocol.md §3.3).
 */
export type FunctionCallItem = {
  readonly type: "function_call";
  readonly call_id: string;
  readonly name: string;
  readonly arguments: string;
  readonly id?: string;
  readonly status?: "in_progress" | "completed" | "incomplete";
};

/** The answer of a tool: `{"type":"function_call_output","call_id":"call_1","output":"sunny"}` (protocol.md §2.1). */
export type FunctionCallOutputItem = {
  readonly type: "function_call_output";
  readonly call_id: string;
  readonly output: string | readonly unknown[];
  readonly id?: string;
};

/** What the model thought: `{"type":"reasoning","id":"rs_1","summary":[]}`; the value at *done* is the one to keep. */
export type ReasoningItem = {
  readonly type: "reasoning";
  readonly id?: string;
  readonly summary: readonly { readonly type: "summary_text"; readonly text: string }[];
  readonly encrypted_content?: string | null;
  readonly status?: "in_progress" | "completed" | "incomplete";
};

/** An item of a kind that this vocabulary does not name; it is passed on unread. */
export type OtherItem = { readonly type: string; readonly [key: string]: unknown };

/** An entry of `input` or of `response.output`. */
export type Item = MessageItem | FunctionCallItem | FunctionCallOutputItem | ReasoningItem | OtherItem;

/** Whether an item asks for a function tool. */
export function isFunctionCall(item: Item): item is FunctionCallItem {
  return item.type === "function_call" && "call_id" in item && typeof item.call_id === "string";
}

/** Whether an item answers a function tool. */
export function isFunctionCallOutput(item: Item): item is FunctionCallOutputItem {
  return item.type === "function_call_output" && "call_id" in item && typeof item.call_id === "string";
}

/** Whether an item is a message; the API lets a client leave out `type` beside a role. */
export function isMessage(item: Item): item is MessageItem {
  return item.type === "message" && "role" in item;
}

/** The plain text of a message item, its parts joined. */
export function messageText(item: MessageItem): string {
  if (typeof item.content === "string") return item.content;
  return item.content.map((part) => part.text ?? "").join("");
}

/**
 * The items that an `input` stands for: a string is one user message, a message may lack its `type` (protocol.md §2.1).
 *
 * Entries that are no objects are left out; a server refuses them before it comes to this.
 */
export function itemsOfInput(input: unknown): readonly Item[] {
  if (typeof input === "string") return [{ type: "message", role: "user", content: input }];
  if (!Array.isArray(input)) return [];
  const items: Item[] = [];
  for (const entry of input as readonly unknown[]) {
    if (!isJsonObject(entry)) continue;
    if (isItem(entry)) items.push(entry);
    else items.push({ ...entry, type: "role" in entry ? "message" : "unknown" });
  }
  return items;
}

function isItem(entry: JsonObject): entry is OtherItem {
  return typeof entry["type"] === "string";
}

/** The text of an output, whether it came as a string or as parts. */
export function outputText(item: FunctionCallOutputItem): string {
  return typeof item.output === "string" ? item.output : JSON.stringify(item.output);
}
