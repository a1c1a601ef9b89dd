import { describe, expect, it } from "vitest";

import { createSystemClock } from "../determinism/clock.ts";
import { runInWorld } from "../simulation/run-in-world.ts";
import type { World } from "../simulation/world.ts";
import type { Client, ClientContext, ClientSession } from "./client.ts";
import type { RunningClient } from "./running-client.ts";
import { startWorldClient } from "./world-client.ts";

const TOOL = { name: "perform", description: "", parameters: {} };

type Seen = string[];

/** Starts a client whose session does what is given, opens a session, and hands everything to the test. */
async function withClient<Result>(
  turn: (context: ClientContext, userText: string, signal: AbortSignal) => Promise<string>,
  act: (client: RunningClient, seen: Seen, world: World) => Promise<Result>,
): Promise<Result> {
  return await runInWorld({ seed: 1 }, async (world) => {
    const client = startWorldClient(clientOf(turn), world);
    const seen: Seen = [];
    client.listen({
      onSurface: (session, event) => seen.push(`${session} ${event.kind}`),
      onOutput: (stream, text) => seen.push(`${stream} ${text.split("\n")[0] ?? ""}`),
      onToolCall: async (session, name, argumentsJson) => `${session} ${name} ${argumentsJson}`,
      onExit: ({ code, expected }) => seen.push(`exited ${code ?? "?"}${expected ? " as expected" : ""}`),
    });
    const options = { session: 0, baseUrl: "http://127.0.0.1:1/v1", apiKey: "k", model: "m", tools: [TOOL] };
    expect(await client.openSession({ ...options, stateDirectory: "/nowhere" })).toEqual({ kind: "answered" });
    return await act(client, seen, world);
  });
}

function clientOf(turn: (context: ClientContext, userText: string, signal: AbortSignal) => Promise<string>): Client {
  return {
    name: "mine",
    contract: {},
    open: async (context): Promise<ClientSession> => ({
      runTurn: async (userText, { signal }) => ({ outcome: "completed", text: await turn(context, userText, signal) }),
      close: async () => undefined,
    }),
  };
}

describe("a client in a simulated world", () => {
  it("runs tools of the harness, reports, and answers", async () => {
    await withClient(
      async (context, userText) => {
        context.report({ kind: "text", text: userText });
        return (await context.tools[0]?.run('{"operation":"a"}')) ?? "";
      },
      async (client, seen) => {
        const text = '0 perform {"operation":"a"}';
        expect(await client.runTurn(0, "hi")).toEqual({ kind: "answered", result: { outcome: "completed", text } });
        expect(seen).toEqual(["0 text"]);
        await client.end();
        expect(await client.runTurn(0, "again")).toEqual({ kind: "exited" });
      },
    );
  });

  it("has a wall clock that can be stepped as long as it is there", async () => {
    const clock = createSystemClock();
    const hour = async (): Promise<string> => clock.wallTime().slice(0, 13);
    await withClient(hour, async (client, _seen, world) => {
      const answered = (text: string): object => ({ kind: "answered", result: { outcome: "completed", text } });
      expect(await client.runTurn(0, "")).toEqual(answered("2026-01-01T00"));
      expect(client.stepWallClock?.(-3_600_000)).toBe(true);
      expect(await client.runTurn(0, "")).toEqual(answered("2025-12-31T23"));
      expect([clock.wallTime(), world.clock.wallTime()].map((text) => text.slice(0, 13))).toEqual([
        "2026-01-01T00",
        "2026-01-01T00",
      ]);
      await client.end();
      expect(client.stepWallClock?.(1)).toBe(false);
    });
  });

  it("that throws in a turn has failed that turn alone", async () => {
    await withClient(
      async (_context, userText) => {
        if (userText === "bad") throw new Error("no such thing");
        return userText;
      },
      async (client, seen) => {
        expect(await client.runTurn(0, "bad")).toEqual({ kind: "threw", message: "no such thing" });
        expect(await client.runTurn(0, "good")).toMatchObject({ kind: "answered" });
        expect(await client.runTurn(1, "nobody")).toMatchObject({
          kind: "threw",
          message: expect.stringContaining("not open"),
        });
        expect(seen).toEqual([]);
      },
    );
  });

  it("that leaves an error uncaught ends as its process would: what it was asked is answered, its timers are gone", async () => {
    await withClient(
      async () => {
        queueMicrotask(() => {
          throw new TypeError("late event");
        });
        await new Promise(() => undefined);
        return "";
      },
      async (client, seen, world) => {
        expect(await client.runTurn(0, "hi")).toEqual({ kind: "exited" });
        expect(seen).toEqual(["stderr Uncaught TypeError: late event", "exited 1"]);
        await client.end();
        expect(seen).toHaveLength(2);
        expect(world.network.openEnds()).toBe(0);
      },
    );
  });

  it("that ends its process is gone at once, and runs nothing behind that", async () => {
    const behind: string[] = [];
    await withClient(
      async () => {
        process.stdout.write("good bye\n");
        process.exit(3);
        behind.push("still here");
        return "";
      },
      async (client, seen) => {
        expect(await client.runTurn(0, "hi")).toEqual({ kind: "exited" });
        expect(seen).toEqual(["stdout good bye", "exited 3"]);
        expect(behind).toEqual([]);
      },
    );
  });

  it("is aborted through its signal", async () => {
    await withClient(
      async (_context, _userText, signal) =>
        await new Promise((resolve) => signal.addEventListener("abort", () => resolve("stopped"))),
      async (client) => {
        const answering = client.runTurn(0, "hi");
        client.abortTurn(0);
        expect(await answering).toMatchObject({ result: { text: "stopped" } });
      },
    );
  });
});
