import type { FunctionCallItem } from "../../../protocol/items.ts";
import type { Policy } from "../../../responses-client/policy-context.ts";
import type { ToolCalls, ToolDispatch } from "../../../responses-client/tool-dispatch.ts";
import type { Client } from "../../client.ts";
import { adaptResponsesClient } from "../../responses-client-adapter.ts";

/** The bug: a tool starts as soon as its call is done, and is forgotten when the response then comes to nothing. */
const startEarlyAndForget: Policy<ToolDispatch> = () => {
  const started = new Map<string, Promise<string>>();
  const outputOf = async (call: FunctionCallItem, tools: ToolCalls): Promise<string> => {
    const running = started.get(call.call_id) ?? tools.run(call);
    started.set(call.call_id, running);
    return await running;
  };
  return {
    callDone: (call, tools) => void outputOf(call, tools),
    responseDiscarded: () => started.clear(),
    async answer({ calls, tools }) {
      await Promise.all(calls.map(async (call) => tools.recordOutput(call, await outputOf(call, tools))));
    },
  };
};

/** M11 of failures.md §4: the retry asks for the same action under a new call_id, and has it again. Violates INV-02. */
export const client: Client = adaptResponsesClient("planted:M11", { toolDispatch: startEarlyAndForget });
