import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { SequenceFault } from "../../plan/protocol-faults.ts";
import { until } from "../../tcp-proxy/loopback.test-support.ts";
import { completed, CREATE, created, type FaultBed, openFaultBed, say, typesOf } from "../fault-bed.test-support.ts";
import { sequence } from "./sequence.ts";

let faults: FaultBed;
beforeEach(async () => {
  faults = await openFaultBed();
});
afterEach(async () => await faults.close());

const end = "response.completed";
const begin = "response.created";

describe("a sequence fault", () => {
  it.each<[string, SequenceFault, string[]]>([
    ["drop", { kind: "sequence", what: "drop" }, ["b", end]],
    ["duplicate", { kind: "sequence", what: "duplicate" }, ["a", "a", "b", end]],
    ["swap", { kind: "sequence", what: "swap" }, ["b", "a", end]],
    ["late", { kind: "sequence", what: "late", until: "end" }, ["b", end, "a"]],
    ["echo", { kind: "sequence", what: "echo", until: "end" }, ["a", "b", end, "a"]],
  ])("strikes the next message alone: %s", async (_what, fault, expected) => {
    const { client, server } = await faults.connect();
    const change = await faults.strike(sequence, fault);
    say(server, "a", "b", completed("r1"), "again", completed("r2"));
    await until("everything", () => client.seen.length === expected.length + 2);
    expect(typesOf(client)).toEqual([...expected, "again", end]);
    await change.struck;
    await change.undo();
  });

  it.each(["late", "echo"] as const)("%s until the next response comes before its beginning", async (what) => {
    const { client, server } = await faults.connect();
    await faults.strike(sequence, { kind: "sequence", what, until: "next-response" });
    say(server, "a", "b", completed("r1"), created("r2"), "c");
    const first = what === "echo" ? ["a"] : [];
    await until("everything", () => client.seen.length === first.length + 5);
    expect(typesOf(client)).toEqual([...first, "b", end, "a", begin, "c"]);
  });

  it("without-id takes the id of the next message that has a response", async () => {
    const { client, server } = await faults.connect();
    await faults.strike(sequence, { kind: "sequence", what: "without-id" });
    say(server, "a", completed("r1"), completed("r2"));
    await until("everything", () => client.seen.length === 3);
    expect(client.seen.slice(1)).toEqual([
      JSON.stringify({ type: end, response: { output: [] } }),
      JSON.stringify(completed("r2")),
    ]);
    const [sent, received] = faults.bed.recorder
      .events()
      .filter((event) => event.kind === "message" && event.responseId === "r1");
    expect([sent, received]).toMatchObject([
      { source: "server-face", body: completed("r1") },
      { source: "client-face", altered: "replaced", body: { response: { output: [] } } },
    ]);
  });

  it("gives back what waited for its place in vain, when it heals", async () => {
    const { client, server } = await faults.connect();
    const change = await faults.strike(sequence, { kind: "sequence", what: "swap" });
    client.socket.send(JSON.stringify(CREATE));
    await until("the create", () => server.seen.length === 1);
    say(server, "a");
    await until("the message", () => faults.bed.lines().some((line) => line === "server-face a"));
    expect(client.seen).toEqual([]);
    await change.undo();
    await until("the message", () => client.seen.length === 1);
    say(server, "b");
    await until("the next", () => client.seen.length === 2);
    expect(typesOf(client)).toEqual(["a", "b"]);
  });
});
