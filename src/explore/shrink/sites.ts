import type { Edit, JsonPath } from "./edits.ts";

/** Something in a plan that could be simpler: the simplest that it could be, and then what lies between. */
export type Site = { readonly simplest: Edit; readonly between: readonly Edit[] };

/** So much of a text is left: a reader should still recognise it. */
const TEXT_KEPT = 64;
/** A number this close to its least is also tried one less. */
const SMALL = 32;

/** A member that may be left out. */
export function optionalSite(path: JsonPath): Site {
  return { simplest: { path, leaveOut: true }, between: [] };
}

/** An optional number: without it, or lower. */
export function optionalNumberSite(path: JsonPath, value: number): Site {
  return {
    simplest: { path, leaveOut: true },
    between: lowerNumbers(value, 0).map((lower) => ({ path, value: lower })),
  };
}

/** A number that has to be there, nearer to 0; none where it could not be nearer. `least` has its sign. */
export function numberSites(path: JsonPath, value: number, least: number): readonly Site[] {
  const [lowest, ...between] =
    value < 0 ? lowerNumbers(-value, -least).map((size) => -size) : lowerNumbers(value, least);
  if (lowest === undefined) return [];
  return [{ simplest: { path, value: lowest }, between: between.map((lower) => ({ path, value: lower })) }];
}

/** A text that has to be there; none where it is short already. */
export function textSites(path: JsonPath, text: string): readonly Site[] {
  const characters = Array.from(text);
  const edits = lowerNumbers(characters.length, TEXT_KEPT).map((length) => ({
    path,
    value: characters.slice(0, length).join(""),
  }));
  const [shortest, ...between] = edits;
  return shortest === undefined ? [] : [{ simplest: shortest, between }];
}

/**
 * Lower numbers to try, lowest first: the least, then ever closer, without the last hair's breadth of a long time.
 *
 * @example lowerNumbers(100, 0)  // [0, 50, 75, 87, 93]
 * @example lowerNumbers(5, 1)  // [1, 3, 4]
 */
export function lowerNumbers(value: number, least: number): readonly number[] {
  if (value <= least) return [];
  const distance = value - least;
  const closer = [2, 4, 8, 16].map((share) => Math.floor(value - distance / share));
  const last = distance <= SMALL ? [Math.ceil(value) - 1] : [];
  const lower = [least, ...closer, ...last].filter((number) => number >= least && number < value);
  return [...new Set(lower)].toSorted((left, right) => left - right);
}
