import type { FunctionCallItem } from "../protocol/items.ts";
import type { Policy } from "./policy-context.ts";

/** The hands of a {@link ToolDispatch}: it decides when, they do. */
export type ToolCalls = {
  /** What this very call was answered with before, out of the journal. */
  recordedOutput(call: FunctionCallItem): string | undefined;
  /** Journals, synced, that the tool is about to start. */
  recordIntent(call: FunctionCallItem): void;
  /** Runs the tool once. Never rejects: what goes wrong is an output that begins with `error:`. */
  run(call: FunctionCallItem): Promise<string>;
  /** Journals, synced, the output of a call and puts it into the history. Only the first output of a call counts. */
  recordOutput(call: FunctionCallItem, output: string): void;
};

/** A completed response that asks for tools. */
export type AnswerRequest = {
  /** In the order of the output, each once. */
  readonly calls: readonly FunctionCallItem[];
  readonly tools: ToolCalls;
  /** Aborted when the connection of the response is lost while the tools run. */
  readonly connectionLost: AbortSignal;
};

/** Decides when tools start. */
export type ToolDispatch = {
  /** The item of a call is done, its response is not. Called for each delivery, so for a repeated event again. */
  callDone(call: FunctionCallItem, tools: ToolCalls): void;
  /** The response of the calls seen so far came to nothing; the model will be asked again. */
  responseDiscarded(): void;
  /** Records an output for each call. The next create is sent when the promise resolves. */
  answer(request: AnswerRequest): Promise<void>;
};

/**
 * Starts tools when their response has completed, all at once (protocol.md §6.9 item 5).
 *
 * Before that nothing may run: a response that dies is asked for again and comes back with the same action under a new
 * id, which nobody could recognise (INV-02). Intent is journalled before the start and the output before it is sent
 * (INV-44); a call that was answered before is answered from the journal (INV-01). A lost connection stops no tool: its
 * output belongs to the conversation and not to the transport (INV-08).
 */
export function createToolDispatch(): Policy<ToolDispatch> {
  return () => ({
    callDone: () => undefined,
    responseDiscarded: () => undefined,
    async answer({ calls, tools }) {
      await Promise.all(calls.map(async (call) => tools.recordOutput(call, await outputOf(call, tools))));
    },
  });
}

async function outputOf(call: FunctionCallItem, tools: ToolCalls): Promise<string> {
  const recorded = tools.recordedOutput(call);
  if (recorded !== undefined) return recorded;
  tools.recordIntent(call);
  return await tools.run(call);
}
