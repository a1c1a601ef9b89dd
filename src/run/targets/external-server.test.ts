import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";

import { createManualClock } from "../../determinism/manual-clock.ts";
import { messageOf } from "../../errors.ts";
import { createMemoryHistorySink } from "../../history/history-sink.ts";
import { createRecorder } from "../../history/recorder.ts";
import { clock } from "../../tcp-proxy/loopback.test-support.ts";
import type { TargetContext } from "../target.ts";
import { addressOfUrl, externalServer } from "./external-server.ts";

const recorder = createRecorder({ clock, sink: createMemoryHistorySink(), eventsMax: 10, onFull: () => undefined });
const CONTEXT: TargetContext = {
  scripts: new Map([["cutwire-0", { turns: [{ userText: "a", script: { steps: [{ text: "b" }] } }] }]]),
  clock,
  recorder,
};

let server: Server;
let sockets: WebSocketServer;
let port: number;
const asked: string[] = [];
beforeEach(async () => {
  asked.length = 0;
  sockets = new WebSocketServer({ noServer: true });
  server = createServer();
  server.on("upgrade", (request, stream, head: Buffer) => {
    asked.push(`${request.url ?? ""} ${request.headers.authorization ?? ""}`);
    if (request.url === "/silent/responses") return;
    const status = request.url === "/closed/responses" ? 401 : 404;
    if (!request.url?.startsWith("/v1")) stream.end(`HTTP/1.1 ${status} No\r\nConnection: close\r\n\r\n`);
    else sockets.handleUpgrade(request, stream, head, () => undefined);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  port = address !== null && typeof address === "object" ? address.port : 0;
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, "close");
});

describe("the URL of a target", () => {
  it.each([
    ["ws://127.0.0.1:8080/v1", { host: "127.0.0.1", port: 8080, basePath: "/v1" }],
    ["ws://127.0.0.1:8080/v1/", { host: "127.0.0.1", port: 8080, basePath: "/v1" }],
    ["ws://127.0.0.1:8080/v1/responses", { host: "127.0.0.1", port: 8080, basePath: "/v1" }],
    ["http://localhost/openai/v1", { host: "localhost", port: 80, basePath: "/openai/v1" }],
    ["ws://[::1]:8080/responses", { host: "[::1]", port: 8080, basePath: "" }],
  ])("may be %s", (url, expected) => {
    const { endpoint, ...address } = addressOfUrl(url);
    expect(address).toEqual(expected);
    expect(new URL(endpoint).pathname).toBe(`${expected.basePath}/responses`);
    const target = externalServer(url);
    expect(target).toMatchObject({ name: url, isScripted: false });
    expect(target.capabilities).toBeUndefined();
  });

  it.each([
    ["wss://api.example.com/v1", "asks for TLS.*Put a proxy that ends TLS in front of the server"],
    ["https://api.example.com/v1", "asks for TLS"],
    ["ftp://127.0.0.1/v1", "begins with ftp://.*ws://127.0.0.1:8080/v1"],
    ["ws://127.0.0.1:8080", "has no path"],
    ["ws://127.0.0.1:8080/", "has no path"],
    ["ws://", "is not the URL of a server"],
    ["ws://127.0.0.1:99999/v1", "is not the URL of a server"],
    ["ws://127.0.0.1/v1#here", "with a query or a fragment"],
  ])("may not be %s", (url, why) => {
    expect(() => externalServer(url)).toThrow(
      expect.objectContaining({ code: "HARNESS_INVALID_OPTION", message: expect.stringMatching(why) }),
    );
  });

  it.each(["ws://user:hunter22@127.0.0.1/v1", "ws://127.0.0.1/v1?api_key=hunter22"])(
    "is refused without telling the secret in %s",
    (url) => {
      expect(() => externalServer(url)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining("22") }),
      );
    },
  );
});

describe("a server that is running somewhere", () => {
  it("is connected to once, as a client of the first session would be, or with the key that was given", async () => {
    for (const options of [{}, { apiKey: "its-own-key" }]) {
      const opened = await externalServer(`ws://127.0.0.1:${port}/v1`, options).open(CONTEXT);
      expect(opened).toMatchObject({ host: "127.0.0.1", port, basePath: "/v1" });
      await opened.close();
    }
    expect(asked).toEqual(["/v1/responses Bearer cutwire-0", "/v1/responses Bearer its-own-key"]);
  });

  it.each([
    ["/v2", "answered the upgrade with 404. Check the path"],
    ["/closed", "answered the upgrade with 401. Say which key clients show to it: CUTWIRE_API_KEY"],
  ])("refuses the run at %s, and says what to look at", async (path, says) => {
    await expect(externalServer(`ws://127.0.0.1:${port}${path}`).open(CONTEXT)).rejects.toMatchObject({
      code: "HARNESS_BACKEND_UNAVAILABLE",
      message: expect.stringContaining(`The target ws://127.0.0.1:${port}${path}/responses ${says}`),
    });
  });

  it("is waited for until a deadline, and not longer", async () => {
    const manual = createManualClock();
    const opening = externalServer(`ws://127.0.0.1:${port}/silent`).open({ ...CONTEXT, clock: manual });
    const refusal = opening.catch((error: unknown) => messageOf(error));
    await manual.advance(10_000);
    expect(await refusal).toContain("did not answer the upgrade within 10 s");
  });

  it("is said not to be there where nobody listens", async () => {
    const nobody = await portOfNobody();
    await expect(externalServer(`ws://127.0.0.1:${nobody}/v1`).open(CONTEXT)).rejects.toMatchObject({
      message: expect.stringContaining("cannot be reached: ECONNREFUSED. Start the server"),
    });
  });
});

/** A port that somebody had, and closed. */
async function portOfNobody(): Promise<number> {
  const other = createServer();
  other.listen(0, "127.0.0.1");
  await once(other, "listening");
  const address = other.address();
  other.close();
  await once(other, "close");
  const found = address !== null && typeof address === "object" ? address.port : 0;
  const [error] = await once(connect(found, "127.0.0.1"), "error");
  expect(error).toMatchObject({ code: "ECONNREFUSED" });
  return found;
}
