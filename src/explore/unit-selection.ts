import { HarnessError } from "../errors.ts";

/** Which units of a campaign are to be run. */
export type UnitSelection =
  | { readonly kind: "all" }
  /** Every `of`-th unit, beginning with the `index`-th; from 1. */
  | { readonly kind: "shard"; readonly index: number; readonly of: number }
  | { readonly kind: "ranges"; readonly ranges: readonly UnitRange[] };

/** From `first` to `last`, both included. */
export type UnitRange = { readonly first: number; readonly last: number };

/**
 * Reads what stands behind `--shard`.
 *
 * @example parseShard("2/4") // { kind: "shard", index: 2, of: 4 }
 * @throws HarnessError `HARNESS_INVALID_OPTION`
 */
export function parseShard(text: string): UnitSelection {
  const [, index, of] = (/^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? []).map(Number);
  if (index !== undefined && of !== undefined && index >= 1 && index <= of) return { kind: "shard", index, of };
  throw new HarnessError("HARNESS_INVALID_OPTION", `--shard ${text}: "i/n" is expected, with i from 1 to n.`, {
    details: { option: "shard", value: text },
  });
}

/**
 * Reads what stands behind `--units`.
 *
 * @example parseUnits("0..3,7") // { kind: "ranges", ranges: [{ first: 0, last: 3 }, { first: 7, last: 7 }] }
 * @throws HarnessError `HARNESS_INVALID_OPTION`
 */
export function parseUnits(text: string): UnitSelection {
  const ranges = text.split(",").map((part) => {
    const [, first = "", last = first] = /^(\d{1,9})(?:\.\.(\d{1,9}))?$/.exec(part) ?? [];
    return { first: Number(first), last: Number(last), isRange: first !== "" && Number(last) >= Number(first) };
  });
  if (ranges.every(({ isRange }) => isRange)) {
    return { kind: "ranges", ranges: ranges.map(({ first, last }) => ({ first, last })) };
  }
  throw new HarnessError(
    "HARNESS_INVALID_OPTION",
    `--units ${text}: numbers and ranges of units are expected, from 0, such as 0..3,7.`,
    { details: { option: "units", value: text } },
  );
}

/** Whether a selection holds a unit. */
export function isSelected(selection: UnitSelection, unit: number): boolean {
  switch (selection.kind) {
    case "all":
      return true;
    case "shard":
      return unit % selection.of === selection.index - 1;
    case "ranges":
      return selection.ranges.some(({ first, last }) => first <= unit && unit <= last);
  }
}

/** Units as `--units` takes them: `"0..3,7"`; they may come in any order. */
export function printUnits(units: readonly number[]): string {
  const ranges: { first: number; last: number }[] = [];
  for (const unit of [...new Set(units)].toSorted((left, right) => left - right)) {
    const before = ranges.at(-1);
    if (before !== undefined && before.last === unit - 1) before.last = unit;
    else ranges.push({ first: unit, last: unit });
  }
  return ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}..${last}`)).join(",");
}
