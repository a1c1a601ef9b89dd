import { fileURLToPath } from "node:url";

import { format, resolveConfig } from "prettier";
import { describe, expect, it } from "vitest";

import { FAULT_CATALOGUE } from "./fault-catalogue.ts";
import { renderFaultPage } from "./fault-page.ts";

/** What failures.md numbers and a run can have, each on some backend; tools, clients and machines are struck otherwise. */
const ROWS = [
  "F-01 F-02 F-03 F-04 F-05 F-06 F-07 F-08 F-10 F-11 F-12 F-13 F-14 F-15 F-16 F-17 F-20 F-21 F-23",
  "F-25 F-26 F-27 F-28 F-29 F-30 F-31 F-32 F-33 F-34 F-35 F-36 F-37 F-38 F-40 F-42 F-48 F-53",
].flatMap((row) => row.split(" "));

describe("the catalogue of faults", () => {
  it("is what docs/faults.md says", async () => {
    const path = fileURLToPath(new URL("../../docs/faults.md", import.meta.url));
    const page = await format(renderFaultPage(), { ...(await resolveConfig(path)), parser: "markdown" });
    await expect(page).toMatchFileSnapshot(path);
  });

  it("has every row of failures.md that it is to have", () => {
    const made = new Set(Object.values(FAULT_CATALOGUE).flatMap(({ ids }) => ids));
    expect(ROWS.filter((row) => !made.has(row))).toEqual([]);
  });

  it("has each description under its own kind", () => {
    expect(Object.entries(FAULT_CATALOGUE).filter(([kind, description]) => kind !== description.kind)).toEqual([]);
  });
});
