import type { EventOf, HistoryEvent } from "./event.ts";

/**
 * An event in one line for a person, without what users or models said.
 *
 * @example describeEvent(event) // "19 at 41 ms, session 0, book-seat: the server sent response.output_item.done (P6)"
 */
export function describeEvent(event: HistoryEvent): string {
  const session = event.session === undefined ? "" : `, session ${event.session}`;
  const operation = event.operation === undefined ? "" : `, ${event.operation}`;
  return `${event.sequence} at ${Math.round(event.atMs)} ms${session}${operation}: ${whatHappened(event)}`;
}

function whatHappened(event: HistoryEvent): string {
  switch (event.kind) {
    case "message":
      return messageWords(event);
    case "turn-started":
      return `turn ${event.turn} started${event.probe ? " (the probe)" : ""}`;
    case "turn-ended":
      return `turn ${event.turn} ended as ${event.outcome}${event.probe ? " (the probe)" : ""}`;
    case "turn-overdue":
      return `turn ${event.turn} was still open at its deadline of ${event.deadlineMs} ms`;
    case "tool-started":
    case "tool-effect":
    case "tool-returned":
      return `tool run ${event.execution} ${TOOL_WORDS[event.kind]}`;
    case "fault-reached":
    case "fault-applied":
    case "fault-healed":
    case "fault-missed":
    case "fault-failed":
      return `fault ${event.id} ${event.kind.slice("fault-".length)}`;
    case "client-exited":
      return `the client's process ended with ${event.signal ?? `code ${event.code ?? "unknown"}`}`;
    case "control-frame":
      return `${event.opcode} frame${event.code === undefined ? "" : ` ${event.code}`} ${wayOf(event.direction)}`;
    case "frame-injected":
      return `close frame ${event.code} put ${wayOf(event.direction)} by the harness`;
    case "upgrade-answered":
      return `upgrade answered with ${event.status}`;
    case "dial-unanswered":
      return "a dial got no answer";
    case "dial-rejected":
      return `dial rejected (${event.how})`;
    case "ended":
    case "reset":
      return `connection ${event.kind} at the ${event.source}`;
    case "limit-reached":
      return `limit ${event.limit} reached (${event.value})`;
    default:
      return event.kind.replaceAll("-", " ");
  }
}

const TOOL_WORDS = { "tool-started": "started", "tool-effect": "took effect", "tool-returned": "returned" } as const;

function messageWords({ source, direction, type, point }: EventOf<"message">): string {
  const what = point === undefined ? type : `${type} (${point})`;
  if (direction === "to-client") {
    return source === "server-face" ? `the server sent ${what}` : `the client was delivered ${what}`;
  }
  return source === "client-face" ? `the client sent ${what}` : `the server was delivered ${what}`;
}

function wayOf(direction: EventOf<"message">["direction"]): string {
  return direction === "to-client" ? "to the client" : "to the server";
}
