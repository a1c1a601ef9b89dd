/** A client that takes a new connection for each create, and tries again: what its retries are like is what it is given. */
import { setTimeout as sleep } from "node:timers/promises";
import WebSocket from "ws";

const TRIES = 5;

/**
 * Makes one: `waitMs` and `patienceMs` say how long it waits before a retry and for an answer, by the number of the try
 * from 0, and `isHopeless` whether an answer (a status, or the code of a Close frame) ends the turn.
 */
export function retryingClient({ name, contract, waitMs, patienceMs, isHopeless }) {
  async function open({ baseUrl, apiKey, model }) {
    const url = `${baseUrl.replace("http", "ws")}/responses`;
    const input = [];

    async function ask(patience) {
      const socket = new WebSocket(url, { headers: { authorization: `Bearer ${apiKey}` } });
      let timer;
      const answered = new Promise((resolve, reject) => {
        const fail = (answer) => reject(Object.assign(new Error(`answered with ${answer}`), { answer }));
        timer = setTimeout(() => fail("nothing"), patience);
        socket.on("open", () => socket.send(JSON.stringify({ type: "response.create", model, store: false, input })));
        socket.on("message", (data) => {
          const { type, response, status } = JSON.parse(data);
          if (type === "response.completed") resolve(response.output);
          if (type === "error") fail(status);
        });
        socket.on("unexpected-response", (_, { statusCode }) => fail(statusCode));
        socket.on("close", fail);
        socket.on("error", () => undefined);
      });
      try {
        return await answered;
      } finally {
        clearTimeout(timer);
        socket.terminate();
      }
    }

    async function runTurn(userText) {
      input.push({ type: "message", role: "user", content: userText });
      let cause = "";
      for (let tried = 0; tried < TRIES; tried += 1) {
        if (tried > 0) await sleep(waitMs(tried - 1));
        try {
          const output = await ask(patienceMs(tried));
          input.push(...output);
          return { outcome: "completed", text: output.at(-1).content[0].text };
        } catch (error) {
          cause = error.message;
          if (isHopeless(error.answer)) break;
        }
      }
      return { outcome: "failed", cause };
    }
    return { runTurn, close: async () => undefined };
  }
  return { name, contract: { recoveryDeadlineMs: 10_000, idleDeadlineMs: 2_000, ...contract }, open };
}
