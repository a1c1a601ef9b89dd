import { expect, it } from "vitest";
import { WebSocket } from "ws";

import { createSystemClock } from "../determinism/clock.ts";
import { marksOfSession } from "../generate/script-marks.ts";
import { isFunctionCall, type Item, itemsOfInput } from "../protocol/items.ts";
import { type JsonObject, objectMember, parseJsonObject } from "../protocol/json.ts";
import type { SessionScript } from "../protocol/model-script.ts";
import { createPointReader } from "../protocol/point-of-event.ts";
import { responsesUrl } from "../responses-client/index.ts";
import { openResponsesServer } from "../responses-server/index.ts";

const SCRIPT: SessionScript = {
  turns: [
    {
      userText: "Book two seats.",
      script: {
        steps: [
          { reasoning: "two at once", text: "Let me see.", calls: [{ operation: "a" }, { operation: "b" }], deltas: 7 },
          { calls: [{ operation: "c", arguments: { seat: "12A" } }], interleaved: true },
          { text: "Booked.", deltas: 200 },
        ],
      },
    },
    { userText: "Say nothing.", script: { steps: [{ text: "" }] } },
    {
      userText: "Say too much.",
      script: { steps: [{ text: "Well …", ending: { kind: "incomplete", reason: "max_output_tokens" } }] },
    },
  ],
};

/** Has one response, and answers what the model said. */
async function respond(socket: WebSocket, input: readonly Item[], see: (event: JsonObject) => void): Promise<Item[]> {
  socket.send(JSON.stringify({ type: "response.create", model: "m", store: false, input }));
  return await new Promise((resolve) => {
    socket.on("message", function listen(data: Buffer) {
      const event = parseJsonObject(data.toString()) ?? {};
      see(event);
      if (!["response.completed", "response.incomplete", "error"].includes(String(event["type"]))) return;
      socket.off("message", listen);
      resolve([...itemsOfInput(objectMember(event, "response")?.["output"])]);
    });
  });
}

/** Plays a script as the plainest client would, and counts what passed in either direction, by the keys of marks. */
async function countOf(script: SessionScript): Promise<ReadonlyMap<string, number>> {
  const server = await openResponsesServer({ clock: createSystemClock(), scriptOf: () => script });
  const socket = new WebSocket(responsesUrl(server.url), { headers: { authorization: "Bearer key" } });
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  const counts = new Map<string, number>();
  const count = (key: string | undefined): void => {
    if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + 1);
  };
  const points = createPointReader();
  const see = (event: JsonObject): void => {
    count(`to-client ${String(event["type"])}`);
    count(points.ofServerEvent(event));
  };
  const history: Item[] = [];
  for (const { userText } of script.turns) {
    let input: readonly Item[] = [{ type: "message", role: "user", content: userText }];
    while (input.length > 0) {
      history.push(...input);
      count("to-server response.create");
      count(points.ofClientEvent({ type: "response.create", input: history }));
      const output = await respond(socket, history, see);
      history.push(...output);
      input = output
        .filter(isFunctionCall)
        .map((call) => ({ type: "function_call_output", call_id: call.call_id, output: "ok" }));
    }
  }
  socket.terminate();
  await server.close();
  return counts;
}

it("an undisturbed session with the reference server comes past what its script is said to lead to, as often", async () => {
  const counts = await countOf(SCRIPT);
  const expected = new Map<string, number>();
  for (const { key, times } of marksOfSession(SCRIPT)) {
    // Dials, tools and the end of a turn are no messages.
    if (["P0", "P1", "P8", "P9", "P14"].includes(key) || times === 0) continue;
    expected.set(key, (expected.get(key) ?? 0) + times);
  }
  expect(Object.fromEntries(counts)).toEqual(Object.fromEntries(expected));
});
