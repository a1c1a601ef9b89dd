import { nothingShownTwice } from "cutwire/properties";
import { expect, it } from "vitest";

import { expectKept } from "./kept-promise.test-support.ts";

it("nothing is shown twice or in the wrong turn", { timeout: 600_000 }, async () => {
  const { promise } = await expectKept(nothingShownTwice, 5);
  expect(promise).toBe("nothing-shown-twice");
});
