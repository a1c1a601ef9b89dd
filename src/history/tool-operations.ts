import { parseJsonObject, textMember } from "../protocol/json.ts";
import type { EventOf, HistoryEvent } from "./event.ts";

/** One run of a tool, from the ledger. Absent events did not happen. */
export type ToolExecution = {
  readonly execution: number;
  readonly session: number;
  /** The key of what was to be done; absent where the client gave arguments that hold none. */
  readonly operation: string | undefined;
  readonly started: EventOf<"tool-started">;
  readonly effect: EventOf<"tool-effect"> | undefined;
  readonly returned: EventOf<"tool-returned"> | undefined;
};

/** The key of an operation out of a call's arguments: `{"operation":"t0-book"}` gives `"t0-book"`. */
export function operationOfArguments(argumentsJson: string): string | undefined {
  const parsed = parseJsonObject(argumentsJson);
  return parsed === undefined ? undefined : textMember(parsed, "operation");
}

/** The tool runs of all sessions, in the order in which they started. */
export function collectToolExecutions(history: readonly HistoryEvent[]): readonly ToolExecution[] {
  const executions = new Map<number, ToolExecution>();
  for (const event of history) {
    if (event.kind === "tool-started") {
      executions.set(event.execution, {
        execution: event.execution,
        session: event.session ?? 0,
        operation: event.operation,
        started: event,
        effect: undefined,
        returned: undefined,
      });
      continue;
    }
    if (event.kind !== "tool-effect" && event.kind !== "tool-returned") continue;
    const open = executions.get(event.execution);
    if (open === undefined) continue;
    executions.set(
      event.execution,
      event.kind === "tool-effect" ? { ...open, effect: event } : { ...open, returned: event },
    );
  }
  return [...executions.values()];
}
