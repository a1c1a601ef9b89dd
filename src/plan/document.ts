import type { z } from "zod";

import { HarnessError, type HarnessErrorCode, messageOf } from "../errors.ts";

/** Something wrong in a document: where, and what. `path` is `"faults[0].when.at"`, or `""` for the whole. */
export type DocumentProblem = { readonly path: string; readonly message: string };

/** How a document is called in messages, and which code a refusal has. */
export type DocumentNaming = { readonly what: string; readonly source: string; readonly code: HarnessErrorCode };

/**
 * Reads JSON text into a value of a known shape.
 *
 * @throws HarnessError `HARNESS_UNREADABLE_FILE` where the text is not JSON (with line and column), and the naming's
 * code where it has another shape; then `details.problems` holds every problem, each with its path.
 */
export function parseDocument<Value>(text: string, schema: z.ZodType<Value>, naming: DocumentNaming): Value {
  return checkDocument(parseJson(text, naming), schema, naming);
}

/** The same for data that is already parsed. */
export function checkDocument<Value>(data: unknown, schema: z.ZodType<Value>, naming: DocumentNaming): Value {
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

function parseJson(text: string, naming: DocumentNaming): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const position = /position (\d+)/.exec(messageOf(error))?.[1];
    const before = text.slice(0, Number(position ?? text.length));
    const line = before.split("\n").length;
    const column = before.length - before.lastIndexOf("\n");
    throw new HarnessError(
      "HARNESS_UNREADABLE_FILE",
      `${naming.source}:${line}:${column} is not JSON (${messageOf(error)}). A ${naming.what} is expected.`,
      { details: { source: naming.source, line, column }, cause: error },
    );
  }
}

function problemsOf(issue: z.core.$ZodIssue, prefix: readonly PropertyKey[]): DocumentProblem[] {
  const path = [...prefix, ...issue.path];
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    // Of the shapes that were possible, the one that came closest says best what is wrong.
    const closest = issue.errors.toSorted((left, right) => left.length - right.length)[0] ?? [];
    if (closest.some((inner) => inner.path.length > 0)) {
      return closest.flatMap((inner) => problemsOf(inner, path));
    }
  }
  return [{ path: printPath(path), message: issue.message }];
}

function printPath(path: readonly PropertyKey[]): string {
  return path
    .map((key, index) => (typeof key === "number" ? `[${key}]` : `${index === 0 ? "" : "."}${String(key)}`))
    .join("");
}
