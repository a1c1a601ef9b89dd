import type { ServerEvent } from "../../responses-server/server-event.ts";
import { openResponsesServer } from "../../responses-server/responses-server.ts";
import type { Target } from "../target.ts";

const HOST = "127.0.0.1";

/** The reference Responses server, in the harness's own process. */
export const referenceServer: Target = {
  name: "reference",
  isScripted: true,
  async open({ scripts, clock, recorder }) {
    const sessionOfKey = new Map([...scripts.keys()].map((apiKey, session) => [apiKey, session]));
    const server = await openResponsesServer({
      host: HOST,
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
    });
    return { host: HOST, port: server.port, close: async () => await server.close() };
  },
};

// The key of a session is as good as its number, and a key of somebody else's must not get into a history.
function describe(
  event: ServerEvent,
  sessionOfKey: ReadonlyMap<string, number>,
): { readonly name: string; readonly session: number | undefined; readonly details: Record<string, unknown> } {
  const { kind: name, apiKey, ...details } = { apiKey: undefined, ...event };
  return { name, session: apiKey === undefined ? undefined : sessionOfKey.get(apiKey), details };
}
