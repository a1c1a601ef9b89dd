import type { Clock } from "../determinism/clock.ts";
import { sleep } from "../determinism/waiting.ts";
import type { ErrorFramePlace, ErrorShape } from "./error-shape.ts";
import { HOLD_DEADLINE_MS, type HoldList } from "./hold-list.ts";
import type { DueOrder, ServerMoment } from "./order-book.ts";
import { type Ending, wireErrorOf } from "./response-ending.ts";
import type { ServerEvent } from "./server-event.ts";
import type { OrderAction } from "./server-order.ts";
import type { WireError } from "./wire-error.ts";

/** What can be done to a connection as a whole. */
export type ConnectionActs = {
  /** Begins a closing handshake; 1005 sends a Close frame without a code. */
  close(code: number, reason: string): void;
  /** Cuts without a Close frame. */
  cut(how: "reset" | "end"): void;
  freeze(forMs?: number): void;
  thaw(): void;
  sendError(error: WireError, place?: ErrorFramePlace & { readonly shape?: ErrorShape }): void;
};

/** What an order needs to take effect inside a connection. */
export type OrderStage = {
  readonly acts: ConnectionActs;
  readonly holds: HoldList;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly tell: (event: ServerEvent) => void;
};

/** What an order asks of the event at whose place it took effect. */
export type OrderOutcome = { drop: boolean; repeat: boolean; ending?: Ending };

/** Carries out the orders that are due, one after the other. */
export async function performOrders(
  stage: OrderStage,
  due: readonly DueOrder[],
  moment: ServerMoment,
): Promise<OrderOutcome> {
  const outcome: OrderOutcome = { drop: false, repeat: false };
  for (const { id, action } of due) {
    if (stage.signal.aborted) break;
    stage.tell({ kind: "order-applied", order: id, action: action.kind, moment });
    switch (action.kind) {
      case "hold":
        await stage.holds.wait(id, moment, { deadlineMs: action.deadlineMs ?? HOLD_DEADLINE_MS, signal: stage.signal });
        break;
      case "delay":
        await sleep(stage.clock, action.delayMs, stage.signal);
        break;
      case "drop":
        outcome.drop = true;
        break;
      case "repeat":
        outcome.repeat = true;
        break;
      case "error":
      case "incomplete":
        outcome.ending = endingOf(action);
        break;
      default:
        actAtOnce(stage.acts, action);
    }
  }
  return outcome;
}

function endingOf(action: Extract<OrderAction, { kind: "error" | "incomplete" }>): Ending {
  if (action.kind === "incomplete") return { kind: "incomplete", reason: action.reason };
  return {
    kind: "failed",
    error: wireErrorOf(action),
    failed: action.failed ?? "after",
    ...(action.shape === undefined ? {} : { shape: action.shape }),
  };
}

/** Does to a connection what an order says, without waiting; actions that belong to an event do nothing. */
export function actAtOnce(acts: ConnectionActs, action: OrderAction): void {
  switch (action.kind) {
    case "close":
      acts.close(action.code, action.reason ?? "");
      return;
    case "reset":
    case "end":
      acts.cut(action.kind);
      return;
    case "freeze":
      acts.freeze(action.forMs);
      return;
    case "thaw":
      acts.thaw();
      return;
    case "error":
      acts.sendError(wireErrorOf(action), action.shape === undefined ? {} : { shape: action.shape });
      return;
    default:
  }
}
