import { z } from "zod";

import type { JsonObject } from "./json.ts";

/**
 * One function call that the scripted model makes.
 *
 * @example { "operation": "t0-book", "name": "perform", "arguments": { "seat": "12A" }, "toolDurationMs": 50 }
 */
export type ScriptedCall = {
  /** The key of what is to be done once, unique within a session. The model puts it into the arguments as `operation`. */
  readonly operation: string;
  /** The tool; `"perform"` where absent. */
  readonly name?: string;
  /** Further arguments beside the operation; `{}` where absent. */
  readonly arguments?: JsonObject;
  /** How long the tool works between its start and its effect, 0..600_000 ms; 0 where absent. The model ignores it. */
  readonly toolDurationMs?: number;
};

/**
 * How a response ends where it does not complete, always before its last item is done (protocol.md §3.5, §3.6).
 *
 * @example { "kind": "failed", "code": "server_error", "message": "The model had an error." }
 * @example { "kind": "incomplete", "reason": "max_output_tokens" }
 */
export type ModelEnding =
  | { readonly kind: "failed"; readonly code: string; readonly message: string }
  | { readonly kind: "incomplete"; readonly reason: "max_output_tokens" | "content_filter" };

/**
 * What the model says in one response. A step with calls is followed by the next one when all its calls are answered;
 * a step without calls ends the turn.
 *
 * @example { "text": "It is sunny.", "deltas": 4 }
 */
export type ModelStep = {
  /** A reasoning item before everything else. */
  readonly reasoning?: string;
  /** Visible text. */
  readonly text?: string;
  /** Function calls, each in an item of its own. */
  readonly calls?: readonly ScriptedCall[];
  /** Into how many deltas each text and each arguments string is cut, 1..10_000; 4 where absent. */
  readonly deltas?: number;
  /** Pause before each delta, 0..60_000 ms; 0 where absent. */
  readonly deltaGapMs?: number;
  /** Whether the argument deltas of several calls alternate, which is legal; false where absent (protocol.md §3.4). */
  readonly interleaved?: boolean;
  /** How the response ends early; it completes where absent. The model says the same again when it is asked again. */
  readonly ending?: ModelEnding;
};

/** What the model does in one turn: `{"steps":[{"calls":[{"operation":"book"}]},{"text":"done"}]}`. */
export type ModelScript = { readonly steps: readonly ModelStep[] };

/** One turn of a conversation: what the user says and what the model then does. */
export type ScriptedTurn = {
  /** Unique within the session, and no part of another turn's text: the model finds its place in the script by it. */
  readonly userText: string;
  readonly script: ModelScript;
};

/** A whole conversation. */
export type SessionScript = { readonly turns: readonly ScriptedTurn[] };

/** The name of the tool that a call asks for when it names none. */
export const DEFAULT_TOOL_NAME = "perform";

/** Into how many deltas a step cuts its texts when it says nothing. */
export const DEFAULT_DELTAS = 4;

const ScriptedCallSchema: z.ZodType<ScriptedCall> = z.strictObject({
  operation: z.string().regex(/^[\w.-]{1,64}$/, "1 to 64 of A-Z a-z 0-9 _ . -"),
  name: z
    .string()
    .regex(/^[\w-]{1,64}$/, "1 to 64 of A-Z a-z 0-9 _ -")
    .exactOptional(),
  arguments: z.record(z.string(), z.unknown()).exactOptional(),
  toolDurationMs: z.number().min(0).max(600_000).exactOptional(),
});

const ModelEndingSchema: z.ZodType<ModelEnding> = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("failed"), code: z.string().min(1).max(256), message: z.string().max(10_000) }),
  z.strictObject({ kind: z.literal("incomplete"), reason: z.enum(["max_output_tokens", "content_filter"]) }),
]);

const ModelStepSchema: z.ZodType<ModelStep> = z
  .strictObject({
    reasoning: z.string().exactOptional(),
    text: z.string().exactOptional(),
    calls: z.array(ScriptedCallSchema).min(1).max(128).exactOptional(),
    deltas: z.number().int().min(1).max(10_000).exactOptional(),
    deltaGapMs: z.number().min(0).max(60_000).exactOptional(),
    interleaved: z.boolean().exactOptional(),
    ending: ModelEndingSchema.exactOptional(),
  })
  .refine(
    (step) => step.text !== undefined || step.calls !== undefined,
    "a step says something: give it text or calls",
  );

const ModelScriptSchema: z.ZodType<ModelScript> = z.strictObject({
  steps: z
    .array(ModelStepSchema)
    .min(1)
    .max(64)
    .refine(
      (steps) => steps.every((step, index) => (step.calls === undefined) === (index === steps.length - 1)),
      "every step but the last asks for tools, and the last one does not: it ends the turn",
    ),
});

const ScriptedTurnSchema: z.ZodType<ScriptedTurn> = z.strictObject({
  userText: z.string().min(1).max(100_000),
  script: ModelScriptSchema,
});

/** The shape of a session script, with every bound; parse with it and report the issues with their paths. */
export const SessionScriptSchema: z.ZodType<SessionScript> = z
  .strictObject({ turns: z.array(ScriptedTurnSchema).min(1).max(64) })
  .superRefine((session, context) => {
    reportAmbiguousTexts(session, context);
    reportRepeatedOperations(session, context);
  });

function reportAmbiguousTexts(session: SessionScript, context: z.RefinementCtx): void {
  for (const [index, turn] of session.turns.entries()) {
    const twin = session.turns.findIndex((other, place) => place !== index && other.userText.includes(turn.userText));
    if (twin === -1) continue;
    context.addIssue({
      code: "custom",
      path: ["turns", index, "userText"],
      message: `stands within the text of turn ${twin}; the model could not tell the two turns apart`,
    });
  }
}

function reportRepeatedOperations(session: SessionScript, context: z.RefinementCtx): void {
  const seen = new Set<string>();
  for (const { operation, path } of placesOfOperations(session)) {
    if (seen.has(operation)) {
      context.addIssue({
        code: "custom",
        path,
        message: `operation "${operation}" stands twice in this session; the ledger knows an effect by it`,
      });
    }
    seen.add(operation);
  }
}

function placesOfOperations(session: SessionScript): { operation: string; path: (string | number)[] }[] {
  return session.turns.flatMap(({ script }, turn) =>
    script.steps.flatMap(({ calls = [] }, step) =>
      calls.map(({ operation }, call) => ({
        operation,
        path: ["turns", turn, "script", "steps", step, "calls", call, "operation"],
      })),
    ),
  );
}
