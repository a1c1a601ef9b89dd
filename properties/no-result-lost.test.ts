import { noResultLost } from "cutwire/properties";
import { expect, it } from "vitest";

import { expectKept } from "./kept-promise.test-support.ts";

it("no tool result is lost", { timeout: 600_000 }, async () => {
  const { promise } = await expectKept(noResultLost, 2);
  expect(promise).toBe("no-result-lost");
});
