import { sessionRecovers } from "cutwire/properties";
import { expect, it } from "vitest";

import { expectKept } from "./kept-promise.test-support.ts";

it("the session recovers", { timeout: 600_000 }, async () => {
  const { promise } = await expectKept(sessionRecovers, 3);
  expect(promise).toBe("session-recovers");
});
