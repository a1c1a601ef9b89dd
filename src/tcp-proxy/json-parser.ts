/**
 * A JSON value as it was written: numbers keep their text, objects keep the order and the repetition of their keys.
 *
 * Both are needed to answer bad requests as the real API does, which names the number it could not take.
 */
export type JsonNode =
  | { readonly kind: "null" }
  | { readonly kind: "bool"; readonly value: boolean }
  | { readonly kind: "number"; readonly text: string }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "array"; readonly items: readonly JsonNode[] }
  | { readonly kind: "object"; readonly members: readonly (readonly [string, JsonNode])[] };

/** Why a text is not JSON, in the words of the real API, for example `"unexpected EOF"`. */
export class JsonSyntaxError extends Error {}

const DEPTH_MAX = 1000;
const LITERALS: Readonly<Record<string, { readonly word: string; readonly node: JsonNode }>> = {
  n: { word: "null", node: { kind: "null" } },
  t: { word: "true", node: { kind: "bool", value: true } },
  f: { word: "false", node: { kind: "bool", value: false } },
};
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

/**
 * Reads the first JSON value of a text and ignores what follows it, as the real API does.
 *
 * @throws JsonSyntaxError `"EOF"` where there is nothing but blanks; nesting is bounded by 1000 levels.
 */
export function parseJson(body: Buffer): JsonNode {
  return new Parser(body).parse();
}

class Parser {
  readonly #bytes: Buffer;
  #at = 0;
  #depth = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  parse(): JsonNode {
    this.#skipBlanks();
    if (this.#at >= this.#bytes.length) throw new JsonSyntaxError("EOF");
    return this.#value();
  }

  #value(): JsonNode {
    this.#skipBlanks();
    const first = this.#peek();
    const literal = LITERALS[first];
    if (literal !== undefined) return this.#literal(literal.word, literal.node);
    if (first === '"') return { kind: "string", value: this.#string() };
    if (first === "-" || isDigit(first)) return this.#number();
    if (first !== "{" && first !== "[") throw this.#unexpected("looking for beginning of value");
    this.#depth += 1;
    if (this.#depth > DEPTH_MAX) throw new JsonSyntaxError("exceeded max depth");
    const node = first === "{" ? this.#object() : this.#array();
    this.#depth -= 1;
    return node;
  }

  #object(): JsonNode {
    const members: [string, JsonNode][] = [];
    this.#at += 1;
    this.#skipBlanks();
    if (this.#takes("}")) return { kind: "object", members };
    for (;;) {
      this.#skipBlanks();
      if (this.#peek() !== '"') throw this.#unexpected("looking for beginning of object key string");
      const key = this.#string();
      this.#skipBlanks();
      if (!this.#takes(":")) throw this.#unexpected("after object key");
      members.push([key, this.#value()]);
      this.#skipBlanks();
      if (this.#takes("}")) return { kind: "object", members };
      if (!this.#takes(",")) throw this.#unexpected("after object key:value pair");
    }
  }

  #array(): JsonNode {
    const items: JsonNode[] = [];
    this.#at += 1;
    this.#skipBlanks();
    if (this.#takes("]")) return { kind: "array", items };
    for (;;) {
      items.push(this.#value());
      this.#skipBlanks();
      if (this.#takes("]")) return { kind: "array", items };
      if (!this.#takes(",")) throw this.#unexpected("after array element");
    }
  }

  #literal(word: string, node: JsonNode): JsonNode {
    for (const expected of word) {
      if (!this.#takes(expected)) throw this.#unexpected(`in literal ${word} (expecting '${expected}')`);
    }
    return node;
  }

  #number(): JsonNode {
    const start = this.#at;
    this.#takes("-");
    if (!this.#takes("0")) this.#digits("in numeric literal");
    if (this.#takesAtEnd(".")) this.#digits("after decimal point in numeric literal");
    if (this.#takesAtEnd("e") || this.#takesAtEnd("E")) {
      if (!this.#takes("+")) this.#takes("-");
      this.#digits("in exponent of numeric literal");
    }
    return { kind: "number", text: this.#bytes.toString("latin1", start, this.#at) };
  }

  #digits(where: string): void {
    if (!isDigit(this.#peek())) throw this.#unexpected(where);
    while (this.#at < this.#bytes.length && isDigit(this.#peek())) this.#at += 1;
  }

  #string(): string {
    this.#at += 1;
    const parts: string[] = [];
    let start = this.#at;
    for (;;) {
      const character = this.#peek();
      if (character < " ") throw this.#unexpected("in string literal");
      if (character === '"' || character === "\\") parts.push(this.#bytes.toString("utf8", start, this.#at));
      this.#at += 1;
      if (character === '"') return replaceLoneSurrogates(parts.join(""));
      if (character !== "\\") continue;
      parts.push(this.#escape());
      start = this.#at;
    }
  }

  #escape(): string {
    const character = this.#peek();
    const plain = ESCAPES[character];
    if (plain === undefined && character !== "u") throw this.#unexpected("in string escape code");
    this.#at += 1;
    if (plain !== undefined) return plain;
    const start = this.#at;
    for (; this.#at < start + 4; this.#at += 1) {
      if (!/[0-9a-fA-F]/.test(this.#peek())) throw this.#unexpected("in \\u hexadecimal character escape");
    }
    return String.fromCharCode(Number.parseInt(this.#bytes.toString("latin1", start, this.#at), 16));
  }

  #skipBlanks(): void {
    while (this.#at < this.#bytes.length && " \t\r\n".includes(this.#peek())) this.#at += 1;
  }

  #peek(): string {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new JsonSyntaxError("unexpected EOF");
    return String.fromCharCode(byte);
  }

  #takes(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#at += 1;
    return true;
  }

  /** As {@link #takes}, at a place where the text may also be over. */
  #takesAtEnd(character: string): boolean {
    return this.#at < this.#bytes.length && this.#takes(character);
  }

  #unexpected(where: string): JsonSyntaxError {
    return new JsonSyntaxError(`invalid character ${quoteCharacter(this.#peek())} ${where}`);
  }
}

function isDigit(character: string): boolean {
  return character >= "0" && character <= "9";
}

/** The way in which Go's `strconv` writes one byte between single quotes. */
function quoteCharacter(character: string): string {
  const named: Readonly<Record<string, string>> = {
    "'": "\\'",
    "\\": "\\\\",
    "\u0007": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
  };
  const code = character.charCodeAt(0);
  const isPlain = (code >= 0x20 && code < 0x7f) || (code > 0xa0 && code !== 0xad);
  const asHex = code < 0x80 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
  return `'${named[character] ?? (isPlain ? character : asHex)}'`;
}

/** A surrogate without its partner becomes U+FFFD, as in every text that went through UTF-8. */
function replaceLoneSurrogates(text: string): string {
  return Buffer.from(text, "utf8").toString("utf8");
}
