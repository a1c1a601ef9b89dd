import type { FunctionCallItem } from "../../../protocol/items.ts";
import type { Policy } from "../../../responses-client/policy-context.ts";
import type { ToolDispatch } from "../../../responses-client/tool-dispatch.ts";
import type { Client } from "../../client.ts";
import { adaptResponsesClient } from "../../responses-client-adapter.ts";

/** The bug: each delivery of a call is put into a queue, and the queue is worked off when the response has completed. */
const runEachDelivery: Policy<ToolDispatch> = () => {
  let queue: FunctionCallItem[] = [];
  return {
    callDone: (call) => void queue.push(call),
    responseDiscarded: () => void (queue = []),
    async answer({ calls, tools }) {
      const delivered = queue.length > 0 ? queue : calls;
      queue = [];
      await Promise.all(delivered.map(async (call) => tools.recordOutput(call, await tools.run(call))));
    },
  };
};

/** M08 of failures.md §4: runs a tool again when its call is delivered again. Violates INV-01. */
export const client: Client = adaptResponsesClient("planted:M08", { toolDispatch: runEachDelivery });
