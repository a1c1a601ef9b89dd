import { messageOf } from "../errors.ts";
import type { FunctionCallItem } from "../protocol/items.ts";
import { parseJsonObject } from "../protocol/json.ts";
import type { ClientTool } from "./client-tool.ts";
import type { Conversation } from "./conversation.ts";
import type { ToolCalls } from "./tool-dispatch.ts";

/** The longest output that the API takes, in UTF-16 units (protocol.md §2.1). */
const OUTPUT_LENGTH_MAX = 10_485_760;

/** Joins the tools of the user to the journal of a conversation. After `isClosed` says true, nothing is recorded. */
export function createToolCalls(options: {
  readonly tools: readonly ClientTool[];
  readonly conversation: Conversation;
  readonly isClosed: () => boolean;
}): ToolCalls {
  const { tools, conversation, isClosed } = options;
  return {
    recordedOutput: (call) => conversation.recordedOutput(call),
    recordIntent: (call) => conversation.addIntent(call),
    recordOutput(call, output) {
      if (!isClosed()) conversation.addOutput(call, output);
    },
    run: async (call) => await runTool(tools, call),
  };
}

async function runTool(tools: readonly ClientTool[], call: FunctionCallItem): Promise<string> {
  const tool = tools.find(({ name }) => name === call.name);
  if (tool === undefined) return `error: there is no tool named ${call.name}`;
  // Arguments are never repaired: a call that was not said in full must not have an effect (INV-05).
  if (parseJsonObject(call.arguments) === undefined) return "error: the arguments are not a JSON object";
  try {
    const output = await tool.run(call.arguments);
    return output.length > OUTPUT_LENGTH_MAX ? `error: the output has ${output.length} characters` : output;
  } catch (error) {
    return `error: ${messageOf(error)}`;
  }
}
