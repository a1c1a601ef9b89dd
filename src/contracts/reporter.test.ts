import { describe, expect, it } from "vitest";

import { REPORTERS } from "../built-ins.ts";
import type { Reporter } from "../report/reporter.ts";
import { breachesOf } from "./breaches.test-support.ts";
import { describeReporter, REPORTER_CONTRACT } from "./reporter.ts";

for (const reporter of REPORTERS.values()) describeReporter(reporter);

describe("the contract of reporters", () => {
  const GOOD: Reporter = { name: "good", render: (report) => `${JSON.stringify(report)}\n` };
  const broken = async (given: Partial<Reporter>): Promise<readonly string[]> =>
    await breachesOf(REPORTER_CONTRACT, () => ({ ...GOOD, ...given }));

  it("is kept by one that writes everything down", async () => {
    expect(await broken({})).toEqual([]);
  });

  it("is broken by one that says nothing", async () => {
    expect(await broken({ render: () => "" })).toEqual([
      "names each violation that was not expected",
      "tells a report apart from one in which all went well",
      "renders a thousand scenarios",
    ]);
  });

  it("is broken by one without a last line end, or with a name that nobody can type", async () => {
    expect(await broken({ name: "My Reporter", render: (report) => JSON.stringify(report) })).toEqual([
      "has a name that can be typed",
      "renders every kind of report to whole lines",
    ]);
  });

  it("is broken by one that counts its calls, and by one that sorts the report in place", async () => {
    let calls = 0;
    expect(await broken({ render: (...of) => `${(calls += 1)} ${GOOD.render(...of)}` })).toEqual([
      "reads the report and nothing else",
      "says with colours what it says without",
    ]);
    const sorting: Reporter["render"] = (report, options) => {
      (report.scenarios as unknown[]).reverse();
      return GOOD.render(report, options);
    };
    expect(await broken({ render: sorting })).toContain("reads the report and nothing else");
  });

  it("is broken by one that says more in colour", async () => {
    const colourful: Reporter["render"] = (report, { paint }) =>
      `${JSON.stringify(report)}${paint.bad("!") === "!" ? "" : " in colour"}\n`;
    expect(await broken({ render: colourful })).toEqual(["says with colours what it says without"]);
  });

  it("is broken by one that fails at half a character", async () => {
    const strict: Reporter["render"] = (report, options) =>
      encodeURIComponent(report.client) === "" ? "" : GOOD.render(report, options);
    expect(await broken({ render: strict })).toEqual(["renders whatever a client"]);
  });
});
