/** A client that reads its one socket through a queue, and takes whatever it reads there for the answer to its last create. */
import { on, once } from "node:events";
import WebSocket from "ws";

async function open({ baseUrl, apiKey, model }) {
  const socket = new WebSocket(`${baseUrl.replace("http", "ws")}/responses`, {
    headers: { authorization: `Bearer ${apiKey}` },
  });
  const messages = on(socket, "message", { close: ["close"] });
  await once(socket, "open");
  const input = [];

  async function runTurn(userText) {
    input.push({ type: "message", role: "user", content: userText });
    socket.send(JSON.stringify({ type: "response.create", model, store: false, input }));
    for (;;) {
      const { done, value } = await messages.next();
      if (done) return { outcome: "failed", cause: "the connection is gone" };
      const { type, response } = JSON.parse(value[0]);
      if (type !== "response.completed") continue;
      input.push(...response.output);
      return { outcome: "completed", text: response.output.at(-1).content[0].text };
    }
  }
  return { runTurn, close: async () => socket.terminate() };
}

export const client = { name: "queueing", contract: { recoveryDeadlineMs: 2_000, idleDeadlineMs: 1_000 }, open };
