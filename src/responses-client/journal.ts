import assert from "node:assert/strict";
import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";

import { HarnessError, messageOf } from "../errors.ts";
import { isFunctionCall, type Item, itemsOfInput } from "../protocol/items.ts";
import { isJsonObject, type JsonObject, parseJsonObject, textMember } from "../protocol/json.ts";

/**
 * What a session must not forget, in the order in which it happened (protocol.md §6.9, INV-44).
 *
 * `message`: what the user said. `response`: what a completed response brought. `intent`: a tool is about to start.
 * `output`: what a call is answered with. `turn-ended`: the caller is about to be told how the turn went. A call with
 * an intent and no output may or may not have had its effect; a message whose turn did not end belongs to a process
 * that was killed.
 */
export type JournalEntry =
  | { readonly kind: "message"; readonly item: Item }
  | { readonly kind: "response"; readonly responseId?: string; readonly items: readonly Item[] }
  | {
      readonly kind: "intent";
      readonly responseId?: string;
      readonly callId: string;
      readonly name: string;
      readonly arguments: string;
    }
  | { readonly kind: "output"; readonly callId: string; readonly output: string }
  | { readonly kind: "turn-ended" };

/** Keeps entries. Everything is synchronous: when `append` returns, the entry survives a kill of the process. */
export type Journal = {
  /** All entries, oldest first; those of earlier processes too. */
  read(): readonly JournalEntry[];
  /** @throws HarnessError `HARNESS_UNWRITABLE_FILE` */
  append(entry: JournalEntry): void;
  /** Appending afterwards is an error of the caller. Closing twice does nothing. */
  close(): void;
};

/** A journal that lasts as long as the process; hand the same one to a second session to continue the first. */
export function createMemoryJournal(): Journal {
  const entries: JournalEntry[] = [];
  return { read: () => [...entries], append: (entry) => void entries.push(entry), close: () => undefined };
}

/**
 * A journal in a file, one JSON object per line, synced after each.
 *
 * A last line without its end was torn by a kill while it was written: it is cut off. One process at a time.
 *
 * @throws HarnessError `HARNESS_UNWRITABLE_FILE`, or `HARNESS_UNREADABLE_FILE` where a whole line is no entry
 */
export function openFileJournal(path: string): Journal {
  const { descriptor, text } = openAndRead(path);
  const wholeText = text.slice(0, text.lastIndexOf("\n") + 1);
  if (wholeText !== text) ftruncateSync(descriptor, Buffer.byteLength(wholeText));
  const entries = wholeText
    .split("\n")
    .slice(0, -1)
    .map((line, index) => parseEntry(line, { path, index }));
  let isOpen = true;
  return {
    read: () => [...entries],
    append(entry) {
      assert(isOpen, "append to a closed journal");
      writeLine(descriptor, path, `${JSON.stringify(entry)}\n`);
      entries.push(entry);
    },
    close() {
      if (isOpen) closeSync(descriptor);
      isOpen = false;
    },
  };
}

function openAndRead(path: string): { descriptor: number; text: string } {
  try {
    const text = existsSync(path) ? readFileSync(path, "utf8") : "";
    return { descriptor: openSync(path, "a"), text };
  } catch (error) {
    throw unwritable(path, error);
  }
}

function writeLine(descriptor: number, path: string, line: string): void {
  const bytes = Buffer.from(line);
  try {
    // Each round writes at least one byte or throws, so the loop is bounded by the length.
    for (let offset = 0; offset < bytes.length;) offset += writeSync(descriptor, bytes, offset);
    fsyncSync(descriptor);
  } catch (error) {
    throw unwritable(path, error);
  }
}

function unwritable(path: string, error: unknown): HarnessError {
  return new HarnessError(
    "HARNESS_UNWRITABLE_FILE",
    `The journal ${path} cannot be written: ${messageOf(error)}. Free space or choose another path.`,
    { cause: error, details: { path } },
  );
}

function parseEntry(line: string, place: { path: string; index: number }): JournalEntry {
  const entry = entryOf(parseJsonObject(line) ?? {});
  if (entry !== undefined) return entry;
  throw new HarnessError(
    "HARNESS_UNREADABLE_FILE",
    `Line ${place.index + 1} of the journal ${place.path} is no journal entry. Move the file away to begin anew.`,
    { details: place },
  );
}

function entryOf(value: JsonObject): JournalEntry | undefined {
  const responseId = textMember(value, "responseId");
  const named = responseId === undefined ? {} : { responseId };
  switch (value["kind"]) {
    case "message":
      return isJsonObject(value["item"])
        ? itemsOfInput([value["item"]]).map((item): JournalEntry => ({ kind: "message", item }))[0]
        : undefined;
    case "response":
      return { kind: "response", ...named, items: itemsOfInput(value["items"]) };
    case "intent": {
      const call = itemsOfInput([{ ...value, type: "function_call", call_id: value["callId"] }]).find(isFunctionCall);
      if (call === undefined) return undefined;
      return { kind: "intent", ...named, callId: call.call_id, name: call.name, arguments: call.arguments };
    }
    case "output": {
      const callId = textMember(value, "callId");
      const output = textMember(value, "output");
      return callId === undefined || output === undefined ? undefined : { kind: "output", callId, output };
    }
    case "turn-ended":
      return { kind: "turn-ended" };
    default:
      return undefined;
  }
}
