import { HarnessError } from "../errors.ts";

/** A host and one or more ports on it, for example `{ host: "0.0.0.0", ports: [9000, 9001] }`. */
export type AddressWithPorts = { readonly host: string; readonly ports: readonly number[] };

/** How many ports a range may have. */
const PORTS_MAX = 1_024;

/**
 * Reads `HOST:PORT`, `HOST:FIRST-LAST`, or either without the host, which is then 127.0.0.1. Port 0 is any free one.
 *
 * @throws HarnessError `HARNESS_INVALID_OPTION` that names the option
 */
export function parseAddressWithPorts(option: string, text: string): AddressWithPorts {
  const match = /^(?:(?<host>[^\s/]+|\[[^\]\s]+\]):)?(?<first>\d{1,5})(?:-(?<last>\d{1,5}))?$/.exec(text);
  const { host = "127.0.0.1", first = "", last = first } = match?.groups ?? {};
  const count = Number(last) - Number(first) + 1;
  if (match === null || Number(last) > 65_535 || count < 1 || count > PORTS_MAX) {
    throw new HarnessError(
      "HARNESS_INVALID_OPTION",
      `--${option} ${text}: HOST:PORT or HOST:FIRST-LAST with ports up to 65535 is expected, at most ${PORTS_MAX} of them.`,
      { details: { option, value: text } },
    );
  }
  const ports = Array.from({ length: count }, (_, index) => Number(first) + index);
  return { host: host === "localhost" ? "127.0.0.1" : host, ports };
}
