import { describe, expect, it } from "vitest";

import { createSystemClock } from "../determinism/clock.ts";
import { parseJsonObject } from "../protocol/json.ts";
import type { SessionScript } from "../protocol/model-script.ts";
import {
  openResponsesServer,
  type OrderAction,
  type ResponsesServerOptions,
  type ServerOrder,
} from "../responses-server/index.ts";
import {
  type ClientPolicies,
  createBackoff,
  createLiveness,
  createRecovery,
  responsesUrl,
} from "../responses-client/index.ts";
import { openTestSession } from "../responses-client/session-fixture.test-support.ts";

const script: SessionScript = {
  turns: [
    {
      userText: "book two seats",
      script: {
        steps: [
          {
            text: "Let me see.",
            reasoning: "two at once",
            calls: [{ operation: "a" }, { operation: "b" }],
            interleaved: true,
          },
          { calls: [{ operation: "c" }] },
          { text: "All three are done." },
        ],
      },
    },
    { userText: "probe", script: { steps: [{ text: "still here" }] } },
  ],
};

/** Plays the turn and the probe under one order, and answers what came of them and how often each operation ran. */
async function play(
  order: ServerOrder | undefined,
  options: { server?: Partial<ResponsesServerOptions>; policies?: Partial<ClientPolicies> } = {},
): Promise<{ outcomes: string[]; operations: string[] }> {
  const server = await openResponsesServer({ clock: createSystemClock(), scriptOf: () => script, ...options.server });
  if (order !== undefined) server.control.order(order);
  const client = openTestSession({
    url: responsesUrl(server.url),
    policies: {
      backoff: createBackoff({ baseMs: 2, capMs: 10 }),
      liveness: createLiveness({ pingIntervalMs: 0, idleDeadlineMs: 100 }),
      ...options.policies,
    },
  });
  const results = [await client.turn("book two seats"), await client.turn("probe")];
  await client.session.close();
  await server.close();
  return {
    outcomes: results.map((result) => (result.outcome === "completed" ? result.text : result.cause)),
    operations: client.runs.map((run) => String(parseJsonObject(run)?.["operation"])).toSorted(),
  };
}

const expected = { outcomes: ["All three are done.", "still here"], operations: ["a", "b", "c"] };
const faults: OrderAction[] = [
  { kind: "reset" },
  { kind: "end" },
  { kind: "close", code: 1012 },
  { kind: "close", code: 1000 },
  { kind: "freeze" },
];
/** Creates are seen after they were read alone. */
const places: NonNullable<ServerOrder["at"]>[] = [
  ...(["P2", "P10"] as const).map((point) => ({ point, edge: "after" as const })),
  ...(["P3", "P4", "P5", "P6", "P7", "P11", "P12", "P13"] as const).flatMap((point) => [
    { point, edge: "before" as const },
    { point, edge: "after" as const },
  ]),
];

describe("the client against the reference server", () => {
  it("completes a turn with reasoning, parallel calls and three responses", async () => {
    expect(await play(undefined)).toEqual(expected);
  });

  it("completes it with stored responses and without, in every shape of error", async () => {
    expect(await play(undefined, { policies: { recovery: createRecovery({ store: true }) } })).toEqual(expected);
  });

  it.each(places)("runs each operation once, whatever ends the connection $edge $point", async (at) => {
    const outcomes = await Promise.all(faults.map(async (action) => await play({ at, action })));
    expect(outcomes).toEqual(faults.map(() => expected));
  });

  it.each(["drop", "repeat"] as const)(
    "runs each operation once when any single event is lost or repeated: %s",
    async (kind) => {
      const occurrences = Array.from({ length: 40 }, (_, index) => index + 1);
      const at = { edge: kind === "drop" ? "before" : "after" } as const;
      for (let first = 0; first < occurrences.length; first += 10) {
        const orders = occurrences.slice(first, first + 10).map((occurrence) => ({ at, occurrence, action: { kind } }));
        expect(await Promise.all(orders.map(async (order) => await play(order)))).toEqual(orders.map(() => expected));
      }
    },
  );

  it("recovers from the age cap at any time", async () => {
    for (const connectionAgeMsMax of [5, 10, 15]) {
      expect(await play(undefined, { server: { connectionAgeMsMax } })).toEqual(expected);
    }
  });
});
