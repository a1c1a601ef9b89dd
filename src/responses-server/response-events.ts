import { digestOfText } from "../determinism/stable-json.ts";
import type { JsonObject } from "../protocol/json.ts";
import { DEFAULT_DELTAS, type ModelStep } from "../protocol/model-script.ts";
import { cutText, type OutputCall, type OutputItem, type OutputMessage, textPart } from "./model-output.ts";

/** One event of a response before it gets its `sequence_number` and `stream_id`. */
export type PlannedEvent = {
  readonly event: { readonly type: string } & JsonObject;
  /** Pause before it, in milliseconds. */
  readonly gapMs: number;
};

/** How a step is told: into how many deltas, with which pauses, and whether calls alternate. */
export type Pacing = Pick<ModelStep, "deltas" | "deltaGapMs" | "interleaved">;

/**
 * The events between `response.in_progress` and the terminal, in the order of protocol.md §3.2–§3.4.
 *
 * They are made one by one as they are asked for, so a step with a million deltas costs no more than one event. Items
 * come one after the other; with `interleaved`, the deltas of the calls alternate instead, which is legal.
 */
export function* outputEvents(output: readonly OutputItem[], pacing: Pacing): Generator<PlannedEvent, void, void> {
  const calls: [number, OutputCall][] = [];
  for (const [index, item] of output.entries()) {
    if (item.type === "function_call") {
      calls.push([index, item]);
      continue;
    }
    yield* item.type === "reasoning" ? reasoningEvents(item, index, pacing) : messageEvents(item, index, pacing);
  }
  if (pacing.interleaved === true) {
    yield* alternate(calls.map(([index, item]) => callEvents(item, index, pacing)));
    return;
  }
  for (const [index, item] of calls) yield* callEvents(item, index, pacing);
}

function* messageEvents(item: OutputMessage, outputIndex: number, pacing: Pacing): Generator<PlannedEvent> {
  const text = item.content[0].text;
  const place = { item_id: item.id, output_index: outputIndex, content_index: 0 };
  yield at("response.output_item.added", {
    output_index: outputIndex,
    item: { ...item, status: "in_progress", content: [] },
  });
  yield at("response.content_part.added", { ...place, part: textPart("") });
  for (const delta of cutText(text, pacing.deltas ?? DEFAULT_DELTAS)) {
    // Deltas are most of all events, so theirs are put together in one go.
    const { item_id, output_index, content_index } = place;
    const type = "response.output_text.delta";
    const event = { type, item_id, output_index, content_index, delta, logprobs: [] };
    yield { event, gapMs: pacing.deltaGapMs ?? 0 };
  }
  yield at("response.output_text.done", { ...place, text, logprobs: [] });
  yield at("response.content_part.done", { ...place, part: textPart(text) });
  yield at("response.output_item.done", { output_index: outputIndex, item });
}

function* callEvents(item: OutputCall, outputIndex: number, pacing: Pacing): Generator<PlannedEvent> {
  const place = { item_id: item.id, output_index: outputIndex };
  yield at("response.output_item.added", {
    output_index: outputIndex,
    item: { ...item, status: "in_progress", arguments: "" },
  });
  for (const delta of cutText(item.arguments, pacing.deltas ?? DEFAULT_DELTAS)) {
    const { item_id, output_index } = place;
    const event = { type: "response.function_call_arguments.delta", item_id, output_index, delta };
    yield { event, gapMs: pacing.deltaGapMs ?? 0 };
  }
  yield at("response.function_call_arguments.done", { ...place, name: item.name, arguments: item.arguments });
  yield at("response.output_item.done", { output_index: outputIndex, item });
}

function* reasoningEvents(
  item: Extract<OutputItem, { type: "reasoning" }>,
  outputIndex: number,
  pacing: Pacing,
): Generator<PlannedEvent> {
  // The value at *added* differs from the one at *done* on the real service; a client has to keep the latter (§3.4).
  const early = item.encrypted_content ?? undefined;
  yield at("response.output_item.added", {
    output_index: outputIndex,
    item: {
      ...item,
      summary: [],
      ...(early === undefined ? {} : { encrypted_content: digestOfText(`added/${item.id}`) }),
    },
  });
  for (const [summaryIndex, part] of item.summary.entries()) {
    const place = { item_id: item.id, output_index: outputIndex, summary_index: summaryIndex };
    yield at("response.reasoning_summary_part.added", { ...place, part: { type: "summary_text", text: "" } });
    for (const delta of cutText(part.text, pacing.deltas ?? DEFAULT_DELTAS)) {
      yield at("response.reasoning_summary_text.delta", { ...place, delta }, pacing.deltaGapMs);
    }
    yield at("response.reasoning_summary_text.done", { ...place, text: part.text });
    yield at("response.reasoning_summary_part.done", { ...place, part });
  }
  yield at("response.output_item.done", { output_index: outputIndex, item });
}

function* alternate(streams: readonly Generator<PlannedEvent>[]): Generator<PlannedEvent> {
  let open = [...streams];
  while (open.length > 0) {
    const still: Generator<PlannedEvent>[] = [];
    for (const stream of open) {
      const next = stream.next();
      if (next.done === true) continue;
      yield next.value;
      still.push(stream);
    }
    open = still;
  }
}

function at(type: string, members: JsonObject, gapMs = 0): PlannedEvent {
  return { event: { type, ...members }, gapMs };
}
