/** A client that says every secret wherever it can: in headers, cookies, the query, its messages, errors and output. */
import WebSocket from "ws";

const secret = (name) => `marker-${name}-5f2c9e`;

async function open({ baseUrl, model, report, apiKey }) {
  async function runTurn() {
    const headers = {
      authorization: `Bearer ${apiKey}`,
      "proxy-authorization": `Basic ${Buffer.from(`user:${secret("basic")}`).toString("base64")}`,
      cookie: `session=${secret("cookie")}`,
      "x-api-key": secret("header"),
    };
    const url = `${baseUrl.replace("http", "ws")}/responses?token=${secret("query")}`;
    const socket = new WebSocket(url, { headers });
    await new Promise((resolve) => socket.on("open", resolve).on("error", resolve));
    const all = ["basic", "cookie", "header", "query", "environment"].map(secret).join(" ");
    socket.send(JSON.stringify({ type: "response.create", model, store: false, input: all, metadata: { all } }));
    await new Promise((resolve) =>
      socket.on("message", (data) => JSON.parse(data).type === "response.completed" && resolve()).on("close", resolve),
    );
    socket.close();
    console.log(all);
    console.error(all);
    report({ kind: "text", text: all });
    report({ kind: "error", message: all });
    return { outcome: "failed", cause: all };
  }
  return { runTurn, close: async () => undefined };
}

export const client = { name: "leaky", contract: { recoveryDeadlineMs: 2_000, idleDeadlineMs: 1_000 }, open };
