import { describe, expect, it } from "vitest";

import { readDuration } from "./duration.ts";

describe("a time on the command line", () => {
  it.each([
    ["500ms", 500],
    ["60s", 60_000],
    ["1.5m", 90_000],
    ["2h", 7_200_000],
    ["168h", 604_800_000],
  ])("%s is %d ms", (text, ms) => {
    expect(readDuration(text, "for")).toBe(ms);
  });

  it.each(["60", "s", "", "0s", "-1s", "1d", "169h", "1e3s", "60 s", "NaNs"])(
    "%j is refused with its option",
    (text) => {
      expect(() => readDuration(text, "for")).toThrow(
        expect.objectContaining({
          code: "HARNESS_INVALID_OPTION",
          message: expect.stringContaining(`--for ${text}: a time with its unit is expected`),
        }),
      );
    },
  );
});
