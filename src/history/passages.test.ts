import { expect, it } from "vitest";

import { collectReceived } from "./passages.ts";
import { create, delivered, historyOf, injected, sent } from "./session-history.test-support.ts";

it("gives what reached the client with the body that it had at the server's face, or that a fault gave it", () => {
  const history = historyOf(
    create({}),
    sent({ type: "response.created", by: "the server" }),
    injected({ type: "response.created", by: "a fault" }),
    delivered("response.created"),
  );
  expect(collectReceived(history).map(({ event, body }) => [event.sequence, body["by"]])).toEqual([
    [2, "a fault"],
    [3, "the server"],
  ]);
});

it("leaves out what never arrived, and takes no message for one of another connection", () => {
  const sentOne = sent({ type: "response.created", by: "the server" });
  expect(collectReceived(historyOf(sentOne))).toEqual([]);
  expect(collectReceived(historyOf(sentOne, delivered("response.created", { connection: 1 })))).toMatchObject([
    { body: {} },
  ]);
});
