import { resolve } from "node:path";

import { z } from "zod";

import { HarnessError } from "../errors.ts";
import { parseDocument } from "../plan/document.ts";
import { isJsonObject } from "../protocol/json.ts";
import type { SessionScript } from "../protocol/model-script.ts";
import { parseScriptFile, type ScriptFile, scriptOfFile } from "../responses-server/index.ts";
import { DEFAULT_SCRIPT } from "./default-script.ts";
import { readTextFile } from "../suite/files.ts";

/** Who is answered with what. */
export type Conversations = {
  /** The conversation of a key; undefined where the key is refused. */
  readonly scriptOf: (apiKey: string) => SessionScript | undefined;
  /** Whether every key has one. */
  readonly isOpenToAll: boolean;
};

/** What was asked for: a script file, relative to the directory, and the only keys that are accepted. */
export type ConversationsWanted = {
  readonly file: string | undefined;
  readonly directory: string;
  readonly apiKeys: readonly string[];
};

/**
 * Decides which key gets which conversation. No message contains a key, because keys are secrets in other places.
 *
 * @throws HarnessError `HARNESS_UNREADABLE_FILE`; `HARNESS_INVALID_SCRIPT` with every problem and its path;
 * `HARNESS_INVALID_OPTION` where a key that is to be accepted would be unknown to the script
 */
export function openConversations({ file, directory, apiKeys }: ConversationsWanted): Conversations {
  const script: ScriptFile =
    file === undefined
      ? { formatVersion: 1, anyKey: DEFAULT_SCRIPT }
      : readScript(readTextFile(resolve(directory, file)), file);
  const inFile = scriptOfFile(script);
  for (const [index, apiKey] of apiKeys.entries()) {
    if (apiKey === "") throw new HarnessError("HARNESS_INVALID_OPTION", "--api-key: a key is expected.");
    if (inFile(apiKey) !== undefined) continue;
    const message = `${file ?? "The script"} has no conversation for --api-key number ${index + 1}, and none for "anyKey". Add one of both.`;
    throw new HarnessError("HARNESS_INVALID_OPTION", message, { details: { index } });
  }
  const accepted = new Set(apiKeys);
  const isRestricted = accepted.size > 0;
  return {
    scriptOf: (apiKey) => (isRestricted && !accepted.has(apiKey) ? undefined : inFile(apiKey)),
    isOpenToAll: !isRestricted && script.anyKey !== undefined,
  };
}

function readScript(text: string, source: string): ScriptFile {
  const keys = conversationKeysOf(text, source);
  try {
    return parseScriptFile(text);
  } catch (error) {
    if (!(error instanceof HarnessError)) throw error;
    throw new HarnessError(error.code, describe(error, source, keys), { details: { source } });
  }
}

/** The keys that a script file names, in its order. The message of `JSON.parse` quotes the file, so it is left out. */
function conversationKeysOf(text: string, source: string): readonly string[] {
  try {
    const content = parseDocument(text, z.unknown(), { what: "script", source, code: "HARNESS_INVALID_SCRIPT" });
    const conversations = isJsonObject(content) ? content["conversations"] : undefined;
    return isJsonObject(conversations) ? Object.keys(conversations) : [];
  } catch (error) {
    if (!(error instanceof HarnessError)) throw error;
    const { line, column } = error.details;
    if (typeof line !== "number" || typeof column !== "number") throw error;
    throw new HarnessError(
      "HARNESS_UNREADABLE_FILE",
      `${source}:${line}:${column} is not JSON. A script is expected; "cutwire serve --help" shows one.`,
      { details: error.details },
    );
  }
}

function describe(error: HarnessError, source: string, keys: readonly string[]): string {
  const problems = ProblemsSchema.safeParse(error.details["problems"]);
  if (!problems.success) return `${source}: ${error.message}`;
  const lines = problems.data.map(({ path, message }) => `  ${withoutKey(path, keys)}: ${message}`);
  const count = lines.length === 1 ? "one problem" : `${lines.length} problems`;
  return `${source} is not a script that can be played; ${count}:\n${lines.join("\n")}`;
}

const ProblemsSchema = z.array(z.object({ path: z.string(), message: z.string() })).min(1);

const CONVERSATIONS = "conversations.";

/** A path with the place of a key in the file instead of the key: `conversations.(key 2).turns.0.userText`. */
function withoutKey(path: string, keys: readonly string[]): string {
  if (path === "") return "(the whole)";
  if (!path.startsWith(CONVERSATIONS)) return path;
  const rest = path.slice(CONVERSATIONS.length);
  // A key may contain dots, so that of two that fit the longer one is meant.
  const [key] = keys
    .filter((one) => rest === one || rest.startsWith(`${one}.`))
    .toSorted((one, other) => other.length - one.length);
  if (key === undefined) return "conversations";
  return `${CONVERSATIONS}(key ${keys.indexOf(key) + 1})${rest.slice(key.length)}`;
}
