import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { openCampaignStore, readCampaignStore } from "./campaign-store.ts";
import { mergeCampaigns } from "./merge-campaigns.ts";
import { campaignOf, emptyUnit } from "./search-fixture.test-support.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "cutwire-campaign-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const campaign = campaignOf();
const folder = (name: string): string => join(directory, name);

function fill(name: string, units: readonly number[], plans = 4): ReturnType<typeof openCampaignStore> {
  const store = openCampaignStore(folder(name), campaign);
  for (const unit of units) store.write(emptyUnit(campaign, unit, plans));
  return store;
}

describe("the folder of a campaign", () => {
  it("gives back what was stored, and holds nothing else", () => {
    const store = fill("a", [3, 0]);
    expect(readCampaignStore(folder("a")).units()).toEqual([0, 3]);
    expect(store.read(3)?.result).toEqual(emptyUnit(campaign, 3));
    expect(store.read(1)).toBeUndefined();
    expect(readdirSync(join(folder("a"), "units")).length).toBe(2);
  });

  it("takes a torn file, an altered one and one of another unit for none", () => {
    const store = fill("a", [0, 1, 2, 3]);
    const file = (unit: number): string => join(folder("a"), "units", `unit-000000${unit}.json`);
    truncateSync(file(0), 40);
    writeFileSync(file(1), readFileSync(file(1), "utf8").replace('"plans":4', '"plans":5'));
    writeFileSync(file(2), readFileSync(file(3)));
    expect(store.units()).toEqual([3]);
  });

  it("is gone on with by the same campaign, which may ask for more, and refused to another", () => {
    fill("a", [0]);
    const more = openCampaignStore(folder("a"), campaignOf({ units: 20 }));
    expect(more.campaign.units).toBe(20);
    expect(openCampaignStore(folder("a"), campaign).campaign.units).toBe(20);
    expect(() => openCampaignStore(folder("a"), campaignOf({ seed: 2 }))).toThrow(
      expect.objectContaining({ code: "HARNESS_INVALID_OPTION", message: expect.stringContaining("differ in: space") }),
    );
  });

  it("is refused where its campaign was changed by hand, and where there is none", () => {
    fill("a", []);
    const file = join(folder("a"), "campaign.json");
    writeFileSync(file, readFileSync(file, "utf8").replace('"seed": 1', '"seed": 2'));
    expect(() => readCampaignStore(folder("a"))).toThrow(
      expect.objectContaining({ code: "HARNESS_INVALID_CONFIGURATION" }),
    );
    expect(() => readCampaignStore(folder("b"))).toThrow(expect.objectContaining({ code: "HARNESS_UNREADABLE_FILE" }));
  });
});

describe("parts of a campaign", () => {
  it("come to the same in any order and however often, and tell what is missing", () => {
    const [a, b] = [fill("a", [0, 1, 2, 4]), fill("b", [4, 5, 6, 7, 8])];
    const merged = mergeCampaigns([a, b]);
    expect(merged.units.map(({ result }) => result.unit)).toEqual([0, 1, 2, 4, 5, 6, 7, 8]);
    expect(merged.missing).toEqual([3, 9]);
    expect(merged.contradictions).toEqual([]);
    expect(mergeCampaigns([b, a, b])).toEqual({ ...merged, campaign: merged.campaign });
  });

  it("tell a unit that came to different things, and keep one of them whatever the order is", () => {
    const [a, b] = [fill("a", [0, 1]), fill("b", [1], 3)];
    const merged = mergeCampaigns([a, b]);
    expect(merged.contradictions).toEqual([1]);
    expect(mergeCampaigns([b, a])).toEqual(merged);
  });

  it("miss what lies between, where time was the budget", () => {
    const timed = openCampaignStore(folder("a"), campaignOf({ units: null }));
    for (const unit of [0, 1, 3]) timed.write(emptyUnit(timed.campaign, unit));
    expect(mergeCampaigns([timed]).missing).toEqual([2]);
  });

  it("are refused where they are parts of different ones", () => {
    const other = openCampaignStore(folder("b"), campaignOf({ seed: 2 }));
    expect(() => mergeCampaigns([fill("a", [0]), other])).toThrow(
      expect.objectContaining({ code: "HARNESS_INVALID_OPTION" }),
    );
  });
});
