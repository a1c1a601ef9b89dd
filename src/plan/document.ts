import type { z } from "zod";

import { HarnessError, type HarnessErrorCode, messageOf } from "../errors.ts";
import { isJsonObject } from "../protocol/json.ts";

/** Something wrong in a document: where, and what. `path` is `"faults[0].when.at"`, or `""` for the whole. */
export type DocumentProblem = { readonly path: string; readonly message: string };

/** How a document is called in messages, and which code a refusal has. */
export type DocumentNaming = { readonly what: string; readonly source: string; readonly code: HarnessErrorCode };

/**
 * Reads JSON text into a value of a known shape.
 *
 * @throws HarnessError `HARNESS_UNREADABLE_FILE` where the text is not JSON (with line and column) or of another format
 * version, and the naming's code where it has another shape; then `details.problems` holds every problem, each with its path.
 */
export function parseDocument<Value>(text: string, schema: z.ZodType<Value>, naming: DocumentNaming): Value {
  return checkDocument(parseJson(text, naming), schema, naming);
}

/** The same for data that is already parsed. */
export function checkDocument<Value>(data: unknown, schema: z.ZodType<Value>, naming: DocumentNaming): Value {
  refuseOtherVersion(data, naming);
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.flatMap((issue) => problemsOf(issue, []));
  const lines = problems.map(({ path, message }) => `  ${path === "" ? "(the whole)" : path}: ${message}`);
  throw new HarnessError(
    naming.code,
    `${naming.source} is not a ${naming.what}; ${problems.length === 1 ? "one problem" : `${problems.length} problems`}:\n${lines.join("\n")}`,
    { details: { source: naming.source, problems } },
  );
}

const FORMAT_VERSION = 1;

/** A file of another version may differ in anything, so only its version is told. */
function refuseOtherVersion(data: unknown, { source }: DocumentNaming): void {
  if (!isJsonObject(data) || !("formatVersion" in data)) return;
  const version = data["formatVersion"];
  if (typeof version !== "number" || version === FORMAT_VERSION) return;
  throw new HarnessError(
    "HARNESS_UNREADABLE_FILE",
    `${source} has format version ${version}, and this release reads version ${FORMAT_VERSION}. Use the release that wrote the file, or a newer one.`,
    { details: { source, version } },
  );
}

function parseJson(text: string, naming: DocumentNaming): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const before = text.slice(0, positionOfError(text));
    const line = before.split("\n").length;
    const column = before.length - before.lastIndexOf("\n");
    const why = messageOf(error).replace(/ \(line \d+ column \d+\)$/, "");
    throw new HarnessError(
      "HARNESS_UNREADABLE_FILE",
      `${naming.source}:${line}:${column} is not JSON (${why}). A ${naming.what} is expected.`,
      { details: { source: naming.source, line, column }, cause: error },
    );
  }
}

/**
 * Where a text stops being JSON, as an index; its length where it only ends too early.
 *
 * The messages of `JSON.parse` name the place for some mistakes and leave it out for others. But what stands before
 * the mistake could still become JSON, and nothing that reaches beyond it can, so the place is found by halving.
 */
function positionOfError(text: string): number {
  let good = 0;
  let bad = text.length + 1;
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (couldBecomeJson(text.slice(0, middle))) good = middle;
    else bad = middle;
  }
  return good;
}

function couldBecomeJson(prefix: string): boolean {
  try {
    JSON.parse(prefix);
    return true;
  } catch (error) {
    const message = messageOf(error);
    const position = /position (\d+)/.exec(message)?.[1];
    return message.startsWith("Unexpected end") || Number(position) >= prefix.length;
  }
}

function problemsOf(issue: z.core.$ZodIssue, prefix: readonly PropertyKey[]): DocumentProblem[] {
  const path = [...prefix, ...issue.path];
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    // Of the shapes that were possible, the one that came closest says best what is wrong.
    const alike = issue.errors.filter((errors) => !errors.some(isOfOtherKind));
    const [closest] = alike.toSorted((left, right) => left.length - right.length);
    if (closest !== undefined) return closest.flatMap((inner) => problemsOf(inner, path));
    // None did: the value as a whole is of another kind than each of them.
    const messages = [...new Set(issue.errors.flat().map(({ message }) => plainly(message)))];
    return [{ path: printPath(path), message: messages.includes(MISSING) ? MISSING : messages.join("; or ") }];
  }
  return [{ path: printPath(path), message: plainly(issue.message) }];
}

/** Whether a value is not even the kind of value that a shape describes: a text where it wants an object. */
function isOfOtherKind({ path, code }: z.core.$ZodIssue): boolean {
  return path.length === 0 && (code === "invalid_type" || code === "invalid_value");
}

const MISSING = "is missing";

function plainly(message: string): string {
  return message.endsWith("received undefined") ? MISSING : message;
}

function printPath(path: readonly PropertyKey[]): string {
  return path
    .map((key, index) => (typeof key === "number" ? `[${key}]` : `${index === 0 ? "" : "."}${String(key)}`))
    .join("");
}
