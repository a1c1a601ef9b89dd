import { describe, expect, it } from "vitest";
import type { WebSocket } from "ws";

import { createBackoff } from "./index.ts";
import { respond, wireOf } from "./scripted-server.test-support.ts";
import { openTestSession, start } from "./session-fixture.test-support.ts";

const answers = [respond("resp_1", { text: "hi" })];

describe("an upgrade", () => {
  it.each([500, 502, 503, 408])("refused with %i is tried again", async (status) => {
    const { turn, server } = await start({ answers, upgrades: [{ status }, { status }] });
    expect(await turn("go")).toEqual({ outcome: "completed", text: "hi" });
    expect(server.dialsAtMs).toHaveLength(3);
  });

  it.each(["drop", "silent"] as const)("that gets no answer (%s) is tried again", async (upgrade) => {
    const { turn, server } = await start({ answers, upgrades: [upgrade] });
    expect(await turn("go")).toEqual({ outcome: "completed", text: "hi" });
    expect(server.dialsAtMs).toHaveLength(2);
  });

  it.each([400, 401, 403, 404, 426, 302])("refused with %i stops, and the next turn dials again", async (status) => {
    const { turn, server, surface } = await start({ answers, upgrades: [{ status, headers: { Location: "/x" } }] });
    const cause = `upgrade refused: HTTP ${status} Refused`;
    expect(await turn("go")).toEqual({ outcome: "failed", cause });
    expect(surface).toEqual([{ kind: "error", message: cause }]);
    expect(server.dialsAtMs).toHaveLength(1);
    expect(await turn("probe")).toEqual({ outcome: "completed", text: "hi" });
  });

  it("refused with 429 is tried again after Retry-After, not before", async () => {
    const { turn, server } = await start({
      answers,
      upgrades: [
        { status: 429, headers: { "Retry-After": "0.2" } },
        { status: 503, headers: { "retry-after-ms": "90" } },
      ],
    });
    expect(await turn("go")).toEqual({ outcome: "completed", text: "hi" });
    const [first = 0, second = 0, third = 0] = server.dialsAtMs;
    expect(second - first).toBeGreaterThanOrEqual(200);
    expect(third - second).toBeGreaterThanOrEqual(90);
  });

  it("refused with 429 for a quota stops and tells the code", async () => {
    const body = { error: { message: "no credit", type: "insufficient_quota", code: "insufficient_quota" } };
    const { turn, server } = await start({ answers, upgrades: [{ status: 429, body }] });
    expect(await turn("go")).toEqual({
      outcome: "failed",
      cause: "upgrade refused: HTTP 429 insufficient_quota · insufficient_quota · no credit",
    });
    expect(server.dialsAtMs).toHaveLength(1);
  });

  it("gives up when the server asks to wait longer than anybody would", async () => {
    const { turn, surface } = await start({ answers, upgrades: [{ status: 429, headers: { "Retry-After": "3600" } }] });
    const cause = "the server asked to wait 3600000 ms, the last one: upgrade refused: HTTP 429 Refused";
    expect(await turn("go")).toEqual({ outcome: "failed", cause });
    expect(surface).toEqual([{ kind: "gave-up", cause }]);
  });
});

describe("a connection that is closed as soon as it is open", () => {
  it.each([1008, 4401])("with %i stops, though nothing was sent yet", async (code) => {
    const { turn, server } = await start({ answers, onConnection: (peer) => peer.close(code) });
    expect(await turn("go")).toEqual({
      outcome: "failed",
      cause: `connection lost: close code ${code}, no request was running`,
    });
    expect(server.dialsAtMs).toHaveLength(1);
  });

  it("with 1012 is dialled again", async () => {
    const onConnection = (peer: WebSocket, index: number): void => {
      if (index === 1) peer.close(1012);
    };
    const { turn, server } = await start({ answers, onConnection });
    expect(await turn("go")).toEqual({ outcome: "completed", text: "hi" });
    expect(server.dialsAtMs).toHaveLength(2);
  });

  it("by a peer that then neither answers nor ends is waited for a moment alone", async () => {
    const onConnection = (peer: WebSocket, index: number): void => {
      if (index > 1) return;
      wireOf(peer).write(Buffer.from([0x88, 0x02, 0x03, 0xf4]));
      peer.pause();
    };
    const { turn, server } = await start({ answers, onConnection });
    expect(await turn("go")).toEqual({ outcome: "completed", text: "hi" });
    const [first = 0, second = 0] = server.dialsAtMs;
    expect(second - first).toBeGreaterThanOrEqual(195);
  });
});

describe("the budget of a turn", () => {
  it("ends after the stated attempts, and the next turn has a new one", async () => {
    const { turn, server, surface } = await start({ answers, upgrades: ["drop", "drop", "drop", "drop"] });
    expect(await turn("go")).toMatchObject({
      outcome: "failed",
      cause: expect.stringMatching(/^4 attempts failed, the last one: connecting failed: /),
    });
    expect(surface).toMatchObject([{ kind: "gave-up" }]);
    expect(server.dialsAtMs).toHaveLength(4);
    expect(await turn("probe")).toEqual({ outcome: "completed", text: "hi" });
  });

  it("is not refilled by connections that open and close at once", async () => {
    const { turn, server } = await start({ answers, onConnection: (peer) => peer.close(1011) });
    expect(await turn("go")).toMatchObject({ outcome: "failed" });
    expect(server.dialsAtMs).toHaveLength(4);
  });

  it("bounds the failures of one turn altogether, successes in between or not", async () => {
    let number = 0;
    const { turn, server } = await start(
      {
        answers: [
          (peer, create) => {
            number += 1;
            if (number % 2 === 0) peer.terminate();
            else respond(`resp_${number}`, { calls: [{ id: `call_${number}` }] })(peer, create);
          },
        ],
      },
      { policies: { backoff: createBackoff({ baseMs: 1, capMs: 2, attemptsMax: 3, turnFailuresMax: 5 }) } },
    );
    expect(await turn("go")).toMatchObject({
      outcome: "failed",
      cause: expect.stringContaining("5 attempts of this turn failed"),
    });
    expect(server.creates).toHaveLength(10);
  });

  it("tells why when nobody listens", async () => {
    const client = openTestSession({ url: "ws://127.0.0.1:1/v1/responses" });
    expect(await client.turn("go")).toMatchObject({
      outcome: "failed",
      cause: expect.stringContaining("ECONNREFUSED"),
    });
    await client.session.close();
  });
});
