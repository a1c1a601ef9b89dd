/** A client that takes a new connection for each turn, and that says why at once where anything goes wrong. */
import WebSocket from "ws";

async function open({ baseUrl, apiKey, model, tools }) {
  const input = [];
  const create = () =>
    JSON.stringify({
      type: "response.create",
      model,
      store: false,
      tools: tools.map((tool) => ({ type: "function", ...tool })),
      input,
    });

  async function ask(socket) {
    socket.send(create());
    return await new Promise((resolve, reject) => {
      socket.on("message", (message) => {
        const { type, response, error } = JSON.parse(message);
        if (type === "response.completed") resolve(response.output);
        if (type === "error") reject(new Error(error.message));
      });
      socket.on("close", (code) => reject(new Error(`closed with ${code}`)));
    });
  }

  async function runTurn(userText) {
    input.push({ type: "message", role: "user", content: userText });
    const socket = new WebSocket(`${baseUrl.replace("http", "ws")}/responses`, {
      headers: { authorization: `Bearer ${apiKey}` },
    });
    try {
      await new Promise((resolve, reject) => socket.on("open", resolve).on("error", reject));
      for (;;) {
        const output = await ask(socket);
        input.push(...output);
        if (output.at(-1).type === "message") return { outcome: "completed", text: output.at(-1).content[0].text };
        for (const { name, call_id, arguments: text } of output.filter(({ type }) => type === "function_call")) {
          const result = await tools.find((tool) => tool.name === name).run(text);
          input.push({ type: "function_call_output", call_id, output: result });
        }
      }
    } catch (error) {
      return { outcome: "failed", cause: error.message };
    } finally {
      socket.close();
    }
  }
  return { runTurn, close: async () => undefined };
}

export const client = {
  name: "one-shot",
  contract: { recoveryDeadlineMs: 2_000, idleDeadlineMs: 1_000, retryAfterVisibleOutput: false },
  open,
};
