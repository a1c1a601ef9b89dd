import { afterEach, expect, it } from "vitest";

import { until } from "../../tcp-proxy/loopback.test-support.ts";
import { serverFrame } from "./conversation.test-support.ts";
import { eventAnchor, openWireBed, reached, type WireBed, wireCan } from "./wire-bed.test-support.ts";

/** As often as the promise is made for, where a real Toxiproxy is the one that cuts. */
const ROUNDS = wireCan("cut-rst") ? 20 : 200;
const LATENCY_MS = 50;

const ITEM_DONE = serverFrame("response.output_item.done", { item: { type: "function_call", call_id: "call_1" } });
const COMPLETED = serverFrame("response.completed", { response: { id: "resp_1", output: [] } });

let bed: WireBed;
afterEach(async () => await bed.close());

async function cutBehindItem(): Promise<{ readonly item: boolean; readonly completed: boolean }> {
  const armed = bed.arm(eventAnchor("response.output_item.done"));
  const { client, server, index } = await bed.connect();
  server.send(ITEM_DONE, COMPLETED);
  await reached(armed);
  const cut = await bed.wire.cut("fin", index);
  armed.release();
  await until("the end", () => client.seen.hasEnded || client.seen.isClosed);
  await cut.undo();
  client.seen.socket.destroy();
  const got = client.bytes.toString("latin1");
  return { item: got.includes("output_item.done"), completed: got.includes("response.completed") };
}

it(`a cut between item.done and completed: with ${LATENCY_MS} ms of latency the one came ${ROUNDS} times of ${ROUNDS}, the other never`, async () => {
  bed = await openWireBed();
  await bed.wire.addToxic({ type: "latency", direction: "to-client", attributes: { latency: LATENCY_MS } });
  let items = 0;
  let completed = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const got = await cutBehindItem();
    items += got.item ? 1 : 0;
    completed += got.completed ? 1 : 0;
  }
  expect({ items, completed }).toEqual({ items: ROUNDS, completed: 0 });
}, 120_000);
