import type { ErrorShape } from "./error-shape.ts";
import type { OrderedError } from "./server-order.ts";
import type { WireError } from "./wire-error.ts";

/** How a response ends on the wire (protocol.md §3.5, §3.6). */
export type Ending =
  | { readonly kind: "completed" }
  /** With `response.failed` after the `error` frame, instead of it, or never; the recorded order is "after". */
  | {
      readonly kind: "failed";
      readonly error: WireError;
      readonly failed: "after" | "instead" | "never";
      readonly shape?: ErrorShape;
    }
  | { readonly kind: "incomplete"; readonly reason: string }
  /** A steer interrupts it, and a successor follows (protocol.md §2.4). */
  | { readonly kind: "steered" }
  /** The connection ended first. */
  | { readonly kind: "stopped" };

/** The error that an order or a script puts into words, with what it leaves open filled in. */
export function wireErrorOf(said: OrderedError): WireError {
  return {
    status: said.status ?? 400,
    type: said.type ?? "invalid_request_error",
    code: said.code,
    message: said.message,
    param: said.param ?? null,
    ...(said.headers === undefined ? {} : { headers: said.headers }),
  };
}
