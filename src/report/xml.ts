/** An XML element: a name, attributes, and what stands in it. Texts are escaped when it is printed. */
export type XmlElement = {
  readonly name: string;
  readonly attributes?: Readonly<Record<string, string | number>>;
  readonly children?: readonly (XmlElement | string)[];
};

/** An element as an XML 1.0 document, indented by two blanks. */
export function printXml(root: XmlElement): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${printElement(root, "")}\n`;
}

function printElement({ name, attributes = {}, children = [] }: XmlElement, indent: string): string {
  const printed = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeXml(String(value))}"`);
  const start = `${indent}<${name}${printed.join("")}`;
  if (children.length === 0) return `${start}/>`;
  const [only] = children;
  // A text stands alone and without any blank of ours, because blanks in it mean something.
  if (children.length === 1 && typeof only === "string") return `${start}>${escapeXml(only)}</${name}>`;
  const lines = children.map((child) =>
    typeof child === "string" ? escapeXml(child) : printElement(child, `${indent}  `),
  );
  return [`${start}>`, ...lines, `${indent}</${name}>`].join("\n");
}

/**
 * A text as it may stand in XML 1.0, in an element or in an attribute. What XML cannot hold at all (control characters,
 * halves of surrogate pairs) becomes U+FFFD; line ends and tabs are written as references, or an attribute would lose them.
 *
 * @see https://www.w3.org/TR/xml/#charsets
 */
export function escapeXml(text: string): string {
  return text
    .replaceAll(/\p{Surrogate}/gu, "\uFFFD")
    .replaceAll(NOT_XML, "\uFFFD")
    .replaceAll(/[&<>"'\n\r\t]/g, (character) => REFERENCES[character] ?? character);
}

// oxlint-disable-next-line no-control-regex -- these are the characters that XML forbids
const NOT_XML = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g;

const REFERENCES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
  "\n": "&#10;",
  "\r": "&#13;",
  "\t": "&#9;",
};
