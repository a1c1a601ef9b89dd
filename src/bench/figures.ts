import type { Spread } from "./rounds.ts";

/** A ratio with its middle half, for example `"0.98 (0.93–1.04)"`. */
export function ratioText({ median, lowerQuartile, upperQuartile }: Spread): string {
  return `${median.toFixed(2)} (${lowerQuartile.toFixed(2)}–${upperQuartile.toFixed(2)})`;
}

/** Three significant digits without an exponent, for example `"12,300"`, `"4.56"`. */
export function figureText(value: number): string {
  return value.toLocaleString("en-US", { maximumSignificantDigits: 3 });
}

/** A figure with its sign, for example `"+41.6"`. */
export function differenceText(value: number): string {
  return value.toLocaleString("en-US", { maximumSignificantDigits: 3, signDisplay: "always" });
}

/** A number of bytes in MiB. */
export function mebibytesText(sizeBytes: number): string {
  return figureText(sizeBytes / 2 ** 20);
}
