import type { Clock } from "../determinism/clock.ts";
import { sleep } from "../determinism/waiting.ts";
import type { Item } from "../protocol/items.ts";
import type { JsonObject } from "../protocol/json.ts";
import type { ModelStep } from "../protocol/model-script.ts";
import { type Admission, admitCreate } from "./admission.ts";
import { type ConnectionCache, DEFAULT_LANE } from "./conversation-memory.ts";
import { type CreateRequest, isProblem } from "./create-request.ts";
import { outputOfStep } from "./model-output.ts";
import type { Outgoing } from "./outgoing.ts";
import { outputEvents, type PlannedEvent } from "./response-events.ts";
import { responseObject } from "./response-object.ts";
import { NO_TURN_TEXT, nextStep } from "./scripted-model.ts";
import type { ServerEvent } from "./server-event.ts";
import type { Session } from "./session.ts";
import { tokensOf, usageOf } from "./token-count.ts";
import { errorFrame, type WireError } from "./wire-error.ts";

/** The connection that a response runs on. */
export type ResponseHost = {
  readonly session: Session;
  readonly connection: number;
  readonly cache: ConnectionCache;
  readonly outgoing: Outgoing;
  readonly clock: Clock;
  readonly contextItemsMax: number;
  /** Aborted when the connection ends or begins to close: no event is written after that. */
  readonly signal: AbortSignal;
  readonly tell: (event: ServerEvent) => void;
};

/** One create that has reached the head of its lane. */
export type LaneRequest = {
  readonly lane: string | undefined;
  readonly create: CreateRequest | WireError;
  readonly previousResponseId: string | undefined;
};

/**
 * Answers one create with all events of its response, or with one error frame.
 *
 * It runs to its first pause without waiting, so a response without pauses is written at once. It never rejects for
 * anything that a client does.
 */
export async function answerCreate(host: ResponseHost, request: LaneRequest): Promise<void> {
  if (host.signal.aborted) return;
  const { create } = request;
  if (isProblem(create)) {
    refuse(host, request, create);
    return;
  }
  const memory = { lane: request.lane ?? DEFAULT_LANE, cache: host.cache, store: host.session.store };
  const admission = admitCreate(create, memory, host);
  if ("status" in admission) {
    refuse(host, request, admission);
    return;
  }
  await respond(host, { lane: request.lane, create, admission });
}

function refuse(host: ResponseHost, request: LaneRequest, error: WireError): void {
  const subject = { apiKey: host.session.apiKey, connection: host.connection, ...laneMember(request.lane) };
  host.tell({
    kind: "create-refused",
    ...subject,
    status: error.status,
    code: error.code,
    message: error.message,
  });
  evictParent(host, request);
  host.outgoing.send(JSON.stringify(errorFrame(error, { lane: request.lane })));
}

/** A failed continuation evicts its parent from its own lane; a failed fork leaves it (protocol.md §4.2). */
function evictParent(host: ResponseHost, request: Pick<LaneRequest, "lane" | "previousResponseId">): void {
  const { previousResponseId: responseId, lane } = request;
  if (responseId === undefined || !host.cache.evict(responseId, lane ?? DEFAULT_LANE)) return;
  const subject = { apiKey: host.session.apiKey, connection: host.connection, ...laneMember(lane) };
  host.tell({ kind: "cache-evicted", ...subject, responseId });
}

type AdmittedRequest = {
  readonly lane: string | undefined;
  readonly create: CreateRequest;
  readonly admission: Admission;
};

async function respond(host: ResponseHost, request: AdmittedRequest): Promise<void> {
  const { create, admission, lane } = request;
  const { identities } = host.session;
  const responseId = identities.next("resp");
  const subject = { apiKey: host.session.apiKey, connection: host.connection, ...laneMember(lane), responseId };
  host.tell({
    kind: "create-accepted",
    ...subject,
    previousResponseId: create.previousResponseId,
    effectiveInputSize: admission.effectiveInput.length,
  });
  const step = create.generate ? stepOf(host.session, admission.effectiveInput) : undefined;
  const output = step === undefined ? [] : outputOfStep(step, identities, create);
  const identity = { id: responseId, create };
  const write = createEventWriter(host.outgoing, lane);
  const inProgress = responseObject(identity, { status: "in_progress" });
  write({ type: "response.created", response: inProgress });
  write({ type: "response.in_progress", response: inProgress });
  for (const planned of outputEvents(output, step ?? {})) {
    if (planned.gapMs > 0 || !host.outgoing.hasRoom()) await pause(host, planned);
    if (host.signal.aborted) break;
    write(planned.event);
  }
  if (host.signal.aborted) {
    host.tell({ kind: "response-abandoned", ...subject });
    return;
  }
  const usage = usageOf({
    input: admission.inputTokens,
    cached: admission.cachedTokens,
    output: tokensOf(output),
    reasoning: tokensOf(output.filter(({ type }) => type === "reasoning")),
  });
  remember(host, request, { responseId, output });
  host.tell({ kind: "response-completed", ...subject });
  write({ type: "response.completed", response: responseObject(identity, { status: "completed", output, usage }) });
}

function stepOf(session: Session, effectiveInput: readonly Item[]): ModelStep {
  const script = session.script();
  return script === undefined ? { text: NO_TURN_TEXT } : nextStep(script, effectiveInput);
}

async function pause(host: ResponseHost, planned: PlannedEvent): Promise<void> {
  if (planned.gapMs > 0) await sleep(host.clock, planned.gapMs, host.signal);
  await host.outgoing.room();
}

function remember(
  host: ResponseHost,
  request: AdmittedRequest,
  made: { readonly responseId: string; readonly output: readonly Item[] },
): void {
  const { create, admission } = request;
  const items = [...create.input, ...made.output];
  const link = {
    responseId: made.responseId,
    parent: admission.parent,
    items,
    closureSize: (admission.parent?.closureSize ?? 0) + items.length,
    closureTokens: admission.inputTokens + tokensOf(made.output),
  };
  host.cache.keep(link, request.lane ?? DEFAULT_LANE);
  if (create.store) host.session.store.keep(link);
}

/** Writes the events of one response: numbered from 0, with `stream_id` where the create had one (§3.1). */
function createEventWriter(outgoing: Outgoing, lane: string | undefined): (event: JsonObject) => void {
  let sequenceNumber = 0;
  return (event) => {
    const { type, ...members } = event;
    outgoing.send(
      JSON.stringify({
        type,
        sequence_number: sequenceNumber,
        ...(lane === undefined ? {} : { stream_id: lane }),
        ...members,
      }),
    );
    sequenceNumber += 1;
  };
}

function laneMember(lane: string | undefined): { lane?: string } {
  return lane === undefined ? {} : { lane };
}
