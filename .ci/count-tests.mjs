// Prints "N passed, N failed, N skipped" out of vitest's JSON report, all projects together.
// Ends with 1 when a test failed, when a file could not be run, when no test passed, and when there is no report.
import { readFileSync } from "node:fs";

const [path = ""] = process.argv.slice(2);

/** @returns {{ status: string, assertionResults: { status: string }[] }[]} */
function readFiles() {
  try {
    return JSON.parse(readFileSync(path, "utf8")).testResults;
  } catch {
    console.log("There is no report of the tests: they did not run to their end.");
    return [];
  }
}

const counts = { passed: 0, failed: 0, skipped: 0 };
for (const file of readFiles()) {
  for (const { status } of file.assertionResults) {
    counts[status === "passed" || status === "failed" ? status : "skipped"] += 1;
  }
  // A file that fails while it is loaded, or in a hook, has no failed test of its own to be counted by.
  const hasFailedTest = file.assertionResults.some(({ status }) => status === "failed");
  if (file.status === "failed" && !hasFailedTest) counts.failed += 1;
}
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0;
