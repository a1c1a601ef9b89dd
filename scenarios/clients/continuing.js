import WebSocket from "ws";

/** A client that dials anew for each create, has everything stored, and goes on from the last response by its id. */
export const client = {
  name: "continuing",
  contract: { toolEffects: "at-most-once", store: true },
  async open({ baseUrl, apiKey, model, tools }) {
    let previous;

    /** Sends one create and answers its response, or throws what the server says. */
    async function ask(input) {
      const socket = new WebSocket(`${baseUrl.replace("http", "ws")}/responses`, {
        headers: { authorization: `Bearer ${apiKey}` },
      });
      try {
        return await new Promise((resolve, reject) => {
          const chain = previous === undefined ? {} : { previous_response_id: previous };
          socket.on("open", () =>
            socket.send(JSON.stringify({ type: "response.create", model, input, store: true, ...chain })),
          );
          socket.on("message", (data) => {
            const event = JSON.parse(Buffer.concat([data].flat()).toString());
            if (event.type === "response.completed") resolve(event.response);
            if (event.type === "error") reject(new Error(event.error.code));
          });
          socket.on("error", reject);
          socket.on("close", () => reject(new Error("the connection was lost")));
        });
      } finally {
        socket.close();
      }
    }

    return {
      async runTurn(userText) {
        try {
          let input = [{ type: "message", role: "user", content: userText }];
          for (;;) {
            const { id, output } = await ask(input);
            previous = id;
            const calls = output.filter(({ type }) => type === "function_call");
            if (calls.length === 0) return { outcome: "completed", text: output.at(-1).content[0].text };
            input = [];
            for (const { call_id, name, arguments: values } of calls) {
              const result = await tools.find((tool) => tool.name === name).run(values);
              input.push({ type: "function_call_output", call_id, output: result });
            }
          }
        } catch (error) {
          return { outcome: "failed", cause: error.message };
        }
      },
      close: async () => undefined,
    };
  },
};
