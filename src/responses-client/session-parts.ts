import type { Clock } from "../determinism/clock.ts";
import type { ResponseCreate } from "../protocol/client-events.ts";
import type { ClientLimits } from "./client-limits.ts";
import type { OpenPolicies } from "./client-policies.ts";
import type { Connector } from "./connector.ts";
import type { Conversation } from "./conversation.ts";
import type { Failure } from "./failure.ts";
import type { TakenBackCalls } from "./taken-back-calls.ts";
import type { ToolCalls } from "./tool-dispatch.ts";
import type { ClientSurface } from "./visible-text.ts";

/** A loss that happened while no request ran: the next attempt has to take notice of it. */
export type IdleLosses = {
  /** Forgets an earlier loss: the turn that begins has nothing to do with it. */
  forget(): void;
  /** The loss since the last call of this or of `forget`. */
  take(): IdleLoss | undefined;
  /** The earliest time of the next dial, on the session's clock. */
  dialNotBeforeMs(): number;
};

/** One connection that was lost while no request ran. `giveUp` is the backoff's word that the budget is used up. */
export type IdleLoss = { readonly failure: Failure; readonly giveUp?: string };

/** What the steps of a session share. */
export type SessionParts = {
  readonly clock: Clock;
  readonly limits: ClientLimits;
  readonly policies: OpenPolicies;
  readonly connector: Connector;
  readonly conversation: Conversation;
  readonly toolCalls: ToolCalls;
  readonly idleLosses: IdleLosses;
  readonly takenBackCalls: TakenBackCalls;
  /** The members of each create that do not change: model, tools, instructions. */
  readonly createBase: Omit<ResponseCreate, "input" | "previous_response_id" | "store">;
  readonly surface: (event: ClientSurface) => void;
};
