import { z } from "zod";

import { HarnessError } from "../errors.ts";
import { CLOSE_REASON_SIZE_BYTES_MAX, isSendableCloseCode } from "../protocol/close-codes.ts";
import { type ErrorShape, ErrorShapeSchema } from "./error-shape.ts";

/** The protocol points that a server sees (failures.md §0); the others belong to tools, dials and idle wires. */
export const SERVER_POINTS = ["P1", "P2", "P3", "P4", "P5", "P6", "P7", "P10", "P11", "P12", "P13"] as const;

/** One of {@link SERVER_POINTS}: P1 is the answer to the upgrade, P2 and P10 a create that was read. */
export type ServerPoint = (typeof SERVER_POINTS)[number];

/**
 * Where an order takes effect.
 *
 * `point` and `type` narrow it down; with neither, every event that the server writes counts. `type` is the type of a
 * server event, `"response.create"` or `"upgrade"`. An upgrade and an event have both edges, a create that was read has
 * only `"after"`.
 */
export type OrderPlace = {
  readonly point?: ServerPoint;
  readonly type?: string;
  readonly edge: "before" | "after";
};

/** What the server does at that place. Durations are in ms, 0..600_000. */
export type OrderAction =
  /** Answers the upgrade with a status instead of 101 (protocol.md §1.4). */
  | {
      readonly kind: "refuse";
      readonly status: RefusalStatus;
      readonly retryAfterSeconds?: number;
      readonly code?: string;
    }
  /** Waits until the hold is released, or at most `deadlineMs`, 60_000 where absent. */
  | { readonly kind: "hold"; readonly deadlineMs?: number }
  | { readonly kind: "delay"; readonly delayMs: number }
  /** Closes with a code; 1005 stands for a Close frame without one. */
  | { readonly kind: "close"; readonly code: number; readonly reason?: string }
  /** Cuts the connection without a Close frame: by RST, or by FIN. The client sees 1006. */
  | { readonly kind: "reset" }
  | { readonly kind: "end" }
  /** Writes nothing, reads nothing and answers no ping, for `forMs` or until it is thawed. */
  | { readonly kind: "freeze"; readonly forMs?: number }
  | { readonly kind: "thaw" }
  /** Leaves the event out; its number is used up. */
  | { readonly kind: "drop" }
  /** Writes the event a second time, byte for byte. */
  | { readonly kind: "repeat" }
  /** Ends the request with an error frame, and with `response.failed` where `failed` says so (protocol.md §3.6). */
  | ({
      readonly kind: "error";
      readonly failed?: "after" | "instead" | "never";
      readonly shape?: ErrorShape;
    } & OrderedError)
  /** Ends the response with `response.incomplete`. */
  | { readonly kind: "incomplete"; readonly reason: string };

/** What an ordered error says; `status` 400 and type `invalid_request_error` where absent. */
export type OrderedError = {
  readonly code: string | null;
  readonly message: string;
  readonly status?: number;
  readonly type?: string;
  readonly param?: string;
  readonly headers?: Readonly<Record<string, string>>;
};

/** The statuses that an upgrade can be refused with (protocol.md §1.4). */
export const REFUSAL_STATUSES = [401, 403, 404, 426, 429, 500, 502, 503] as const;

/** One of {@link REFUSAL_STATUSES}. */
export type RefusalStatus = (typeof REFUSAL_STATUSES)[number];

/**
 * Makes the server misbehave at one place, on purpose (protocol.md §10.1 item 10).
 *
 * Absent `apiKey`, `connection` and `lane` match all. Matches are counted from the moment the order is given: it takes
 * effect at match number `occurrence` (1 where absent) and the `times - 1` following ones (1 where absent), and is then
 * used up. Without `at` it takes effect at once, on every matching connection.
 *
 * @example { "apiKey": "key-a", "at": { "point": "P6", "edge": "after" }, "action": { "kind": "close", "code": 1012 } }
 */
export type ServerOrder = {
  readonly apiKey?: string;
  readonly connection?: number;
  /** The empty string is the default lane. */
  readonly lane?: string;
  readonly at?: OrderPlace;
  readonly occurrence?: number;
  readonly times?: number;
  readonly action: OrderAction;
};

const DurationSchema = z.number().min(0).max(600_000);
const CloseCodeSchema = z
  .number()
  .refine((code) => code === 1005 || isSendableCloseCode(code), "a code that may be sent, or 1005 for none");
const ReasonSchema = z
  .string()
  .refine((text) => Buffer.byteLength(text) <= CLOSE_REASON_SIZE_BYTES_MAX, "at most 123 bytes");
const HeadersSchema = z.record(z.string().regex(/^[\w-]{1,64}$/), z.string().regex(/^[\x20-\x7e]{0,256}$/));

const OrderActionSchema: z.ZodType<OrderAction> = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("refuse"),
    status: z.literal(REFUSAL_STATUSES),
    retryAfterSeconds: z.number().int().min(0).max(86_400).exactOptional(),
    code: z.string().max(256).exactOptional(),
  }),
  z.strictObject({ kind: z.literal("hold"), deadlineMs: DurationSchema.exactOptional() }),
  z.strictObject({ kind: z.literal("delay"), delayMs: DurationSchema }),
  z.strictObject({ kind: z.literal("close"), code: CloseCodeSchema, reason: ReasonSchema.exactOptional() }),
  z.strictObject({ kind: z.literal("reset") }),
  z.strictObject({ kind: z.literal("end") }),
  z.strictObject({ kind: z.literal("freeze"), forMs: DurationSchema.exactOptional() }),
  z.strictObject({ kind: z.literal("thaw") }),
  z.strictObject({ kind: z.literal("drop") }),
  z.strictObject({ kind: z.literal("repeat") }),
  z.strictObject({
    kind: z.literal("error"),
    failed: z.enum(["after", "instead", "never"]).exactOptional(),
    shape: ErrorShapeSchema.exactOptional(),
    code: z.string().max(256).nullable(),
    message: z.string().max(10_000),
    status: z.number().int().min(100).max(599).exactOptional(),
    type: z.string().max(256).exactOptional(),
    param: z.string().max(256).exactOptional(),
    headers: HeadersSchema.exactOptional(),
  }),
  z.strictObject({ kind: z.literal("incomplete"), reason: z.string().min(1).max(256) }),
]);

const ServerOrderSchema: z.ZodType<ServerOrder> = z
  .strictObject({
    apiKey: z.string().min(1).max(512).exactOptional(),
    connection: z.number().int().min(0).exactOptional(),
    lane: z.string().max(256).exactOptional(),
    at: z
      .strictObject({
        point: z.enum(SERVER_POINTS).exactOptional(),
        type: z.string().min(1).max(256).exactOptional(),
        edge: z.enum(["before", "after"]),
      })
      .exactOptional(),
    occurrence: z.number().int().min(1).max(1_000_000).exactOptional(),
    times: z.number().int().min(1).max(1_000_000).exactOptional(),
    action: OrderActionSchema,
  })
  .superRefine((order, context) => {
    const kind = order.action.kind;
    const allowed = actionsAt(order.at);
    if (allowed.includes(kind)) return;
    const message = `"${kind}" cannot be done there; what can: ${allowed.join(", ")}`;
    context.addIssue({ code: "custom", path: ["action", "kind"], message });
  });

const CUTS: readonly OrderAction["kind"][] = ["close", "reset", "end", "freeze"];

/** What can be done at a place: a refusal is for upgrades, leaving out and repeating are for events. */
function actionsAt(at: OrderPlace | undefined): readonly OrderAction["kind"][] {
  if (at === undefined) return [...CUTS, "thaw", "error"];
  if (at.point === "P1" || at.type === "upgrade") {
    return at.edge === "before" ? ["refuse", "hold", "delay", "reset", "end"] : [...CUTS, "error"];
  }
  if (at.point === "P2" || at.point === "P10" || at.type === "response.create") {
    return at.edge === "after" ? [...CUTS, "hold", "delay", "error"] : [];
  }
  return [...CUTS, "hold", "delay", "error", "incomplete", at.edge === "before" ? "drop" : "repeat"];
}

/**
 * Checks an order that came from outside.
 *
 * @throws HarnessError `HARNESS_INVALID_OPTION` with every problem and its path
 */
export function parseServerOrder(value: unknown): ServerOrder {
  const parsed = ServerOrderSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => ({ path: path.map(String).join("."), message }));
  const listed = problems.map(({ path, message }) => `${path === "" ? "order" : path}: ${message}`).join("; ");
  throw new HarnessError("HARNESS_INVALID_OPTION", `The order to the reference server is wrong: ${listed}.`, {
    details: { problems },
  });
}
