import { expect, it } from "vitest";

import { collectDeliveries } from "./passages.ts";
import { create, delivered, historyOf, sent } from "./session-history.test-support.ts";

it("joins each message to the same message at the other face, and leaves out what never came there", () => {
  const history = historyOf(
    create({}),
    sent({ type: "response.created" }),
    { ...sent({ type: "response.completed" }), frame: 1 } as ReturnType<typeof sent>,
    delivered("response.created"),
    delivered("response.created", { connection: 1 }),
  );
  expect([...collectDeliveries(history)].map(([entry, { sequence }]) => [entry, sequence])).toEqual([[1, 3]]);
});
