import { HarnessError } from "../errors.ts";

const MS_PER_UNIT: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** The longest time that may be given, in ms: a week. */
const DURATION_MS_MAX = 604_800_000;

/**
 * Reads the time behind an option: a number with its unit, `500ms`, `60s`, `1.5m` or `2h`. More than 0, at most a week.
 *
 * @returns milliseconds
 * @throws HarnessError `HARNESS_INVALID_OPTION` that names the option
 */
export function readDuration(text: string, option: string): number {
  const parts = /^(?<number>\d+(\.\d+)?)(?<unit>ms|s|m|h)$/.exec(text)?.groups;
  const ms = Number(parts?.["number"]) * (MS_PER_UNIT[parts?.["unit"] ?? ""] ?? 0);
  if (ms > 0 && ms <= DURATION_MS_MAX) return ms;
  throw new HarnessError(
    "HARNESS_INVALID_OPTION",
    `--${option} ${text}: a time with its unit is expected, such as 500ms, 60s, 10m or 2h; at most a week.`,
    { details: { option, value: text } },
  );
}

/** A time in few characters: `"12.3 s"`, `"4 min 5 s"`. */
export function printDuration(ms: number): string {
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
