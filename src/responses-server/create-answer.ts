import { continuesAfterTools } from "../protocol/client-events.ts";
import { admitCreate } from "./admission.ts";
import type { AdmittedRequest } from "./admitted-request.ts";
import { performOrders } from "./connection-acts.ts";
import { DEFAULT_LANE } from "./conversation-memory.ts";
import { type CreateRequest, isProblem } from "./create-request.ts";
import type { ErrorShape } from "./error-shape.ts";
import { evictParent, type ResponseHost, subjectOf } from "./response-host.ts";
import { ResponseRun } from "./response-run.ts";
import type { WireError } from "./wire-error.ts";

/** One create that has reached the head of its lane. */
export type LaneRequest = {
  readonly lane: string | undefined;
  readonly create: CreateRequest | WireError;
  readonly previousResponseId: string | undefined;
};

/**
 * Answers one create with all events of its response, or with one error frame.
 *
 * It runs to its first pause without waiting, so a response without pauses is written at once. A response that is
 * steered is followed by its successor, in the same place of the lane. It never rejects for anything a client does.
 */
export async function answerCreate(host: ResponseHost, request: LaneRequest): Promise<void> {
  if (host.signal.aborted) return;
  const { create, lane } = request;
  if (isProblem(create)) {
    refuse(host, request, { error: create });
    return;
  }
  if (!host.orders.isEmpty()) {
    const refusal = await orderedRefusal(host, lane, create);
    if (host.signal.aborted) return;
    if (refusal !== undefined) {
      refuse(host, request, refusal);
      return;
    }
  }
  const steers = host.steers.takeForOutputs(lane ?? DEFAULT_LANE, create.previousResponseId);
  const whole = steers.length === 0 ? create : { ...create, input: [...steers, ...create.input] };
  const memory = { lane: lane ?? DEFAULT_LANE, cache: host.cache, store: host.session.store };
  const admission = admitCreate(whole, memory, host.limits);
  if ("status" in admission) {
    refuse(host, request, { error: admission });
    return;
  }
  // Each successor takes a steer that a client sent, so the chain is as long as the client makes it.
  let next: AdmittedRequest | undefined = { lane, create: whole, admission };
  while (next !== undefined) next = await new ResponseRun(host, next).play();
}

type Refusal = { readonly error: WireError; readonly shape?: ErrorShape };

async function orderedRefusal(
  host: ResponseHost,
  lane: string | undefined,
  create: CreateRequest,
): Promise<Refusal | undefined> {
  const moment = {
    ...subjectOf(host, undefined),
    lane: lane ?? DEFAULT_LANE,
    type: "response.create",
    point: continuesAfterTools({ input: create.input }) ? "P10" : "P2",
    edge: "after",
  } as const;
  const outcome = await performOrders(host, host.orders.take(moment), moment);
  if (outcome.ending?.kind !== "failed") return undefined;
  const { error, shape } = outcome.ending;
  return { error, ...(shape === undefined ? {} : { shape }) };
}

function refuse(host: ResponseHost, request: LaneRequest, refusal: Refusal): void {
  const { status, code, message } = refusal.error;
  host.tell({ kind: "create-refused", ...subjectOf(host, request.lane), status, code, message });
  evictParent(host, request.lane, request.previousResponseId);
  const shape = refusal.shape === undefined ? {} : { shape: refusal.shape };
  host.acts.sendError(refusal.error, { lane: request.lane, ...shape });
}
