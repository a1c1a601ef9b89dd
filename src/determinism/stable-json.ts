import { hash } from "node:crypto";
import stringify from "safe-stable-stringify";

/** JSON with the keys of every object sorted, so that equal data gives equal text. `indent` is a number of blanks. */
export function stableJson(value: unknown, indent?: number): string {
  return stringify(value, undefined, indent) ?? "null";
}

/** The SHA-256 of the stable JSON of a value, as 64 hexadecimal digits. */
export function digestOf(value: unknown): string {
  return digestOfText(stableJson(value));
}

/** The SHA-256 of a text in UTF-8, as 64 hexadecimal digits. */
export function digestOfText(text: string): string {
  return hash("sha256", text, "hex");
}
