import { describe, expect, it } from "vitest";

import { createRedactor, secretsOfEnvironment, secretsOfRequest } from "./redaction.ts";

describe("a redactor", () => {
  it("puts the same digits in the place of the same secret, and other ones for another", () => {
    const redactor = createRedactor("salt", ["first-secret", "second-secret"]);
    const redacted = redactor.redact("first-secret, second-secret, first-secret");
    expect(redacted).toMatch(/^redacted:[0-9a-f]{8}, redacted:[0-9a-f]{8}, redacted:[0-9a-f]{8}$/);
    const [one, two, three] = redacted.split(", ");
    expect(three).toBe(one);
    expect(two).not.toBe(one);
  });

  it("gives other digits under another salt", () => {
    const texts = ["a", "b"].map((salt) => createRedactor(salt, ["a-long-secret"]).redact("a-long-secret"));
    expect(texts[0]).not.toBe(texts[1]);
  });

  it("finds a secret as it stands in JSON and in a URL", () => {
    const secret = 'quote"back\\slash/ü';
    const redactor = createRedactor("salt", [secret]);
    expect(redactor.redact(JSON.stringify({ secret }))).not.toContain("slash");
    expect(redactor.redact(`?token=${encodeURIComponent(secret)}`)).not.toContain("slash");
  });

  it("knows where a secret stands: in a text, in a name, in JSON within a text, and nowhere else", () => {
    const redactor = createRedactor("salt", ['a-"long"-secret']);
    const within = [
      'so a-"long"-secret it is',
      { body: [{ text: 'a-"long"-secret' }] },
      { 'a-"long"-secret': 1 },
      { arguments: JSON.stringify({ key: 'a-"long"-secret' }) },
      { url: `?key=${encodeURIComponent('a-"long"-secret')}` },
    ];
    for (const value of within) expect([value, redactor.occursIn(value)]).toEqual([value, true]);
    for (const value of ["a-long-secret", { body: [null, 1, true, "secret"] }, undefined]) {
      expect([value, redactor.occursIn(value)]).toEqual([value, false]);
    }
    expect(createRedactor("salt").occursIn('a-"long"-secret')).toBe(false);
  });

  it("takes what lies too deep to be looked into for a secret", () => {
    const nested = (depth: number): unknown => JSON.parse(`${"[".repeat(depth)}"plain"${"]".repeat(depth)}`);
    const redactor = createRedactor("salt", ["a-long-secret"]);
    expect([redactor.occursIn(nested(60)), redactor.occursIn(nested(2_000))]).toEqual([false, true]);
  });

  it("leaves short values alone, which would blot out half of the text", () => {
    expect(createRedactor("salt", ["", "abc"]).redact("abc def")).toBe("abc def");
  });
});

describe("the secrets of an environment", () => {
  it("are the long values of key-like names", () => {
    const environment = {
      OPENAI_API_KEY: "sk-1234567890",
      SESSION_COOKIE: "c00kie-value",
      AUTH: "true",
      PATH: "/usr/bin:/bin",
    };
    expect(secretsOfEnvironment(environment)).toEqual(["sk-1234567890", "c00kie-value"]);
  });
});

describe("the secrets of a request", () => {
  it("are its credentials, cookies, keys and tokens, with and without their wrapping", () => {
    const headers = new Map([
      ["host", "127.0.0.1"],
      ["authorization", "Bearer bearer-value"],
      ["proxy-authorization", `Basic ${Buffer.from("user:basic-password").toString("base64")}`],
      ["cookie", "session=cookie-value; theme=dark"],
      ["x-api-key", "header-key-value"],
      ["sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="],
    ]);
    const secrets = secretsOfRequest("/v1/responses?token=query-value&model=m", headers);
    for (const secret of ["bearer-value", "basic-password", "cookie-value", "header-key-value", "query-value"]) {
      expect(secrets).toContain(secret);
    }
    expect(secrets).not.toContain("127.0.0.1");
    expect(secrets).not.toContain("dGhlIHNhbXBsZSBub25jZQ==");
    expect(secrets).not.toContain("m");
  });
});
