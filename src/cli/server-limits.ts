import { HarnessError } from "../errors.ts";
import { DEFAULT_SERVER_LIMITS, type ServerLimits } from "../responses-server/index.ts";
import { resolveLimits } from "../responses-server/server-options.ts";

/** The names of all limits of the reference server. */
export const LIMIT_NAMES: readonly string[] = Object.keys(DEFAULT_SERVER_LIMITS);

/**
 * Reads limits of the reference server as they are given on a command line, and fills in the others.
 *
 * @example parseLimits(["inFlightMax=1", "atAgeCap=finish"])  // { …, inFlightMax: 1, atAgeCap: "finish" }
 * @throws HarnessError `HARNESS_INVALID_OPTION` with every one that is no limit, or with every value
 * that is out of bounds
 */
export function parseLimits(given: readonly string[]): ServerLimits {
  const pairs = given.map((text) => {
    const [name = "", ...rest] = text.split("=");
    return { text, name, value: rest.length === 0 ? undefined : rest.join("=") };
  });
  const wrong = pairs.filter(({ name, value }) => value === undefined || !LIMIT_NAMES.includes(name));
  if (wrong.length > 0) {
    const shown = wrong.map(({ text }) => `"${text}"`).join(", ");
    const advice = `NAME=VALUE is expected, with one of ${LIMIT_NAMES.join(", ")}.`;
    throw new HarnessError("HARNESS_INVALID_OPTION", `--limit ${shown}: ${advice}`, { details: { given } });
  }
  return resolveLimits(Object.fromEntries(pairs.map(({ name, value = "" }) => [name, valueOf(value)])));
}

/** JSON where it is some, and a text everywhere else. */
function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
