import { decodeObject, membersOf, type DecodedObject, type ObjectShape } from "./api-body.ts";
import { API_ERRORS } from "./api-error.ts";
import type { Direction } from "./interceptor.ts";
import type { JsonNode } from "./json-parser.ts";
import type { ToxicAttributes, ToxicType } from "./toxic.ts";
import type { ToxicEntry } from "./toxic-entry.ts";
import { TOXIC_TYPES } from "./toxic-registry.ts";

const TOXIC_SHAPE: ObjectShape = {
  wholeName: "value of type toxics.ToxicWrapper",
  members: [
    { name: "attributes", path: "ToxicWrapper.attributes", type: "toxics.NoopToxic" },
    { name: "name", path: "ToxicWrapper.name", type: "string" },
    { name: "type", path: "ToxicWrapper.type", type: "string" },
    { name: "stream", path: "ToxicWrapper.stream", type: "string" },
    { name: "toxicity", path: "ToxicWrapper.toxicity", type: "float32" },
  ],
};
const CHANGE_SHAPE: ObjectShape = {
  wholeName:
    'value of type struct { Attributes interface {} "json:\\"attributes\\""; Toxicity float32 "json:\\"toxicity\\"" }',
  members: [{ name: "toxicity", path: ".toxicity", type: "float32" }],
};
const ATTRIBUTES_ONLY: ObjectShape = {
  wholeName: 'value of type struct { Attributes interface {} "json:\\"attributes\\"" }',
  members: [],
};
const DIRECTIONS: ReadonlyMap<string, Direction> = new Map([
  ["upstream", "to-server"],
  ["downstream", "to-client"],
]);

/**
 * Reads the body that creates a toxic, in the order in which the real API judges it: shape, stream, type, name taken,
 * attributes.
 *
 * @throws ApiError 400 or 409
 */
export function decodeToxic(node: JsonNode, isTaken: (name: string) => boolean): ToxicEntry {
  const decoded = decodeObject(node, TOXIC_SHAPE);
  const stream = textOf(decoded, "stream") ?? "downstream";
  const direction = DIRECTIONS.get(stream.toLowerCase());
  if (direction === undefined) throw API_ERRORS.invalidStream();
  const typeName = textOf(decoded, "type") ?? "";
  const name = textOf(decoded, "name") ?? "";
  const type = TOXIC_TYPES.get(typeName);
  if (type === undefined) throw API_ERRORS.invalidToxicType();
  const entryName = name === "" ? `${typeName}_${stream}` : name;
  if (isTaken(entryName)) throw API_ERRORS.toxicAlreadyExists();
  const toxicity = decoded.get("toxicity");
  return {
    name: entryName,
    type,
    direction,
    stream,
    toxicity: typeof toxicity === "number" ? toxicity : 1,
    attributes: decodeAttributes(node, type, defaultsOf(type)),
  };
}

/** Reads the body that changes a toxic: what is absent stays as it was. @throws ApiError 400 */
export function decodeToxicChange(node: JsonNode, entry: ToxicEntry): Pick<ToxicEntry, "attributes" | "toxicity"> {
  const toxicity = decodeObject(node, CHANGE_SHAPE).get("toxicity");
  return {
    attributes: decodeAttributes(node, entry.type, entry.attributes),
    toxicity: typeof toxicity === "number" ? toxicity : entry.toxicity,
  };
}

function decodeAttributes(node: JsonNode, type: ToxicType, before: ToxicAttributes): ToxicAttributes {
  decodeObject(node, ATTRIBUTES_ONLY);
  const prefix = type.messageName ?? `${camelCase(type.type)}Toxic`;
  const numberType = type.numberType ?? "int64";
  const shape: ObjectShape = {
    wholeName: `struct field .attributes of type toxics.${prefix}`,
    members: type.attributes.map(({ name }) => ({ name, path: `${prefix}.attributes.${name}`, type: numberType })),
  };
  // The real API lets one repetition of "attributes" after another fill the same toxic.
  const decoded = new Map(membersOf(node, "attributes").flatMap((given) => [...decodeObject(given, shape)]));
  const attributes: Record<string, number> = {};
  for (const { name, least, most } of type.attributes) {
    const value = decoded.get(name) ?? before[name];
    if (typeof value !== "number") continue;
    if (value < least || value > most) {
      throw API_ERRORS.badRequestBody(`attribute ${name} of ${type.type} must be ${least} to ${most}, not ${value}`);
    }
    attributes[name] = value;
  }
  return attributes;
}

function defaultsOf(type: ToxicType): ToxicAttributes {
  return Object.fromEntries(
    type.attributes.flatMap((rule) => (rule.default === undefined ? [] : [[rule.name, rule.default]])),
  );
}

function textOf(decoded: DecodedObject, name: string): string | undefined {
  const value = decoded.get(name);
  return typeof value === "string" ? value : undefined;
}

function camelCase(text: string): string {
  return text.replace(/(?:^|_)([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}
