import { digestOfText, stableJson } from "../../determinism/stable-json.ts";
import type { ReceivedMessage } from "../../history/passages.ts";
import type { ToolExecution } from "../../history/tool-operations.ts";
import { type Item, itemsOfInput } from "../../protocol/items.ts";
import { objectMember, parseJsonObject, textMember } from "../../protocol/json.ts";
import { type CheckContext, type Checker, evidenceOf, notExercised, worstOf } from "../checker.ts";
import type { Finding } from "../verdict.ts";

/** INV-05: a tool runs on what the model has said to the end, and on nothing else. */
export const saidBeforeRun: Checker = {
  name: "said-before-run",
  rule: "INV-05",
  claim: "A tool starts only with arguments that the model had finished saying, exactly as it said them.",
  evidence: "The last piece of the call that had arrived, and the start of the tool.",
  undecided:
    "Unknown where the call reached the client, but nothing shows that it did so before the tool started, and where its arguments are redacted. Not exercised where no tool started.",
  source: "failures.md INV-05 (B18, B19, B20, B59); protocol.md §3.3, §6.9 (5)",
  advice:
    "Take arguments from response.output_item.done or the completed response alone: neither put the deltas of a broken stream together, nor mend what does not parse.",
  check(context) {
    const { executions } = context;
    if (executions.length === 0) return notExercised("no tool started");
    const said = callsReceived(context.received);
    return worstOf(
      executions.map((execution) => findingOf(execution, said, context)),
      `each of ${executions.length} tools started with arguments that were said to the end`,
    );
  },
};

/** What the clients received of calls. */
type ReceivedCalls = {
  /** The first message that made arguments final, by session and digest. */
  readonly final: ReadonlyMap<string, ReceivedMessage["event"]>;
  /** Sessions of which some arguments are redacted in the history. */
  readonly redacted: ReadonlySet<number | undefined>;
};

function callsReceived(received: readonly ReceivedMessage[]): ReceivedCalls {
  const final = new Map<string, ReceivedMessage["event"]>();
  const redacted = new Set<number | undefined>();
  for (const { event, body } of received) {
    if (event.type !== "response.output_item.done" && event.type !== "response.completed") continue;
    const texts = finalArgumentsIn(event.type, body);
    if (texts.some((text) => text.includes("redacted:"))) redacted.add(event.session);
    for (const form of texts.flatMap(formsOf)) {
      const key = `${event.session ?? "?"}/${digestOfText(form)}`;
      if (!final.has(key)) final.set(key, event);
    }
  }
  return { final, redacted };
}

function finalArgumentsIn(type: string, body: ReceivedMessage["body"]): readonly string[] {
  const items =
    type === "response.output_item.done"
      ? itemsOfInput([body["item"]])
      : itemsOfInput(type === "response.completed" ? objectMember(body, "response")?.["output"] : []);
  return items.flatMap((item) => argumentsOf(item) ?? []);
}

/** The arguments of a function call, or the input of a custom one. */
function argumentsOf(item: Item): string | undefined {
  if (!item.type.endsWith("_call")) return undefined;
  const members: Readonly<Record<string, unknown>> = { ...item };
  return textMember(members, "arguments") ?? textMember(members, "input");
}

/** A client may hand on what it has parsed: the same object, written by another hand. */
function formsOf(text: string): readonly string[] {
  const parsed = parseJsonObject(text);
  return parsed === undefined ? [text] : [text, JSON.stringify(parsed), stableJson(parsed)];
}

function findingOf(execution: ToolExecution, said: ReceivedCalls, { order, received }: CheckContext): Finding {
  const { session, started, operation } = execution;
  const who = `session ${session}: the tool ${started.name} was started${operation === undefined ? "" : ` for operation ${operation}`}`;
  const call = said.final.get(`${session}/${started.argumentsDigest}`);
  if (call === undefined) {
    if (said.redacted.has(session)) {
      const message = `${who}, with arguments that cannot be compared, because some are redacted in this history`;
      return { outcome: "unknown", message, evidence: evidenceOf(started) };
    }
    const message = `${who} with arguments that the model never finished saying`;
    return { outcome: "violated", message, evidence: evidenceOf(lastPiece(execution, received), started) };
  }
  switch (order.compare(call, started)) {
    case "before":
      return { outcome: "holds", message: "", evidence: [] };
    case "after":
      return {
        outcome: "violated",
        message: `${who} before the call was said to the end`,
        evidence: evidenceOf(started, call),
      };
    case "concurrent":
      return {
        outcome: "unknown",
        message: `${who}, and nothing shows that its call had arrived by then`,
        evidence: evidenceOf(started, call),
      };
  }
}

/** The last piece of arguments that had reached the client when the tool started. */
function lastPiece(
  { session, started }: ToolExecution,
  received: readonly ReceivedMessage[],
): ReceivedMessage["event"] | undefined {
  return received.findLast(
    ({ event }) =>
      event.session === session &&
      event.sequence < started.sequence &&
      event.type === "response.function_call_arguments.delta",
  )?.event;
}
