import { digestOfText } from "../determinism/stable-json.ts";
import { isJsonObject } from "../protocol/json.ts";

/** Takes secrets out of whatever is stored, and leaves visible which ones were equal. */
export type Redactor = {
  /** Remembers a value that must not be stored. Values shorter than six characters are left alone: they hide nothing. */
  learn(secret: string): void;
  /** Whether a secret stands in a text of this value, however deep; much cheaper than to print it and to look there. */
  occursIn(value: unknown): boolean;
  /** The text with `redacted:<8 hex>` in the place of every secret; the digits are the same for the same secret. */
  redact(text: string): string;
};

const SECRET_LENGTH_MIN = 6;
/** No value is looked into more deeply: what lies there might be a secret. */
const DEPTH_MAX = 64;
const ENVIRONMENT_SECRET_LENGTH_MIN = 8;

/** Names of headers, query parameters and environment variables whose values are secrets. */
const SECRET_NAME = /key|token|secret|passw|auth|cookie|credential/i;

/** The key of an upgrade is no secret: it only proves that the server read it (RFC 6455 §1.3). */
const HANDSHAKE_KEY = "sec-websocket-key";

/** Opens a redactor. The salt belongs to one run and is stored nowhere, so that the digits tell nothing outside it. */
export function createRedactor(salt: string, secrets: readonly string[] = []): Redactor {
  const replacements = new Map<string, string>();
  function learn(secret: string): void {
    if (secret.length < SECRET_LENGTH_MIN) return;
    const replacement = `redacted:${digestOfText(`${salt}/${secret}`).slice(0, 8)}`;
    // The same secret as it stands in JSON, and in a URL.
    for (const form of [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]) {
      replacements.set(form, replacement);
    }
  }
  for (const secret of secrets) learn(secret);
  return {
    learn,
    occursIn: (value) => replacements.size > 0 && holdsAny(value, replacements, 0),
    redact(text) {
      let redacted = text;
      for (const [secret, replacement] of replacements) redacted = redacted.replaceAll(secret, replacement);
      return redacted;
    },
  };
}

/** Whether one of some texts is part of a value's, or of the name of a member. */
function holdsAny(value: unknown, texts: ReadonlyMap<string, unknown>, depth: number): boolean {
  if (typeof value === "string") return value.length >= SECRET_LENGTH_MIN && includesAny(value, texts);
  if (depth >= DEPTH_MAX) return true;
  if (Array.isArray(value)) return value.some((one) => holdsAny(one, texts, depth + 1));
  if (!isJsonObject(value)) return false;
  for (const name in value) {
    const isNameLong = name.length >= SECRET_LENGTH_MIN;
    if ((isNameLong && includesAny(name, texts)) || holdsAny(value[name], texts, depth + 1)) return true;
  }
  return false;
}

function includesAny(text: string, parts: ReadonlyMap<string, unknown>): boolean {
  for (const part of parts.keys()) if (text.includes(part)) return true;
  return false;
}

/** Whether a header, query parameter or environment variable of this name holds a secret: `"x-api-key"`, `"OPENAI_API_KEY"`. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/** The values of an environment whose names say that they are secret; short ones, such as `true`, are none. */
export function secretsOfEnvironment(environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  return Object.entries(environment).flatMap(([name, value]) =>
    value !== undefined && value.length >= ENVIRONMENT_SECRET_LENGTH_MIN && isSecretName(name) ? [value] : [],
  );
}

/** The secrets of a request's head: credentials, cookies and keys in its headers, and tokens in its query. */
export function secretsOfRequest(target: string, headers: ReadonlyMap<string, string>): readonly string[] {
  const query = target.includes("?") ? [...new URLSearchParams(target.slice(target.indexOf("?") + 1))] : [];
  return [...headers, ...query].flatMap(([name, value]) =>
    isSecretName(name) && name.toLowerCase() !== HANDSHAKE_KEY ? secretsOfValue(name, value) : [],
  );
}

function secretsOfValue(name: string, value: string): readonly string[] {
  if (/cookie/i.test(name)) return [value, ...value.split(/;\s*/).map((pair) => pair.slice(pair.indexOf("=") + 1))];
  // "Bearer abc": the scheme is no secret, what follows it is.
  const [scheme = "", credential] = value.split(" ", 2);
  if (credential === undefined) return [value];
  const decoded = /^basic$/i.test(scheme)
    ? [Buffer.from(credential, "base64").toString("utf8").split(":")[1] ?? ""]
    : [];
  return [credential, ...decoded];
}
