import { sleep } from "../determinism/waiting.ts";
import { type Item, isFunctionCall } from "../protocol/items.ts";
import type { JsonObject } from "../protocol/json.ts";
import type { ModelStep } from "../protocol/model-script.ts";
import { createPointReader, type PointReader } from "../protocol/point-of-event.ts";
import type { Usage } from "../protocol/server-events.ts";
import { type AdmittedRequest, linkOf, successorOf } from "./admitted-request.ts";
import { type OrderOutcome, performOrders } from "./connection-acts.ts";
import { DEFAULT_LANE } from "./conversation-memory.ts";
import { createEventWriter, type EventWriter } from "./event-writer.ts";
import { outputOfStep, type OutputItem } from "./model-output.ts";
import { createOutputProgress, type OutputProgress } from "./output-progress.ts";
import { type Ending, wireErrorOf } from "./response-ending.ts";
import { outputEvents, type PlannedEvent } from "./response-events.ts";
import { evictParent, type ResponseHost, subjectOf } from "./response-host.ts";
import { responseObject, type ResponseState } from "./response-object.ts";
import { NO_TURN_TEXT, nextStep } from "./scripted-model.ts";
import {
  type AcceptedSteer,
  PENDING_STEERS_MAX,
  type SteerFailure,
  steerFailedFrame,
  type SteerRequest,
} from "./steer-desk.ts";
import { tokensOf, usageOf } from "./token-count.ts";

/** One response, from its `response.created` to its terminal. */
export class ResponseRun {
  readonly id: string;
  readonly #host: ResponseHost;
  readonly #request: AdmittedRequest;
  readonly #step: ModelStep | undefined;
  readonly #output: readonly OutputItem[];
  readonly #writer: EventWriter;
  readonly #points: PointReader = createPointReader();
  readonly #progress: OutputProgress = createOutputProgress();
  readonly #steers: AcceptedSteer[] = [];
  readonly #subject: ReturnType<typeof subjectOf> & { responseId: string };

  constructor(host: ResponseHost, request: AdmittedRequest) {
    const { create, admission } = request;
    this.#host = host;
    this.#request = request;
    this.id = host.session.identities.next("resp");
    this.#subject = { ...subjectOf(host, request.lane), responseId: this.id };
    this.#step = create.generate ? stepOf(host, admission.effectiveInput) : undefined;
    this.#output = this.#step === undefined ? [] : outputOfStep(this.#step, host.session.identities, create);
    this.#writer = createEventWriter(host.outgoing, request.lane);
    this.#points.ofClientEvent({ type: "response.create", input: create.input });
  }

  /** Writes the response; answers the successor that a steer asks for, if one does. */
  async play(): Promise<AdmittedRequest | undefined> {
    const { create, admission } = this.#request;
    this.#host.tell({
      kind: "create-accepted",
      ...this.#subject,
      previousResponseId: create.previousResponseId,
      effectiveInputSize: admission.effectiveInput.length,
    });
    this.#host.steers.begin(this.id, this);
    const ending = await this.#finish(await this.#writeBody());
    this.#host.steers.end(this.id, ending.kind === "completed" ? "completed" : "other");
    return this.#followSteers(ending);
  }

  /** Takes a steer for this response, which is then interrupted where it asks for no tools (protocol.md §2.4). */
  takeSteer(request: SteerRequest): SteerFailure | undefined {
    if (!this.#request.create.canBeSteered) return "steering_not_supported";
    if (this.#steers.length >= PENDING_STEERS_MAX) return "too_many_pending_steers";
    const id = this.#host.session.identities.next("steer");
    this.#steers.push({ id, request });
    this.#host.tell({ kind: "steer-accepted", ...this.#subject, steerId: id });
    this.#writer.write({ type: "response.steer.accepted", steer: { id, previous_response_id: this.id } });
    return undefined;
  }

  async #writeBody(): Promise<Ending> {
    const inProgress = this.#object({ status: "in_progress" });
    for (const type of ["response.created", "response.in_progress"]) {
      const early = this.#emit({ type, response: inProgress });
      const ending = early instanceof Promise ? await early : early;
      if (ending !== undefined) return ending;
    }
    for (const planned of outputEvents(this.#output, this.#step ?? {})) {
      if (planned.gapMs > 0) await sleep(this.#host.clock, planned.gapMs, this.#host.signal);
      if (this.#host.signal.aborted) return { kind: "stopped" };
      if (this.#steers.length > 0 && !this.#output.some(isFunctionCall)) return { kind: "steered" };
      if (this.#endsBefore(planned.event)) break;
      const early = this.#emit(planned.event);
      const ending = early instanceof Promise ? await early : early;
      if (ending !== undefined) return ending;
    }
    return this.#scriptedEnding();
  }

  /** A scripted early end comes before the last item is done: what is cut off is never whole. */
  #endsBefore(event: PlannedEvent["event"]): boolean {
    if (this.#step?.ending === undefined) return false;
    return event["output_index"] === this.#output.length - 1 && event.type.endsWith(".done");
  }

  #scriptedEnding(): Ending {
    const ending = this.#step?.ending;
    if (ending === undefined) return { kind: "completed" };
    if (ending.kind === "incomplete") return ending;
    return { kind: "failed", error: wireErrorOf(ending), failed: "after" };
  }

  #object(state: ResponseState): JsonObject {
    return responseObject({ id: this.id, create: this.#request.create }, state);
  }

  #usage(output: readonly Item[]): Usage {
    const { inputTokens, cachedTokens } = this.#request.admission;
    const reasoning = tokensOf(output.filter(({ type }) => type === "reasoning"));
    return usageOf({ input: inputTokens, cached: cachedTokens, output: tokensOf(output), reasoning });
  }

  /** Writes an event, and what orders make of it; without orders, and while the client reads, it does not wait. */
  #emit(event: JsonObject): Ending | undefined | Promise<Ending | undefined> {
    if (!this.#host.orders.isEmpty() || !this.#host.outgoing.hasRoom()) return this.#emitInTurn(event);
    this.#write(event);
    return undefined;
  }

  async #emitInTurn(event: JsonObject): Promise<Ending | undefined> {
    await this.#host.outgoing.room();
    if (this.#host.signal.aborted) return { kind: "stopped" };
    const point = this.#points.ofServerEvent(event);
    const before = await this.#obey(event, "before", point);
    if (before.ending !== undefined) return before.ending;
    if (before.drop) this.#writer.skip();
    else this.#write(event);
    return (await this.#obey(event, "after", point)).ending;
  }

  #write(event: JsonObject): void {
    this.#progress.take(event);
    this.#writer.write(event);
  }

  async #obey(
    event: JsonObject,
    edge: "before" | "after",
    point: ReturnType<PointReader["ofServerEvent"]>,
  ): Promise<OrderOutcome> {
    const moment = {
      ...subjectOf(this.#host, undefined),
      lane: this.#request.lane ?? DEFAULT_LANE,
      type: String(event["type"]),
      ...(point === undefined ? {} : { point }),
      edge,
    };
    const outcome = await performOrders(this.#host, this.#host.orders.take(moment), moment);
    if (this.#host.signal.aborted) return { ...outcome, ending: { kind: "stopped" } };
    if (outcome.repeat) this.#writer.repeat();
    return outcome;
  }

  async #finish(ending: Ending): Promise<Ending> {
    switch (ending.kind) {
      case "completed":
        return await this.#complete();
      case "failed":
        this.#fail(ending);
        return ending;
      case "incomplete":
      case "steered":
        this.#cutShort(ending.kind === "steered" ? "steered" : ending.reason);
        return ending;
      case "stopped":
        this.#host.tell({ kind: "response-abandoned", ...this.#subject });
        return ending;
    }
  }

  async #complete(): Promise<Ending> {
    if (!this.#host.outgoing.hasRoom()) await this.#host.outgoing.room();
    if (this.#host.signal.aborted) return await this.#finish({ kind: "stopped" });
    const event = {
      type: "response.completed",
      response: this.#object({ status: "completed", output: this.#output, usage: this.#usage(this.#output) }),
    };
    const ordered = !this.#host.orders.isEmpty();
    const point = this.#points.ofServerEvent(event);
    const before = ordered ? await this.#obey(event, "before", point) : NOTHING_ORDERED;
    if (before.ending !== undefined) return await this.#finish(before.ending);
    const { cache, session } = this.#host;
    const link = linkOf(this.id, this.#request, this.#output);
    cache.keep(link, this.#request.lane ?? DEFAULT_LANE);
    if (this.#request.create.store) session.store.keep(link);
    this.#host.tell({ kind: "response-completed", ...this.#subject });
    if (before.drop) this.#writer.skip();
    else this.#writer.write(event);
    const after = ordered ? await this.#obey(event, "after", point) : NOTHING_ORDERED;
    // What an order ends here has ended already; an error it asks for is the late one of an abandoned request.
    if (after.ending?.kind === "failed") this.#sendError(after.ending);
    return { kind: "completed" };
  }

  #fail(ending: Extract<Ending, { kind: "failed" }>): void {
    const { error } = ending;
    const code = error.code ?? "server_error";
    this.#host.tell({ kind: "response-failed", ...this.#subject, code });
    evictParent(this.#host, this.#request.lane, this.#request.create.previousResponseId ?? undefined);
    if (ending.failed !== "instead") this.#sendError(ending);
    if (ending.failed === "never") return;
    const output = this.#progress.items();
    const state: ResponseState = { status: "failed", output, error: { code, message: error.message } };
    this.#writer.write({ type: "response.failed", response: this.#object(state) });
  }

  #sendError(ending: Extract<Ending, { kind: "failed" }>): void {
    const shape = ending.shape === undefined ? {} : { shape: ending.shape };
    const place = { lane: this.#request.lane, sequenceNumber: this.#writer.skip() };
    this.#host.acts.sendError(ending.error, { ...place, ...shape });
  }

  #cutShort(reason: string): void {
    this.#host.tell({ kind: "response-incomplete", ...this.#subject, reason });
    const output = this.#progress.items();
    const state: ResponseState = { status: "incomplete", output, usage: this.#usage(output), incompleteReason: reason };
    this.#writer.write({ type: "response.incomplete", response: this.#object(state) });
  }

  #followSteers(ending: Ending): AdmittedRequest | undefined {
    if (this.#steers.length === 0 || this.#host.signal.aborted) return undefined;
    const said = this.#steers.flatMap(({ request }) => request.input);
    const required = this.#output.filter(isFunctionCall);
    if (ending.kind === "completed" && required.length > 0) {
      this.#host.steers.keepForOutputs(this.#request.lane ?? DEFAULT_LANE, this.id, said);
      for (const { id } of this.#steers) this.#announcePending(id, required);
      return undefined;
    }
    const output = ending.kind === "completed" ? this.#output : this.#progress.items();
    const canFollow = ending.kind === "completed" || ending.kind === "steered";
    const successor = canFollow ? successorOf(linkOf(this.id, this.#request, output), this.#request, said) : undefined;
    if (successor !== undefined && successor.admission.effectiveInput.length <= this.#host.limits.contextItemsMax) {
      return successor;
    }
    for (const { id, request } of this.#steers) {
      const code = "successor_creation_failed";
      this.#host.tell({ kind: "steer-failed", ...subjectOf(this.#host, undefined), code });
      const steer = { id, previous_response_id: this.id, input: request.said };
      this.#writer.write(steerFailedFrame(code, steer));
    }
    return undefined;
  }

  #announcePending(id: string, required: readonly OutputItem[]): void {
    this.#host.tell({ kind: "steer-pending", ...this.#subject, steerId: id });
    this.#writer.write({
      type: "response.steer.pending",
      steer: { id, previous_response_id: this.id },
      reason: "waiting_for_required_input",
      required_input: required.flatMap((item) =>
        item.type === "function_call" ? [{ type: "function_call_output", call_id: item.call_id, name: item.name }] : [],
      ),
    });
  }
}

const NOTHING_ORDERED: OrderOutcome = { drop: false, repeat: false };

function stepOf(host: ResponseHost, effectiveInput: readonly Item[]): ModelStep {
  const script = host.session.script();
  return script === undefined ? { text: NO_TURN_TEXT } : nextStep(script, effectiveInput);
}
