import { API_ERRORS, asBadBody, type ApiError } from "./api-error.ts";
import { parseJson, type JsonNode } from "./json-parser.ts";

/** What a member of a request's object must be; the names are those of the real API's messages. */
export type MemberType = "string" | "bool" | "float32" | "int64" | "int" | "zerolog.Logger" | "toxics.NoopToxic";

/** The shape of an object in a request. */
export type ObjectShape = {
  /** What the real API calls the whole, for example `"value of type toxiproxy.Proxy"`. */
  readonly wholeName: string;
  /** The members, in any order; `path` is what the messages call one, for example `"Proxy.name"`. */
  readonly members: readonly { readonly name: string; readonly path: string; readonly type: MemberType }[];
};

/** The members that were given, by name; those that are absent or null are not in it. */
export type DecodedObject = ReadonlyMap<string, string | number | boolean>;

const FLOAT32_MOST = 3.4028235677973366e38;
const INT64_LEAST = -(2n ** 63n);
const INT64_MOST = 2n ** 63n - 1n;

/** Reads a request's body. @throws ApiError 400 where it is not JSON. */
export function decodeBody(body: Buffer): JsonNode {
  try {
    return parseJson(body);
  } catch (error) {
    throw asBadBody(error);
  }
}

/**
 * Reads an object as the real API does: unknown members are ignored, names match in any case, the last one counts, null
 * counts as absent, and the first member of a wrong type is the error.
 *
 * @throws ApiError 400
 */
export function decodeObject(node: JsonNode, shape: ObjectShape): DecodedObject {
  const decoded = new Map<string, string | number | boolean>();
  if (node.kind === "null") return decoded;
  if (node.kind !== "object") throw wrongType(node.kind, shape.wholeName);
  for (const [key, value] of node.members) {
    const member =
      shape.members.find(({ name }) => name === key) ??
      shape.members.find(({ name }) => name.toLowerCase() === key.toLowerCase());
    if (member === undefined || value.kind === "null") continue;
    const target = `struct field ${member.path} of type ${member.type}`;
    const scalar = decodeScalar(value, member.type, target);
    if (scalar !== undefined) decoded.set(member.name, scalar);
  }
  return decoded;
}

/** Every member of that name, in the order given. */
export function membersOf(node: JsonNode, name: string): readonly JsonNode[] {
  if (node.kind !== "object") return [];
  return node.members.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
}

/** @throws ApiError 400 for a value that is not what its place needs. */
export function wrongType(found: string, target: string): ApiError {
  return API_ERRORS.badRequestBody(`json: cannot unmarshal ${found} into Go ${target}`);
}

function decodeScalar(node: JsonNode, type: MemberType, target: string): string | number | boolean | undefined {
  switch (type) {
    case "string":
      if (node.kind === "string") return node.value;
      break;
    case "bool":
      if (node.kind === "bool") return node.value;
      break;
    case "float32":
      if (node.kind === "number") return decodeFloat(node.text, target);
      break;
    case "int":
    case "int64":
      if (node.kind === "number") return decodeWhole(node.text, target);
      break;
    case "zerolog.Logger":
    case "toxics.NoopToxic":
      if (node.kind === "object") return undefined;
      break;
  }
  throw wrongType(node.kind, target);
}

function decodeFloat(text: string, target: string): number {
  const value = Number(text);
  if (Math.abs(value) >= FLOAT32_MOST) throw wrongType(`number ${text}`, target);
  return Math.fround(value);
}

function decodeWhole(text: string, target: string): number {
  if (!/^-?\d+$/.test(text)) throw wrongType(`number ${text}`, target);
  const value = BigInt(text);
  if (value < INT64_LEAST || value > INT64_MOST) throw wrongType(`number ${text}`, target);
  return Number(value);
}
