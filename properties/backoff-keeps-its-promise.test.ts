import { backoffKeepsItsPromise } from "cutwire/properties";
import { expect, it } from "vitest";

import { expectKept } from "./kept-promise.test-support.ts";

it("backoff keeps its promise", { timeout: 600_000 }, async () => {
  const { promise } = await expectKept(backoffKeepsItsPromise, 4);
  expect(promise).toBe("backoff-keeps-its-promise");
});
