import { type Item, itemsOfInput } from "../protocol/items.ts";
import { isJsonObject, type JsonObject } from "../protocol/json.ts";
import { inputItemProblem } from "./input-item.ts";
import { invalidRequest, type WireError } from "./wire-error.ts";

/** A create whose fields are of the right kind (protocol.md §2.1). */
export type CreateRequest = {
  readonly model: string;
  /** The new items alone; the items of the previous response are not among them. */
  readonly input: readonly Item[];
  readonly previousResponseId: string | null;
  readonly store: boolean;
  /** False for a warm-up (protocol.md §2.2). */
  readonly generate: boolean;
  /** False where the create asks for automatic compaction, which excludes steering (protocol.md §2.4). */
  readonly canBeSteered: boolean;
  /** Whether the client asked for `reasoning.encrypted_content`. */
  readonly wantsEncryptedReasoning: boolean;
  /** What the response object repeats: `instructions`, `tools`, `metadata` and the like, as they came. */
  readonly settings: JsonObject;
};

/** Whether a parsed create is a problem instead. */
export function isProblem(create: CreateRequest | WireError): create is WireError {
  return "status" in create;
}

type FieldRule = { readonly expected: string; accepts(value: unknown): boolean };

const TEXT: FieldRule = { expected: "a string", accepts: (value) => typeof value === "string" };
const YES_OR_NO: FieldRule = { expected: "a boolean", accepts: (value) => typeof value === "boolean" };
const NUMBER: FieldRule = { expected: "a number", accepts: (value) => typeof value === "number" };
const OBJECT: FieldRule = { expected: "an object", accepts: isJsonObject };
const OBJECTS: FieldRule = {
  expected: "an array of objects",
  accepts: (value) => Array.isArray(value) && value.every(isJsonObject),
};
const TEXTS: FieldRule = {
  expected: "an array of strings",
  accepts: (value) => Array.isArray(value) && value.every((entry) => typeof entry === "string"),
};
const TEXT_OR_OBJECT: FieldRule = {
  expected: "a string or an object",
  accepts: (value) => typeof value === "string" || isJsonObject(value),
};
const TEXT_OR_ARRAY: FieldRule = {
  expected: "a string or an array of items",
  accepts: (value) => typeof value === "string" || Array.isArray(value),
};

/** The fields that are looked at. Null stands for absent; a field that is not listed is passed over in silence. */
const FIELD_RULES: Readonly<Record<string, FieldRule>> = {
  model: TEXT,
  input: TEXT_OR_ARRAY,
  previous_response_id: TEXT,
  store: YES_OR_NO,
  generate: YES_OR_NO,
  include: TEXTS,
  instructions: TEXT_OR_ARRAY,
  tools: OBJECTS,
  tool_choice: TEXT_OR_OBJECT,
  parallel_tool_calls: YES_OR_NO,
  reasoning: OBJECT,
  text: OBJECT,
  metadata: OBJECT,
  temperature: NUMBER,
  top_p: NUMBER,
  top_logprobs: NUMBER,
  max_output_tokens: NUMBER,
  max_tool_calls: NUMBER,
  truncation: TEXT,
  service_tier: TEXT,
  prompt_cache_key: TEXT,
  safety_identifier: TEXT,
  user: TEXT,
};

/** The fields that the response object repeats. */
const REPEATED_FIELDS: readonly string[] = (
  "instructions tools tool_choice parallel_tool_calls reasoning text metadata temperature top_p top_logprobs " +
  "max_output_tokens max_tool_calls truncation service_tier prompt_cache_key safety_identifier user"
).split(" ");

const METADATA_PAIRS_MAX = 16;

/**
 * Checks the fields of a `response.create`, and answers the first thing that is wrong with them.
 *
 * `stream` and `client_metadata` are accepted and ignored, because released clients send them (protocol.md §2.1).
 */
export function parseCreate(frame: JsonObject): CreateRequest | WireError {
  const problem = fieldProblem(frame) ?? combinationProblem(frame) ?? inputProblem(frame["input"]);
  if (problem !== undefined) return problem;
  const previous = frame["previous_response_id"];
  const include = frame["include"];
  return {
    model: String(frame["model"]),
    input: itemsOfInput(frame["input"]),
    previousResponseId: typeof previous === "string" ? previous : null,
    store: frame["store"] !== false,
    generate: frame["generate"] !== false,
    canBeSteered: !isSet(frame["context_management"]),
    wantsEncryptedReasoning: Array.isArray(include) && include.includes("reasoning.encrypted_content"),
    settings: Object.fromEntries(
      REPEATED_FIELDS.flatMap((field) => (frame[field] === undefined ? [] : [[field, frame[field]]])),
    ),
  };
}

function fieldProblem(frame: JsonObject): WireError | undefined {
  for (const [field, rule] of Object.entries(FIELD_RULES)) {
    const value = frame[field];
    if (value === undefined || value === null || rule.accepts(value)) continue;
    const message = `Invalid type for '${field}': expected ${rule.expected}.`;
    return invalidRequest(message, { code: "invalid_type", param: field });
  }
  return undefined;
}

function combinationProblem(frame: JsonObject): WireError | undefined {
  if (typeof frame["model"] !== "string" || frame["model"] === "") return missing("model");
  if (isSet(frame["background"]) && frame["background"] !== false) {
    return invalidRequest("'background' is not supported over WebSocket.", {
      code: "unsupported_parameter",
      param: "background",
    });
  }
  if (isSet(frame["conversation"])) {
    const both = isSet(frame["previous_response_id"]);
    return both
      ? invalidRequest("Mutually exclusive parameters: 'previous_response_id' and 'conversation'.", {
          code: "mutually_exclusive_parameters",
          param: "conversation",
        })
      : invalidRequest("'conversation' is not supported.", { code: "unsupported_parameter", param: "conversation" });
  }
  if (!isSet(frame["input"]) && !isSet(frame["previous_response_id"])) return missing("input");
  const metadata = frame["metadata"];
  if (isJsonObject(metadata) && Object.keys(metadata).length > METADATA_PAIRS_MAX) {
    const message = `Invalid 'metadata': at most ${METADATA_PAIRS_MAX} pairs.`;
    return invalidRequest(message, { code: "invalid_value", param: "metadata" });
  }
  return undefined;
}

function inputProblem(input: unknown): WireError | undefined {
  if (!Array.isArray(input)) return undefined;
  for (const [index, item] of input.entries()) {
    const problem = inputItemProblem(item, `input[${index}]`);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function missing(param: string): WireError {
  return invalidRequest(`Missing required parameter: '${param}'.`, { code: "missing_required_parameter", param });
}
