import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { RefuseCreateFault } from "../../plan/protocol-faults.ts";
import { until } from "../../tcp-proxy/loopback.test-support.ts";
import { CREATE, type FaultBed, openFaultBed, say, type Side, typesOf } from "../fault-bed.test-support.ts";
import { refuseCreate } from "./refuse-create.ts";

let faults: FaultBed;
beforeEach(async () => {
  faults = await openFaultBed();
});
afterEach(async () => await faults.close());

const fault: RefuseCreateFault = {
  kind: "refuse-create",
  error: { code: "previous_response_not_found", message: "Not found.", param: "previous_response_id" },
  creates: "chained",
  times: 2,
};
const chainedOn = (id: string): object => ({ ...CREATE, previous_response_id: id });

async function ask({ socket, seen }: Side, create: object): Promise<void> {
  const before = seen.length;
  socket.send(JSON.stringify(create));
  await until("an answer", () => seen.length > before);
}

/** A connection whose server answers every create that it gets. */
async function connect(): ReturnType<FaultBed["connect"]> {
  const sides = await faults.connect();
  sides.server.socket.on("message", () => say(sides.server, "response.created"));
  return sides;
}

describe("a refused create", () => {
  it("never reaches the server; those that follow do", async () => {
    const { client, server } = await connect();
    const change = await faults.strike(refuseCreate, { ...fault, creates: "any" });
    for (const create of [CREATE, CREATE, CREATE]) await ask(client, create);
    expect(typesOf(client)).toEqual(["error", "error", "response.created"]);
    expect(server.seen).toHaveLength(1);
    expect(change.shortfall?.()).toBeUndefined();
    expect(
      faults.bed.recorder.events().filter((event) => event.kind === "message" && event.altered === "dropped"),
    ).toHaveLength(2);
  });

  it("is a chained one where that is asked for, and an id that was refused stays refused", async () => {
    const { client } = await connect();
    const change = await faults.strike(refuseCreate, fault);
    for (const create of [CREATE, chainedOn("r1"), chainedOn("r1"), CREATE, chainedOn("r1")]) await ask(client, create);
    expect(typesOf(client)).toEqual(["response.created", "error", "error", "response.created", "error"]);
    expect(change.shortfall?.()).toBe("only 1 of 2 creates came to be refused");
    for (const create of [chainedOn("r2"), chainedOn("r3"), chainedOn("r1")]) await ask(client, create);
    expect(typesOf(client).slice(5)).toEqual(["error", "response.created", "error"]);
    expect(change.shortfall?.()).toBeUndefined();
    await change.undo();
    await ask(client, chainedOn("r1"));
    expect(typesOf(client).at(-1)).toBe("response.created");
  });

  it("is refused on whatever connection it comes, in its lane", async () => {
    const first = await connect();
    await faults.strike(refuseCreate, { ...fault, creates: "any" });
    first.client.socket.terminate();
    const { client } = await connect();
    await ask(client, { ...CREATE, stream_id: "side" });
    expect(JSON.parse(client.seen[0] ?? "")).toMatchObject({ type: "error", stream_id: "side" });
  });
});
