import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { createHarness } from "../built-ins.ts";
import { openResponsesServer, type ResponsesServer } from "../responses-server/responses-server.ts";
import { externalServer } from "../run/targets/external-server.ts";
import type { Target } from "../run/target.ts";
import { breachesOf } from "./breaches.test-support.ts";
import { describeTarget, TARGET_CONTRACT } from "./target.ts";

const { targets, clock } = createHarness();
const script = { turns: [{ userText: "turn 1", script: { steps: [{ text: "Their own words." }] } }] };

let server: ResponsesServer;
beforeAll(async () => {
  server = await openResponsesServer({ host: "127.0.0.1", clock, scriptOf: () => script });
});
afterAll(async () => await server.close());

for (const [name, target] of targets) describeTarget(name, () => ({ target }));
describeTarget("somebody else's server", () => ({
  target: externalServer(`ws://127.0.0.1:${server.port}/v1`),
  isForeign: true,
}));

describe("the contract of targets", () => {
  const reference = targets.get("reference");
  if (reference === undefined) throw new Error("there is no reference target");

  it("is broken by one that is not gone when it was closed", async () => {
    const closers: (() => Promise<void>)[] = [];
    const lasting: Target = {
      ...reference,
      async open(context) {
        const opened = await reference.open(context);
        closers.push(async () => await opened.close());
        return { ...opened, close: async () => await Promise.resolve() };
      },
    };
    const clause = TARGET_CONTRACT.filter(
      ({ title }) => title.startsWith("can be controlled") || title.startsWith("takes"),
    );
    expect(await breachesOf(clause, () => ({ target: lasting }))).toEqual([]);
    const gone = TARGET_CONTRACT.filter(({ title }) => title.startsWith("is gone"));
    expect(await breachesOf(gone, () => ({ target: lasting }))).toEqual(["is gone when it was closed"]);
    for (const close of closers) await close();
  });

  it("is broken by one that plays the same script to everybody, and by one that claims what it cannot do", async () => {
    const same: Target = {
      ...reference,
      open: async ({ scripts, ...context }) => {
        const [first] = scripts.values();
        return await reference.open({
          ...context,
          scripts: new Map(first === undefined ? [] : [...scripts.keys()].map((key) => [key, first])),
        });
      },
    };
    expect(await breachesOf(TARGET_CONTRACT, () => ({ target: same }))).toEqual([
      "plays to each session its own script",
    ]);
    const boastful: Target = {
      ...reference,
      async open(context) {
        const opened = await reference.open(context);
        const { control } = opened;
        if (control === undefined) return opened;
        return { ...opened, control: { ...control, forget: async () => await Promise.resolve() } };
      },
    };
    expect(await breachesOf(TARGET_CONTRACT, () => ({ target: boastful }))).toEqual([
      "can be controlled where it claims that",
    ]);
  });
});
