import { execFileSync } from "node:child_process";

import { describe, expect, it } from "vitest";

import { quoteShellWord } from "./shell-word.ts";

describe("a word of a shell", () => {
  it("stays as it is where a shell would leave it alone", () => {
    for (const word of [".cutwire/2026-11-23T05-11-16-123Z/reproduction.json", "planted:M11", "a=b"]) {
      expect(quoteShellWord(word)).toBe(word);
    }
  });

  it.each(["", "our results", "it's", "$HOME", "`id`", "a\nb", '"', "*", "~", "a;b", "ü"])(
    "comes back as %j",
    (word) => {
      const printed = execFileSync("sh", ["-c", `printf %s ${quoteShellWord(word)}`], { encoding: "utf8" });
      expect(printed).toBe(word);
    },
  );
});
