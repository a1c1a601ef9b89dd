import { inspect } from "node:util";

import type { Client, ClientSession, HarnessTool, SurfaceEvent, TurnResult } from "../client.ts";
import type { FromHostMessage, ToHostMessage } from "./host-message.ts";

type OpenMessage = Extract<ToHostMessage, { kind: "open" }>;

/** What a session of a client is joined to the harness with. */
export type HostLink = {
  send(message: FromHostMessage): void;
  nextCall(): number;
  /** See `ClientContext.memory`. */
  readonly memory?: Map<string, unknown>;
};

/** A session of the client under test, inside its own process. */
export type HostedSession = {
  runTurn(userText: string): Promise<TurnResult>;
  abortTurn(): void;
  close(): Promise<void>;
  /** Hands an answer to the tool call that waits for it. */
  takeToolOutput(call: number, output: string): boolean;
};

/** Opens a session of a client; what it calls and reports is sent to the harness. */
export async function openHostedSession(client: Client, message: OpenMessage, link: HostLink): Promise<HostedSession> {
  const { session } = message;
  const waiting = new Map<number, (output: string) => void>();
  const tools = message.tools.map((tool): HarnessTool => ({
    ...tool,
    run: async (argumentsJson) =>
      await new Promise((resolve) => {
        const call = link.nextCall();
        waiting.set(call, resolve);
        link.send({ kind: "tool-call", call, session, name: tool.name, argumentsJson: String(argumentsJson) });
      }),
  }));
  const opened: ClientSession = await client.open({
    baseUrl: message.baseUrl,
    apiKey: message.apiKey,
    model: message.model,
    tools,
    stateDirectory: message.stateDirectory,
    ...(link.memory === undefined ? {} : { memory: link.memory }),
    report: (event) => link.send({ kind: "surface", session, event: readSurfaceEvent(event) }),
  });
  let aborting = new AbortController();
  return {
    async runTurn(userText) {
      aborting = new AbortController();
      return readTurnResult(await opened.runTurn(userText, { signal: aborting.signal }));
    },
    abortTurn: () => aborting.abort(),
    close: async () => await opened.close(),
    takeToolOutput(call, output) {
      const resolve = waiting.get(call);
      waiting.delete(call);
      resolve?.(output);
      return resolve !== undefined;
    },
  };
}

// A module of somebody else may answer and report anything, whatever its types say.
function readTurnResult(result: TurnResult | undefined): TurnResult {
  switch (result?.outcome) {
    case "completed":
      return { outcome: "completed", text: String(result.text) };
    case "failed":
      return { outcome: "failed", cause: String(result.cause ?? "") };
    default:
      throw new TypeError(`runTurn answered ${inspect(result)}, not { outcome: "completed" | "failed", … }`);
  }
}

function readSurfaceEvent(event: SurfaceEvent | undefined): SurfaceEvent {
  switch (event?.kind) {
    case "text":
      return { kind: "text", text: String(event.text) };
    case "text-retracted":
      return { kind: "text-retracted" };
    case "error":
      return { kind: "error", message: String(event.message) };
    case "gave-up":
      return { kind: "gave-up", cause: String(event.cause) };
    default:
      throw new TypeError(
        `report takes { kind: "text" | "text-retracted" | "error" | "gave-up", … }, not ${inspect(event)}`,
      );
  }
}
