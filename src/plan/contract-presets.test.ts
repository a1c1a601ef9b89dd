import { describe, expect, it } from "vitest";

import { ContractPartSchema, ContractSchema, DEFAULT_CONTRACT } from "./contract.ts";
import { CONTRACT_PRESETS } from "./contract-presets.ts";

describe("a contract preset", () => {
  it.each(CONTRACT_PRESETS)("$name is a contract, by itself and with the defaults", ({ contract }) => {
    expect(ContractPartSchema.parse(contract)).toEqual(contract);
    expect(ContractSchema.parse({ ...DEFAULT_CONTRACT, ...contract })).toMatchObject(contract);
  });

  it("has a name of its own, and says where its numbers come from", () => {
    const names = CONTRACT_PRESETS.map(({ name }) => name);
    expect(names).toEqual(["codex", "openai-node", "openai-python", "openai-agents-js", "openai-agents-python"]);
    for (const { source } of CONTRACT_PRESETS) expect(source).toMatch(/^openai.+\(protocol\.md §6\.[1235]\)$/);
  });
});
