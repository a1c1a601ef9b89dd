import type { HistoryEvent } from "cutwire";

/**
 * What two backends have to agree on: what each session's client showed and each of its tools did, in order, and which
 * messages each connection delivered. Times, socket errors and the words of failures are left out.
 */
export function outlineOf(history: readonly HistoryEvent[]): Readonly<Record<string, readonly string[]>> {
  const lines = new Map<string, string[]>();
  const add = (key: string, line: string): void => {
    const known = lines.get(key);
    if (known === undefined) lines.set(key, [line]);
    else known.push(line);
  };
  const gone = new Set<string>();
  for (const event of history) {
    const session = `session ${event.session ?? "?"}`;
    const shown = shownLine(event);
    // Calls that run side by side have no order among them.
    const teller = event.source === "tool" ? `${session}, operation ${event.operation ?? "?"}` : session;
    if (shown !== undefined) add(teller, shown);
    const connection = `${session}, connection ${event.connection ?? "?"}`;
    // What is sent to somebody who has hung up reaches nobody, and how much of it leaves is a matter of chance.
    if ((event.kind === "ended" && event.edge === "in") || event.kind === "reset")
      gone.add(`${connection} ${event.source}`);
    if (event.kind === "message" && isDelivered(event) && !gone.has(`${connection} ${event.source}`)) {
      const way = `${connection} ${event.direction}`;
      add(way, `${event.frame} ${event.type} ends at ${event.endOffset}${event.altered ?? ""}`);
    }
  }
  return Object.fromEntries([...lines].toSorted(([left], [right]) => (left < right ? -1 : 1)));
}

function shownLine(event: HistoryEvent): string | undefined {
  switch (event.kind) {
    case "text":
      return `text ${event.text}`;
    case "text-retracted":
    case "error-shown":
    case "gave-up":
      return event.kind;
    case "tool-started":
      return `started ${event.argumentsDigest}`;
    case "tool-effect":
    case "tool-returned":
      return event.kind;
    case "turn-ended":
      return `turn ${event.turn} ${event.outcome} ${event.text ?? ""}`;
    case "client-exited":
      return event.expected ? undefined : "exited";
    default:
      return undefined;
  }
}

/** A message has come out where it was to go. */
function isDelivered({ source, direction }: Extract<HistoryEvent, { kind: "message" }>): boolean {
  return source === (direction === "to-client" ? "client-face" : "server-face");
}
