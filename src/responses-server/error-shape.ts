import { z } from "zod";

import type { JsonObject } from "../protocol/json.ts";
import type { WireError } from "./wire-error.ts";

/**
 * How an `error` frame looks (protocol.md §3.7): the service nests, SDK types are flat, and one variant says only a
 * message. `omit` leaves members out, wherever they would stand.
 *
 * @example { "form": "flat", "omit": ["sequence_number"] }
 */
export type ErrorShape = {
  readonly form: "nested" | "flat" | "message-only";
  readonly omit?: readonly ErrorMember[];
};

const ERROR_MEMBERS = ["status", "stream_id", "sequence_number", "type", "code", "param", "headers"] as const;

/** A member of an error frame that some servers do not send. */
export type ErrorMember = (typeof ERROR_MEMBERS)[number];

/** The shape that the service was seen to send. */
export const NESTED_ERROR: ErrorShape = { form: "nested" };

/** The bounds of an {@link ErrorShape} that comes from outside. */
export const ErrorShapeSchema: z.ZodType<ErrorShape> = z.strictObject({
  form: z.enum(["nested", "flat", "message-only"]),
  omit: z.array(z.enum(ERROR_MEMBERS)).max(ERROR_MEMBERS.length).exactOptional(),
});

/** What an `error` frame carries beside the error itself. */
export type ErrorFramePlace = { readonly lane?: string | undefined; readonly sequenceNumber?: number };

/** The `error` frame of an error: `stream_id` stands there only where the create carried one. */
export function errorFrame(
  error: WireError,
  place: ErrorFramePlace = {},
  shape: ErrorShape = NESTED_ERROR,
): JsonObject {
  const omitted: ReadonlySet<string> = new Set(shape.omit ?? []);
  const envelope = without(omitted, {
    status: error.status,
    stream_id: place.lane,
    sequence_number: place.sequenceNumber,
  });
  const { code, message, param, headers } = error;
  switch (shape.form) {
    case "nested":
      return {
        type: "error",
        ...envelope,
        error: { ...without(omitted, { type: error.type, code }), message, ...without(omitted, { param, headers }) },
      };
    case "flat":
      return {
        type: "error",
        ...envelope,
        ...without(omitted, { code }),
        message,
        ...without(omitted, { param, headers }),
      };
    case "message-only":
      return { type: "error", message };
  }
}

function without(omitted: ReadonlySet<string>, members: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(members).filter(([name, value]) => value !== undefined && !omitted.has(name)),
  );
}
