import { type Anchor, decidingAnchor } from "../plan/trigger.ts";
import { DEFAULT_DELTAS, type ModelStep, type ScriptedCall, type SessionScript } from "../protocol/model-script.ts";

/**
 * What an undisturbed session comes past, a number of times in a row, on account of one part of its script.
 *
 * @example { "key": "P6", "part": "Book a seat, please.\nbook-seat\nbook-seat", "times": 1 }
 */
export type ScriptMark = {
  /** What an anchor waits for: {@link keyOfAnchor}. */
  readonly key: string;
  /** The turn, the step in it, and the call in that; the same in another script that was made of this one by leaving out. */
  readonly part: string;
  readonly times: number;
};

/** What an anchor waits for, without which time it is: `"P6"`, `"to-client response.created"`; none for a byte anchor. */
export function keyOfAnchor(anchor: Anchor): string | undefined {
  const deciding = decidingAnchor(anchor);
  switch (deciding.kind) {
    case "point":
      return deciding.point;
    case "event":
      return `${deciding.direction} ${deciding.type}`;
    case "bytes":
      return undefined;
  }
}

/**
 * What an undisturbed session comes past, in order.
 *
 * The events are those of protocol.md §3.2–§3.4. Argument deltas that alternate between calls are told call by call, and
 * what a client does again because of a fault is not told at all: this says where an anchor is to be looked for.
 *
 * @param original The script that this one was made of by leaving out; its steps give the parts their names.
 */
export function marksOfSession(session: SessionScript, original: SessionScript = session): readonly ScriptMark[] {
  const names = stepNames(original);
  const turns = session.turns.flatMap(({ userText, script }) => [
    ...script.steps.flatMap((step, index) => {
      const name = names.get(step.calls?.[0]?.operation ?? "") ?? "last";
      return marksOfStep(step, { part: `${userText}\n${name}`, isFirst: index === 0 });
    }),
    mark("P14", `${userText}\nlast`),
  ]);
  return [mark("P0", "session"), mark("P1", "session"), ...turns];
}

/** A step is named after its first call, and each of its calls leads to that name. */
function stepNames({ turns }: SessionScript): ReadonlyMap<string, string> {
  const steps = turns.flatMap(({ script }) => script.steps);
  return new Map(
    steps.flatMap(({ calls = [] }) => calls.map(({ operation }) => [operation, calls[0]?.operation ?? operation])),
  );
}

/** How many of an item's marks say that it is done; a response that ends early leaves its last item without them. */
const CLOSING_MARKS = 3;

function marksOfStep(
  step: ModelStep,
  { part, isFirst }: { readonly part: string; readonly isFirst: boolean },
): readonly ScriptMark[] {
  const { calls = [], ending } = step;
  const items = [
    ...(step.reasoning === undefined ? [] : [marksOfReasoning(step.reasoning, step, part)]),
    ...(step.text === undefined ? [] : [marksOfText(step.text, step, part)]),
    ...calls.map((call) => marksOfCall(call, step, `${part}\n${call.operation}`)),
  ];
  const opening = [
    ...marksOf(part, ["to-server response.create", isFirst ? "P2" : "P10"]),
    ...marksOf(part, ["to-client response.created", isFirst ? "P3" : "P11", "to-client response.in_progress"]),
  ];
  if (ending !== undefined) {
    const body = items.flat().slice(0, -CLOSING_MARKS);
    return [...opening, ...body, mark(`to-client response.${ending.kind}`, part)];
  }
  const completed = ["to-client response.completed", calls.length > 0 ? "P7" : "P13"];
  const tools = calls.flatMap(({ operation }) => marksOf(`${part}\n${operation}`, ["P8", "P9"]));
  return [...opening, ...items.flat(), ...marksOf(part, completed), ...tools];
}

function marksOfReasoning(text: string, step: ModelStep, part: string): readonly ScriptMark[] {
  const summary = "to-client response.reasoning_summary";
  return [
    ...marksOf(`${part}\nreasoning`, ["to-client response.output_item.added", `${summary}_part.added`]),
    mark(`${summary}_text.delta`, `${part}\nreasoning`, deltasOf(text.length, step)),
    ...marksOf(`${part}\nreasoning`, [`${summary}_text.done`, `${summary}_part.done`]),
    mark("to-client response.output_item.done", `${part}\nreasoning`),
  ];
}

function marksOfText(text: string, step: ModelStep, part: string): readonly ScriptMark[] {
  const deltas = deltasOf(text.length, step);
  return [
    ...marksOf(`${part}\ntext`, ["to-client response.output_item.added", "to-client response.content_part.added"]),
    mark("to-client response.output_text.delta", `${part}\ntext`, deltas),
    mark("P12", `${part}\ntext`, deltas),
    ...marksOf(`${part}\ntext`, ["to-client response.output_text.done", "to-client response.content_part.done"]),
    mark("to-client response.output_item.done", `${part}\ntext`),
  ];
}

function marksOfCall({ operation }: ScriptedCall, step: ModelStep, part: string): readonly ScriptMark[] {
  // The shortest arguments that a call can have hold its operation.
  const deltas = deltasOf(JSON.stringify({ operation }).length, step);
  return [
    ...marksOf(part, ["to-client response.output_item.added", "P4"]),
    mark("to-client response.function_call_arguments.delta", part, deltas),
    mark("P5", part, deltas),
    ...marksOf(part, ["to-client response.function_call_arguments.done", "to-client response.output_item.done", "P6"]),
  ];
}

function deltasOf(length: number, { deltas = DEFAULT_DELTAS }: ModelStep): number {
  return Math.min(deltas, length);
}

function marksOf(part: string, keys: readonly string[]): readonly ScriptMark[] {
  return keys.map((key) => mark(key, part));
}

function mark(key: string, part: string, times = 1): ScriptMark {
  return { key, part, times };
}
