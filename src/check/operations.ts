import { operationOfArguments, type ToolExecution } from "../history/tool-operations.ts";
import { callsOf, type MessageEvent, type ObservedResponse } from "../history/responses.ts";
import { type FunctionCallItem, isFunctionCall, isFunctionCallOutput } from "../protocol/items.ts";
import type { CheckContext } from "./checker.ts";

/** A call of the model for an operation, and the response that made it. */
export type OperationCall = {
  readonly call: FunctionCallItem;
  readonly done: MessageEvent;
  readonly response: ObservedResponse;
};

/** Everything about one operation of one session. */
export type Operation = {
  readonly session: number;
  readonly operation: string;
  readonly executions: readonly ToolExecution[];
  /** The distinct calls for it, by call_id, in the order in which they left the server. */
  readonly calls: readonly OperationCall[];
};

/** Every operation that was called for or carried out. */
export function collectOperations({ responses, executions }: CheckContext): readonly Operation[] {
  const operations = new Map<string, { -readonly [Key in keyof Operation]: Operation[Key] }>();
  const at = (
    session: number,
    operation: string,
  ): { executions: readonly ToolExecution[]; calls: readonly OperationCall[] } => {
    const key = `${session}/${operation}`;
    const known = operations.get(key) ?? { session, operation, executions: [], calls: [] };
    operations.set(key, known);
    return known;
  };
  for (const execution of executions) {
    if (execution.operation === undefined) continue;
    const entry = at(execution.session, execution.operation);
    entry.executions = [...entry.executions, execution];
  }
  for (const response of responses) {
    for (const { call, done } of callsOf(response)) {
      const operation = operationOfArguments(call.arguments);
      if (operation === undefined) continue;
      const entry = at(response.session, operation);
      if (entry.calls.some((known) => known.call.call_id === call.call_id)) continue;
      entry.calls = [...entry.calls, { call, done, response }];
    }
  }
  return [...operations.values()];
}

/** Whether the model knew, when it made this response, that the operation had been called for and answered. */
export function wasInformed(response: ObservedResponse, operation: string): boolean {
  const answered = new Set(response.effectiveInput.filter(isFunctionCallOutput).map((output) => output.call_id));
  return response.effectiveInput
    .filter(isFunctionCall)
    .some((call) => operationOfArguments(call.arguments) === operation && answered.has(call.call_id));
}
