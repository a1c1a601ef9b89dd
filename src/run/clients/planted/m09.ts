import type { Policy } from "../../../responses-client/policy-context.ts";
import type { ToolDispatch } from "../../../responses-client/tool-dispatch.ts";
import type { Client } from "../../client.ts";
import { adaptResponsesClient } from "../../responses-client-adapter.ts";

/** The bug: the output of a tool is handed to the connection that asked for it, and when that is gone, to nobody. */
const answerTheConnection: Policy<ToolDispatch> = () => ({
  callDone: () => undefined,
  responseDiscarded: () => undefined,
  async answer({ calls, tools, connectionLost }) {
    const outputs = await Promise.all(calls.map(async (call) => ({ call, output: await tools.run(call) })));
    if (connectionLost.aborted) await new Promise(() => undefined);
    for (const { call, output } of outputs) tools.recordOutput(call, output);
  },
});

/** M09 of failures.md §4: drops the output if the socket closed while the tool ran. Violates INV-03. */
export const client: Client = adaptResponsesClient("planted:M09", { toolDispatch: answerTheConnection });
