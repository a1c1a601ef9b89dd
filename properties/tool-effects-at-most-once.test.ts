import { toolEffectsAtMostOnce } from "cutwire/properties";
import { expect, it } from "vitest";

import { expectKept } from "./kept-promise.test-support.ts";

it("tool effects happen at most once", { timeout: 600_000 }, async () => {
  const { promise } = await expectKept(toolEffectsAtMostOnce, 1);
  expect(promise).toBe("tool-effects-at-most-once");
});
