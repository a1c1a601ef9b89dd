import type { RunReport } from "./run-report.ts";

/** Colours for a terminal, or the same text without them. */
export type Paint = {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly doubtful: (text: string) => string;
  readonly strong: (text: string) => string;
  readonly faint: (text: string) => string;
};

/** Text without colours. */
export const PLAIN_PAINT: Paint = {
  good: (text) => text,
  bad: (text) => text,
  doubtful: (text) => text,
  strong: (text) => text,
  faint: (text) => text,
};

/** Turns a stored report into text. Pure: it reads the report and nothing else. */
export type Reporter = {
  readonly name: string;
  render(report: RunReport, options: { readonly paint: Paint }): string;
};
