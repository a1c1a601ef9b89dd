import { z } from "zod";

import { type Direction, DIRECTIONS } from "../../protocol/direction.ts";

/**
 * What a tap tells whoever steers it.
 *
 * `bytes` come at the server face of a direction: what the target sent, or what is about to be sent to it. The tap
 * stands there until a `pass` says that its gate is open again. `dial` is what the client's side put into the request.
 *
 * @example {"kind":"connected","id":3,"slot":0,"dial":"1"}
 */
export type TapReport =
  | { readonly kind: "ready"; readonly slots: number }
  | { readonly kind: "steered"; readonly slots: readonly number[] }
  | { readonly kind: "refused"; readonly why: string }
  | { readonly kind: "connected"; readonly id: number; readonly slot: number; readonly dial?: string | undefined }
  | { readonly kind: "bytes"; readonly id: number; readonly direction: Direction }
  | { readonly kind: "written"; readonly id: number; readonly totalBytes: number }
  | { readonly kind: "ended"; readonly id: number; readonly direction: Direction }
  | { readonly kind: "reset"; readonly id: number; readonly by: "peer" | "proxy" }
  | { readonly kind: "upstream-failed"; readonly id: number; readonly code: string }
  | { readonly kind: "closed"; readonly id: number };

/**
 * What somebody who steers a tap has it do. `steer` comes first and says which listen ports are steered. The bytes of a
 * `pass` go on in place of those that came; those of an `inject` go to the target.
 *
 * @example {"kind":"pass","id":3,"direction":"to-client","isOpen":true}
 */
export type TapOrder =
  | { readonly kind: "steer"; readonly slots: readonly number[] }
  | { readonly kind: "pass"; readonly id: number; readonly direction: Direction; readonly isOpen: boolean }
  | { readonly kind: "inject"; readonly id: number }
  | { readonly kind: "discard"; readonly id: number; readonly direction: Direction }
  | { readonly kind: "end"; readonly id: number }
  | { readonly kind: "reset"; readonly id: number };

const id: z.ZodType<number> = z.number().int().nonnegative();
const direction: z.ZodType<Direction> = z.enum(DIRECTIONS);

const TapReportSchema: z.ZodType<TapReport> = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("ready"), slots: id }),
  z.object({ kind: z.literal("steered"), slots: z.array(id) }),
  z.object({ kind: z.literal("refused"), why: z.string() }),
  z.object({ kind: z.literal("connected"), id, slot: id, dial: z.string().optional() }),
  z.object({ kind: z.literal("bytes"), id, direction }),
  z.object({ kind: z.literal("written"), id, totalBytes: id }),
  z.object({ kind: z.literal("ended"), id, direction }),
  z.object({ kind: z.literal("reset"), id, by: z.enum(["peer", "proxy"]) }),
  z.object({ kind: z.literal("upstream-failed"), id, code: z.string() }),
  z.object({ kind: z.literal("closed"), id }),
]);

const TapOrderSchema: z.ZodType<TapOrder> = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("steer"), slots: z.array(id) }),
  z.object({ kind: z.literal("pass"), id, direction, isOpen: z.boolean() }),
  z.object({ kind: z.literal("inject"), id }),
  z.object({ kind: z.literal("discard"), id, direction }),
  z.object({ kind: z.literal("end"), id }),
  z.object({ kind: z.literal("reset"), id }),
]);

/** A message with the bytes that belong to it. */
export type WithBytes<Message> = { readonly message: Message; readonly bytes: Buffer };

/** The header by which the two sides of a wire know that they see the same connection; the tap takes it out again. */
export const DIAL_HEADER: string = "x-cutwire-dial";

const LINE_END = 0x0a;
const NOTHING: Buffer = Buffer.alloc(0);

/** Prints a message of the channel: one line of JSON, and behind its end the bytes. */
export function encodeTapMessage(message: TapReport | TapOrder, bytes: Buffer = NOTHING): Buffer {
  return Buffer.concat([Buffer.from(`${JSON.stringify(message)}\n`), bytes]);
}

/** Reads a report; undefined where it is none. */
export function decodeTapReport(data: Buffer): WithBytes<TapReport> | undefined {
  return decode(data, TapReportSchema);
}

/** Reads an order; undefined where it is none. */
export function decodeTapOrder(data: Buffer): WithBytes<TapOrder> | undefined {
  return decode(data, TapOrderSchema);
}

function decode<Message>(data: Buffer, schema: z.ZodType<Message>): WithBytes<Message> | undefined {
  const end = data.indexOf(LINE_END);
  if (end === -1) return undefined;
  try {
    const parsed = schema.safeParse(JSON.parse(data.toString("utf8", 0, end)));
    return parsed.success ? { message: parsed.data, bytes: data.subarray(end + 1) } : undefined;
  } catch {
    return undefined;
  }
}
