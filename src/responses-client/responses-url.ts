import { HarnessError } from "../errors.ts";

/**
 * The WebSocket URL of the endpoint under an HTTP base URL, as the SDKs build it (protocol.md §1.1).
 *
 * @example responsesUrl("http://127.0.0.1:8080/v1") // "ws://127.0.0.1:8080/v1/responses"
 * @throws HarnessError `HARNESS_INVALID_OPTION` where the base URL is no http, https, ws or wss URL
 */
export function responsesUrl(baseUrl: string): string {
  const url = baseUrl.replace(/^http/i, "ws").replace(/\/+$/, "") + "/responses";
  checkResponsesUrl(url);
  return url;
}

/** @throws HarnessError `HARNESS_INVALID_OPTION` where the text is no ws or wss URL, or has a fragment */
export function checkResponsesUrl(url: string): void {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed !== undefined && /^wss?:$/.test(parsed.protocol) && parsed.hash === "") return;
  throw new HarnessError(
    "HARNESS_INVALID_OPTION",
    `"${url}" is not the URL of a WebSocket endpoint. Give one such as ws://127.0.0.1:8080/v1/responses.`,
    { details: { url } },
  );
}
