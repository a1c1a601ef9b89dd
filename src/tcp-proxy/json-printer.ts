/** What the API answers with. Undefined members are left out. */
export type Printable =
  string | number | boolean | null | readonly Printable[] | { readonly [name: string]: Printable | undefined };

const INT64_MOST = 2n ** 63n - 1n;

/**
 * JSON as the real API prints it: no blanks, members in the order given, and `<`, `>`, `&`, U+2028 and U+2029 escaped.
 *
 * Whole numbers are printed in full up to 64 bits, others as 32-bit floats.
 */
export function printJson(value: Printable): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") return printNumber(value);
  if (typeof value === "string") return printString(value);
  if (isList(value)) return `[${value.map(printJson).join(",")}]`;
  const members = Object.entries(value).flatMap(([name, member]) =>
    member === undefined ? [] : [`${printString(name)}:${printJson(member)}`],
  );
  return `{${members.join(",")}}`;
}

function isList(value: readonly Printable[] | object): value is readonly Printable[] {
  return Array.isArray(value);
}

function printString(text: string): string {
  return JSON.stringify(text).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function printNumber(value: number): string {
  if (Number.isInteger(value)) {
    const whole = BigInt(value);
    return String(whole > INT64_MOST ? INT64_MOST : whole);
  }
  for (let digits = 1; digits <= 9; digits += 1) {
    const shortened = Number(value.toPrecision(digits));
    if (Math.fround(shortened) === Math.fround(value)) return String(shortened);
  }
  return String(value);
}
