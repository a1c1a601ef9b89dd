/** An object out of parsed JSON, of which nothing is known yet. */
export type JsonObject = { readonly [key: string]: unknown };

/** A JSON schema as it stands in a tool definition or a fault description. */
export type JsonSchema = JsonObject;

/** Whether parsed JSON is an object, and neither null nor an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object that a text holds, or undefined when the text is not JSON or holds anything else. */
export function parseJsonObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A member that has to be text, or undefined. */
export function textMember(object: JsonObject, key: string): string | undefined {
  const value = object[key];
  return typeof value === "string" ? value : undefined;
}

/** A member that has to be an object, or undefined. */
export function objectMember(object: JsonObject, key: string): JsonObject | undefined {
  const value = object[key];
  return isJsonObject(value) ? value : undefined;
}
