/** A client that asks for a title on a lane of its own while the answer runs, so that two responses are in flight at once. */
import WebSocket from "ws";

async function open({ baseUrl, apiKey, model }) {
  const input = [];
  const create = () => ({ type: "response.create", model, store: false, input });
  let socket;

  async function connect() {
    if (socket?.readyState === WebSocket.OPEN) return;
    socket = new WebSocket(`${baseUrl.replace("http", "ws")}/responses`, {
      headers: { authorization: `Bearer ${apiKey}` },
    });
    await new Promise((resolve, reject) => socket.on("open", resolve).on("error", reject));
  }

  async function ask() {
    await connect();
    socket.send(JSON.stringify({ ...create(), stream_id: "title" }));
    socket.send(JSON.stringify({ ...create(), stream_id: "answer" }));
    return await new Promise((resolve, reject) => {
      socket.on("message", (message) => {
        const { type, response, stream_id: lane } = JSON.parse(message);
        if (lane === "answer" && type === "response.completed") resolve(response.output);
      });
      socket.on("close", (code) => reject(new Error(`closed with ${code}`)));
    });
  }

  async function runTurn(userText) {
    input.push({ type: "message", role: "user", content: userText });
    for (let attempt = 0; attempt < 4; attempt += 1) {
      const output = await ask().catch(() => undefined);
      if (output === undefined) continue;
      input.push(...output);
      return { outcome: "completed", text: output.at(-1).content[0].text };
    }
    return { outcome: "failed", cause: "no answer after four attempts" };
  }
  return { runTurn, close: async () => socket?.close() };
}

export const client = {
  name: "two-lanes",
  contract: { lanes: true, recoveryDeadlineMs: 4_000, idleDeadlineMs: 1_000 },
  open,
};
