import type { RunReport } from "./run-report.ts";

/** Colours for a terminal, or the same text without them. */
export type Paint = {
  good(text: string): string;
  bad(text: string): string;
  doubtful(text: string): string;
  strong(text: string): string;
  faint(text: string): string;
};

/** Turns a stored report into text. Pure: it reads the report and nothing else. */
export type Reporter = {
  readonly name: string;
  render(report: RunReport, options: { readonly paint: Paint }): string;
};
