/** A client that reports the type of every message it receives, and never comes back when its connection is gone. */
import WebSocket from "ws";

async function open({ baseUrl, apiKey, model, report }) {
  const headers = { authorization: `Bearer ${apiKey}` };
  const socket = new WebSocket(`${baseUrl.replace("http", "ws")}/responses`, { headers });
  const closed = new Promise((resolve) => {
    socket.on("close", (code) => resolve({ outcome: "failed", cause: `closed with ${code}` }));
  });
  socket.on("error", () => undefined);
  socket.on("message", (data) => report({ kind: "text", text: JSON.parse(data).type }));
  const opened = new Promise((resolve) => socket.on("open", resolve));
  return {
    async runTurn(userText) {
      if (socket.readyState > WebSocket.OPEN) return await closed;
      await Promise.race([opened, closed]);
      socket.send(JSON.stringify({ type: "response.create", model, store: false, input: userText }));
      return await closed;
    },
    close: async () => socket.terminate(),
  };
}

export const client = { name: "listener", contract: { recoveryDeadlineMs: 2_000, idleDeadlineMs: 1_000 }, open };
