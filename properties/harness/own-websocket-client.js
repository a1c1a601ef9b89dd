/** A client over the WebSocket that Node brings itself, which Node 20 does not. */
async function open({ baseUrl, apiKey, model, report }) {
  const url = `${baseUrl.replace("http", "ws")}/responses`;
  const ask = async (create) =>
    await new Promise((resolve) => {
      const socket = new WebSocket(url, { headers: { authorization: `Bearer ${apiKey}` } });
      let text = "";
      socket.onopen = () => socket.send(JSON.stringify(create));
      socket.onclose = ({ code }) => resolve({ outcome: "failed", cause: `closed with ${code}` });
      socket.onmessage = ({ data }) => {
        const { type, delta } = JSON.parse(data);
        if (type === "response.output_text.delta") text += delta;
        if (type !== "response.completed") return;
        report({ kind: "text", text });
        resolve({ outcome: "completed", text });
        socket.close();
      };
    });
  return {
    runTurn: async (text) =>
      await ask({
        type: "response.create",
        model,
        store: false,
        input: [{ type: "message", role: "user", content: text }],
      }),
    close: async () => undefined,
  };
}

export const client = { name: "own-websocket", contract: { store: false }, open };
