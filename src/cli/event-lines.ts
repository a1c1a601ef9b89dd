import { digestOfText } from "../determinism/stable-json.ts";
import type { ServerEvent } from "../responses-server/index.ts";

/**
 * An event of the reference server as one line of JSON, without its end.
 *
 * In place of an API key stands a fingerprint of it, `"key-2c70e12b"`: the same for the same key, in every run.
 *
 * @example {"kind":"connection-opened","apiKey":"key-2c70e12b","connection":0,"requestId":"req_…"}
 */
export function printEventLine(event: ServerEvent): string {
  return JSON.stringify(event, (name, value: unknown) =>
    name === "apiKey" && typeof value === "string" ? `key-${digestOfText(value).slice(0, 8)}` : value,
  );
}
