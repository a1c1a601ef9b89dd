import { isJsonObject, type JsonObject } from "../protocol/json.ts";
import { invalidRequest, type WireError } from "./wire-error.ts";

/** The longest output of a tool, in characters (protocol.md §2.1). */
export const OUTPUT_SIZE_MAX = 10_485_760;

const CALL_ID_SIZE_MAX = 64;
const ROLES: readonly unknown[] = ["user", "assistant", "system", "developer"];

/**
 * What is wrong with one entry of `input`, or undefined (protocol.md §2.1).
 *
 * Kinds of items that the server does not know pass: they are history that it hands on unread.
 *
 * @param place where the entry stands, for example `"input[3]"`
 */
export function inputItemProblem(item: unknown, place: string): WireError | undefined {
  if (!isJsonObject(item)) return invalidType(place, "an object");
  const type = item["type"];
  if (type === undefined && item["role"] === undefined) return missing(`${place}.type`);
  if (type !== undefined && typeof type !== "string") return invalidType(`${place}.type`, "a string");
  if (item["id"] !== undefined && item["id"] !== null && typeof item["id"] !== "string") {
    return invalidType(`${place}.id`, "a string");
  }
  switch (type) {
    case undefined:
    case "message":
      return messageProblem(item, place);
    case "function_call":
      return callIdProblem(item, place) ?? textProblem(item, "name", place) ?? textProblem(item, "arguments", place);
    case "function_call_output":
      return callIdProblem(item, place) ?? outputProblem(item["output"], place);
    default:
      return undefined;
  }
}

function messageProblem(item: JsonObject, place: string): WireError | undefined {
  if (!ROLES.includes(item["role"])) {
    const message = `Invalid value for '${place}.role': expected 'user', 'assistant', 'system' or 'developer'.`;
    return invalidRequest(message, { code: "invalid_value", param: `${place}.role` });
  }
  const content = item["content"];
  if (content === undefined) return missing(`${place}.content`);
  if (typeof content === "string") return undefined;
  if (!Array.isArray(content) || !content.every(isContentPart)) {
    return invalidType(`${place}.content`, "a string or an array of parts");
  }
  return undefined;
}

function isContentPart(part: unknown): boolean {
  if (!isJsonObject(part) || typeof part["type"] !== "string") return false;
  return part["text"] === undefined || typeof part["text"] === "string";
}

function callIdProblem(item: JsonObject, place: string): WireError | undefined {
  const problem = textProblem(item, "call_id", place);
  if (problem !== undefined) return problem;
  const size = String(item["call_id"]).length;
  if (size >= 1 && size <= CALL_ID_SIZE_MAX) return undefined;
  const message = `Invalid '${place}.call_id': expected 1 to ${CALL_ID_SIZE_MAX} characters, got ${size}.`;
  return invalidRequest(message, { code: "invalid_value", param: `${place}.call_id` });
}

function outputProblem(output: unknown, place: string): WireError | undefined {
  if (output === undefined) return missing(`${place}.output`);
  if (typeof output !== "string") {
    return Array.isArray(output) ? undefined : invalidType(`${place}.output`, "a string or an array of parts");
  }
  if (output.length <= OUTPUT_SIZE_MAX) return undefined;
  const message = `Invalid '${place}.output': string too long, at most ${OUTPUT_SIZE_MAX} characters.`;
  return invalidRequest(message, { code: "string_above_max_length", param: `${place}.output` });
}

function textProblem(item: JsonObject, field: string, place: string): WireError | undefined {
  if (item[field] === undefined) return missing(`${place}.${field}`);
  return typeof item[field] === "string" ? undefined : invalidType(`${place}.${field}`, "a string");
}

function invalidType(param: string, expected: string): WireError {
  return invalidRequest(`Invalid type for '${param}': expected ${expected}.`, { code: "invalid_type", param });
}

function missing(param: string): WireError {
  return invalidRequest(`Missing required parameter: '${param}'.`, { code: "missing_required_parameter", param });
}
