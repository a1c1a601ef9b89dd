/**
 * The process that is the measure of the reference server: it reads creates as JSON and writes the events of a recorded
 * turn as JSON, over `ws`, and does nothing else.
 */
import { once } from "node:events";
import type { AddressInfo } from "node:net";

import { WebSocketServer } from "ws";

import { continuesAfterTools } from "../protocol/client-events.ts";
import { type JsonObject, parseJsonObject } from "../protocol/json.ts";
import { serveParty } from "./party-process.ts";
import type { RecordedTurn } from "./turns.ts";

let answers: readonly (readonly JsonObject[])[] = [];

const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
server.on("connection", (socket) => {
  socket.on("message", (data: Buffer) => {
    const create = parseJsonObject(data.toString("utf8")) ?? {};
    for (const event of answers[continuesAfterTools(create) ? 1 : 0] ?? []) socket.send(JSON.stringify(event));
  });
});
await once(server, "listening");

serveParty<{ readonly turn: RecordedTurn }>(({ turn }) => {
  answers = turn.map((frames) => frames.map((frame) => parseJsonObject(frame) ?? {}));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` };
});
