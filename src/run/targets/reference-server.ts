import type { ServerEvent } from "../../responses-server/server-event.ts";
import { createResponsesEndpoint } from "../../responses-server/responses-endpoint.ts";
import { openResponsesServer } from "../../responses-server/responses-server.ts";
import type { ResponsesEndpointOptions } from "../../responses-server/server-options.ts";
import type { ServerControl } from "../../responses-server/server-control.ts";
import type { World } from "../../simulation/world.ts";
import type { OpenedTarget, Target, TargetControl } from "../target.ts";

const HOST = "127.0.0.1";

/** The reference Responses server, in the harness's own process. */
export const referenceServer: Target = {
  name: "reference",
  isScripted: true,
  capabilities: new Set(["target-forget", "target-freeze", "target-reuse-call-ids"]),
  canBeSimulated: true,
  async open({ scripts, clock, recorder, world }) {
    const sessionOfKey = new Map([...scripts.keys()].map((apiKey, session) => [apiKey, session]));
    const options: ResponsesEndpointOptions = {
      clock,
      scriptOf: (apiKey) => scripts.get(apiKey),
      onEvent(event) {
        const { name, session, details } = describe(event, sessionOfKey);
        recorder.record({
          source: "target",
          ...(session === undefined ? {} : { session }),
          kind: "target-event",
          name,
          details,
        });
      },
    };
    const keys = [...scripts.keys()];
    if (world !== undefined) return listenInWorld(world, options, keys);
    const server = await openResponsesServer({ ...options, host: HOST });
    const control = controlOf(server.control, keys);
    return { host: HOST, port: server.port, control, close: async () => await server.close() };
  },
};

function listenInWorld(world: World, options: ResponsesEndpointOptions, keys: readonly string[]): OpenedTarget {
  const endpoint = createResponsesEndpoint(options);
  const listener = world.network.listenForStreams(0, (socket) => endpoint.accept(socket));
  return {
    host: HOST,
    port: listener.port,
    control: controlOf(endpoint.control, keys),
    async close() {
      listener.close();
      endpoint.close();
    },
  };
}

function controlOf(server: ServerControl, keys: readonly string[]): TargetControl {
  const keyOf = (session: number): string => keys[session] ?? "";
  return {
    async forget(session, what) {
      if (!server.forget(keyOf(session), what)) throw neverReached(session);
    },
    async reuseCallIds(session) {
      if (!server.reuseCallIds(keyOf(session))) throw neverReached(session);
    },
    freeze: async (session) => server.order({ apiKey: keyOf(session), action: { kind: "freeze" } }).connections,
    async thaw(session) {
      server.order({ apiKey: keyOf(session), action: { kind: "thaw" } });
    },
  };
}

function neverReached(session: number): Error {
  return new Error(`session ${session} has never reached the server`);
}

// The key of a session is as good as its number, and a key of somebody else's must not get into a history.
function describe(
  event: ServerEvent,
  sessionOfKey: ReadonlyMap<string, number>,
): { readonly name: string; readonly session: number | undefined; readonly details: Record<string, unknown> } {
  const { kind: name, apiKey, ...details } = { apiKey: undefined, ...event };
  return { name, session: apiKey === undefined ? undefined : sessionOfKey.get(apiKey), details };
}
