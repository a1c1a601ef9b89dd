/** What the API answers with. A Map is an object whose keys keep their order, even where they look like numbers. */
export type Printable =
  | string
  | number
  | boolean
  | null
  | readonly Printable[]
  | ReadonlyMap<string, Printable>
  | { readonly [name: string]: Printable };

const INT64_MOST = 2n ** 63n - 1n;

/**
 * JSON as the real API prints it: no blanks, members in the order given, and `<`, `>`, `&`, U+2028 and U+2029 escaped.
 *
 * Whole numbers are printed in full up to 64 bits.
 */
export function printJson(value: Printable): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") return printNumber(value);
  if (typeof value === "string") return printString(value);
  if (isList(value)) return `[${value.map(printJson).join(",")}]`;
  const members = membersOf(value).map(([name, member]) => `${printString(name)}:${printJson(member)}`);
  return `{${members.join(",")}}`;
}

function isList(value: readonly Printable[] | object): value is readonly Printable[] {
  return Array.isArray(value);
}

function membersOf(
  value: ReadonlyMap<string, Printable> | { readonly [name: string]: Printable },
): [string, Printable][] {
  return isMap(value) ? [...value] : Object.entries(value);
}

function isMap(value: object): value is ReadonlyMap<string, Printable> {
  return value instanceof Map;
}

function printString(text: string): string {
  return JSON.stringify(text).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function printNumber(value: number): string {
  if (Object.is(value, -0)) return "-0";
  if (!Number.isInteger(value) || Math.abs(value) > Number(INT64_MOST)) return String(value);
  const whole = BigInt(value);
  return String(whole > INT64_MOST ? INT64_MOST : whole);
}

/** The number with the fewest digits that is the same 32-bit float, for example 0.1 for 0.10000000149011612. */
export function shortestFloat32(value: number): number {
  if (value === 0) return value;
  for (let digits = 1; digits <= 9; digits += 1) {
    const shortened = Number(value.toPrecision(digits));
    if (Math.fround(shortened) === Math.fround(value)) return shortened;
  }
  return value;
}
