import type OpenAI from "openai";
import type { ResponseInput, ResponsesClientEvent, ResponsesServerEvent } from "openai/resources/responses/responses";
import type { ResponsesWS, ResponsesWSClientOptions } from "openai/resources/responses/ws";

import type { Contract } from "../plan/contract.ts";
import type { Client, ClientContext, ClientSession, HarnessTool, TurnResult } from "./client.ts";
import { messageOf } from "../errors.ts";
import { importUserPackage } from "./user-package.ts";

/** How the SDK's socket is to be used. */
export type OpenaiClientOptions = {
  readonly name: string;
  readonly contract: Partial<Contract>;
  readonly socket: ResponsesWSClientOptions;
};

/**
 * Makes a client under test of `ResponsesWS` of the `openai` package, used as the SDK's own example uses it.
 *
 * The example (examples/responses/websocket.ts of openai-node) opens one socket for the whole program, sends each
 * create with the id of the response before it, listens to `event` and `error`, collects finished calls, and runs the
 * tools when the response has completed. It does not listen to `close`. So neither does this loop.
 *
 * @throws HarnessError `HARNESS_MISSING_PACKAGE`
 */
export async function adaptOpenaiClient({ name, contract, socket }: OpenaiClientOptions): Promise<Client> {
  // Loaded with the module: a package that is missing is no failure of the client, and is said before anything runs.
  const { OpenAI: Sdk, ResponsesWS: Socket } = await importSdk(name);
  return {
    name,
    contract,
    async open(context) {
      const sdk = new Sdk({ apiKey: context.apiKey, baseURL: context.baseUrl });
      return openLoop(new Socket(sdk, socket), context);
    },
  };
}

type Sdk = { readonly OpenAI: typeof OpenAI; readonly ResponsesWS: typeof ResponsesWS };

async function importSdk(neededBy: string): Promise<Sdk> {
  const main = await importUserPackage({ specifier: "openai", name: "openai", neededBy });
  const sockets = await importUserPackage({ specifier: "openai/resources/responses/ws", name: "openai", neededBy });
  const { OpenAI: constructor } = main as Pick<Sdk, "OpenAI">;
  return { OpenAI: constructor, ResponsesWS: (sockets as Pick<Sdk, "ResponsesWS">).ResponsesWS };
}

/** `readyState` of an open socket in the WebSocket API of browsers, which `ws` follows. */
const OPEN = 1;

type Answer = { readonly responseId: string; readonly text: string; readonly calls: readonly FunctionCall[] };
type FunctionCall = { readonly name: string; readonly arguments: string; readonly callId: string };

function openLoop(ws: ResponsesWS, context: ClientContext): ClientSession {
  let previousResponseId: string | null = null;
  let isFirst = true;
  // The example ends with its program when the socket fails between two turns; here the next turn tells of it.
  ws.on("error", () => undefined);

  async function turn(userText: string, signal: AbortSignal): Promise<string> {
    const isOpening = isFirst;
    isFirst = false;
    if (isOpening) await opened(ws, signal);
    let input: string | ResponseInput = userText;
    let text = "";
    for (;;) {
      const answer: Answer = await ask(ws, createOf(input), signal);
      text += answer.text;
      previousResponseId = answer.responseId;
      if (answer.calls.length === 0) return text;
      input = await answerCalls(answer.calls, context.tools);
    }
  }

  function createOf(input: string | ResponseInput): ResponsesClientEvent {
    const tools = context.tools.map(({ name, description, parameters }) => ({
      type: "function" as const,
      name,
      description,
      parameters: { ...parameters },
      strict: false,
    }));
    return { type: "response.create", model: context.model, input, previous_response_id: previousResponseId, tools };
  }

  return {
    async runTurn(userText, { signal }): Promise<TurnResult> {
      try {
        const text = await turn(userText, signal);
        context.report({ kind: "text", text });
        return { outcome: "completed", text };
      } catch (error) {
        context.report({ kind: "error", message: messageOf(error) });
        return { outcome: "failed", cause: messageOf(error) };
      }
    },
    async close() {
      ws.close();
    },
  };
}

async function opened(ws: ResponsesWS, signal: AbortSignal): Promise<void> {
  if (ws.socket.readyState === OPEN) return;
  await new Promise<void>((resolve, reject) => {
    ws.socket.once("open", () => resolve());
    ws.socket.once("error", reject);
    ws.socket.once("close", () => reject(new Error("the WebSocket closed before it was open")));
    signal.addEventListener("abort", () => reject(new Error("cancelled")), { once: true });
  });
}

/** Sends a create and collects what comes until its response has ended. */
async function ask(ws: ResponsesWS, create: ResponsesClientEvent, signal: AbortSignal): Promise<Answer> {
  const calls: FunctionCall[] = [];
  let text = "";
  let stop: (() => void) | undefined;
  try {
    return await new Promise<Answer>((resolve, reject) => {
      const onEvent = (event: ResponsesServerEvent): void => {
        switch (event.type) {
          case "response.output_text.delta":
            text += event.delta;
            return;
          case "response.output_item.done":
            if (event.item.type === "function_call") calls.push(callOf(event.item));
            return;
          case "response.completed":
            resolve({ responseId: event.response.id, text, calls });
            return;
          case "response.failed":
          case "response.incomplete":
            reject(new Error(`the response ended with ${event.type}`));
            return;
          case "error":
            reject(new Error("error" in event ? event.error?.message : event.message));
            return;
          default:
        }
      };
      const onAbort = (): void => reject(new Error("cancelled"));
      stop = () => {
        ws.off("event", onEvent);
        ws.off("error", reject);
        signal.removeEventListener("abort", onAbort);
      };
      ws.on("event", onEvent);
      ws.on("error", reject);
      signal.addEventListener("abort", onAbort, { once: true });
      ws.send(create);
    });
  } finally {
    stop?.();
  }
}

function callOf(item: { readonly name: string; readonly arguments: string; readonly call_id: string }): FunctionCall {
  return { name: item.name, arguments: item.arguments, callId: item.call_id };
}

async function answerCalls(calls: readonly FunctionCall[], tools: readonly HarnessTool[]): Promise<ResponseInput> {
  const outputs: ResponseInput = [];
  for (const call of calls) {
    const tool = tools.find(({ name }) => name === call.name);
    if (tool === undefined) throw new Error(`the model asked for a tool that is not offered: ${call.name}`);
    outputs.push({ type: "function_call_output", call_id: call.callId, output: await tool.run(call.arguments) });
  }
  return outputs;
}
