/** The head of an HTTP/1.1 message: its first line and its headers, by lower-case name. */
export type HttpHead = {
  readonly firstLine: string;
  readonly headers: ReadonlyMap<string, string>;
  /** The head's bytes as they are to go on, blank line included. */
  readonly bytes: Buffer;
};

/** The longest head that is read, in bytes; a longer one is passed on unread. */
export const HEAD_SIZE_BYTES_MAX: number = 64 * 1024;

const HEAD_END = "\r\n\r\n";

/** Takes a head off the front of a stream; undefined while its blank line has not come. */
export function splitHead(bytes: Buffer): { readonly head: HttpHead; readonly rest: Buffer } | undefined {
  const end = bytes.indexOf(HEAD_END, 0, "latin1");
  if (end === -1) return undefined;
  const headBytes = bytes.subarray(0, end + HEAD_END.length);
  const [firstLine = "", ...lines] = bytes.subarray(0, end).toString("latin1").split("\r\n");
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return { head: { firstLine, headers, bytes: headBytes }, rest: bytes.subarray(headBytes.length) };
}

/** The same head without a header. Nothing else of it changes, not even a byte. */
export function withoutHeader(head: HttpHead, name: string): HttpHead {
  if (!head.headers.has(name)) return head;
  const lines = head.bytes.toString("latin1").split("\r\n");
  const kept = lines.filter((line, index) => index === 0 || line.split(":", 1)[0]?.trim().toLowerCase() !== name);
  const headers = new Map(head.headers);
  headers.delete(name);
  return { firstLine: head.firstLine, headers, bytes: Buffer.from(kept.join("\r\n"), "latin1") };
}

/** The status of an answer's first line, for example 101; undefined where it is no answer. */
export function statusOf(head: HttpHead): number | undefined {
  const status = /^HTTP\/1\.[01] (\d{3})\b/.exec(head.firstLine)?.[1];
  return status === undefined ? undefined : Number(status);
}

/** The path of a request without its query, which may hold a secret. */
export function requestPathOf(head: HttpHead): string {
  return (head.firstLine.split(" ")[1] ?? "").split("?", 1)[0] ?? "";
}
