import { setTimeout as pause } from "node:timers/promises";
import WebSocket, { createWebSocketStream } from "ws";

async function open({ baseUrl, apiKey, model, tools }) {
  const url = `${baseUrl.replace("http", "ws")}/responses`;
  const create = { model, store: false, tools: tools.map((tool) => ({ type: "function", ...tool })), input: [] };
  const use = (call) => tools.find((tool) => tool.name === call.name).run(call.arguments);
  const [hopeless, wait] = [[401, 403, 404, 426, 1002, 1003, 1007, 1008, 1009, 1010, 4401, 4403], "retry-after"];
  let stream, closeCode, hintMs;
  const heed = (headers) => (hintMs = Number(headers?.[`${wait}-ms`] ?? 1_000 * (headers?.[wait] ?? 0)));
  async function ask() {
    if (!stream?.writable) {
      const socket = new WebSocket(url, { headers: { authorization: `Bearer ${apiKey}` } });
      const idle = setTimeout(() => socket.terminate(), 500);
      socket.on("message", () => idle.refresh());
      socket.on("close", (code) => (closeCode ||= code));
      const refused = ({ statusCode, headers }) => (heed(headers), (closeCode = statusCode), socket.terminate());
      socket.on("unexpected-response", (_, response) => refused(response));
      stream = createWebSocketStream(socket, { readableObjectMode: true, decodeStrings: false });
      stream.on("error", () => undefined);
    }
    while (stream.read() !== null);
    stream.write(JSON.stringify({ type: "response.create", ...create }));
    let id;
    for await (const message of stream.iterator({ destroyOnReturn: false })) {
      const { type, response, error } = JSON.parse(message);
      if (type === "response.created") id = response.id;
      if (type === "response.completed" && response.id === id) return response.output;
      if (type === "error") throw (heed(error.headers), new Error(error.message));
    }
  }
  async function runTurn(userText) {
    create.input.push({ type: "message", role: "user", content: userText });
    for (let capMs = 25; capMs < 5_000; capMs *= 2) {
      [closeCode, hintMs] = [0, 0];
      const output =
        (await ask().catch(() => void stream.destroy())) ?? (await pause(Math.max(hintMs, Math.random() * capMs), []));
      if (hopeless.includes(closeCode)) return { outcome: "failed", cause: `closed with ${closeCode}` };
      create.input.push(...output);
      if (output.at(-1)?.type === "message") return { outcome: "completed", text: output.at(-1).content[0].text };
      for (const call of output.filter((item) => item.type === "function_call"))
        create.input.push({ type: "function_call_output", call_id: call.call_id, output: await use(call) });
    }
    return { outcome: "failed", cause: "no answer after eight attempts" };
  }
  return { runTurn, close: async () => stream?.destroy() };
}

export const client = { name: "my-client", contract: { recoveryDeadlineMs: 5_000, idleDeadlineMs: 1_000 }, open };
