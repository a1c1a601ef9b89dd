import { once } from "node:events";
import { createServer } from "node:http";

import { describe, expect, it } from "vitest";

import { freePort, untilToxiproxyAnswers } from "./local-toxiproxy.ts";

describe("a Toxiproxy that was just started", () => {
  it("is waited for on the port that was free, until it is well", async () => {
    const port = await freePort();
    const asked: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url);
      response.writeHead(asked.length < 3 ? 503 : 200).end("{}");
    });
    const answers = untilToxiproxyAnswers(`http://127.0.0.1:${port}`);
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    await answers;
    expect(asked).toEqual(["/version", "/version", "/version"]);
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
});
