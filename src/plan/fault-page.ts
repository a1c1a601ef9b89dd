import { z } from "zod";

import { isJsonObject, type JsonObject, objectMember, textMember } from "../protocol/json.ts";
import { FAULT_CATALOGUE } from "./fault-catalogue.ts";
import type { FaultDescription } from "./fault-description.ts";

type AnyDescription = Pick<
  FaultDescription,
  "kind" | "ids" | "title" | "schema" | "layer" | "appliedBy" | "scope" | "fired"
>;

/** The page `docs/faults.md`: every kind of fault with its parameters, made of the catalogue. */
export function renderFaultPage(): string {
  const descriptions: readonly AnyDescription[] = Object.values(FAULT_CATALOGUE);
  return [
    "# Faults",
    "<!-- Made of src/plan/faults; do not edit. -->",
    "A fault of a plan has an `id`, the `fault` itself, `when` (a place and an anchor, see the README) and `heal`: " +
      "`after` a time, `on-close` of its connection, `at` an anchor, or `never`. What did not happen is *missed*, and " +
      "never counts as survived. A fault made by the server is refused before the run where the target has no control.",
    ...descriptions.map(renderKind),
    "## By row of the catalogue of failures",
    table(["Row", "Kinds"], rowsById(descriptions)),
    "",
  ].join("\n\n");
}

function renderKind(description: AnyDescription): string {
  const { kind, ids, title, schema, layer, appliedBy, scope, fired } = description;
  const facts = [`${ids.join(" ")}`, `layer: ${layer}`, `made by: ${appliedBy}`, `strikes one ${scope}`].join(" · ");
  const parameters = parametersOf(z.toJSONSchema(schema));
  const told = parameters.length === 0 ? "No parameters." : table(["Parameter", "Values", "Meaning"], parameters);
  return [`## ${kind}`, `${title}.`, facts, told, `Fired: ${fired}.`].join("\n\n");
}

type Row = readonly string[];

/** One row for each parameter; of shapes to choose from, the rows of all of them. */
function parametersOf(schema: JsonObject, prefix = ""): readonly Row[] {
  const choices = [...listMember(schema, "oneOf"), ...listMember(schema, "anyOf")];
  const required = listMember(schema, "required");
  const own = Object.entries(objectMember(schema, "properties") ?? {}).flatMap(([name, value]) => {
    if (!isJsonObject(value) || (prefix === "" && name === "kind")) return [];
    const path = `${prefix}${name}`;
    const inner = parametersOf(value, `${path}.`);
    const values = valuesOf(value);
    const row = [
      `\`${path}\`${required.includes(name) ? "" : " (optional)"}`,
      values,
      textMember(value, "description") ?? "",
    ];
    return values === "" ? inner : [row, ...inner];
  });
  const chosen = choices.map((shape) => (isJsonObject(shape) ? parametersOf(shape, prefix) : []));
  const [first = [], ...others] = chosen;
  const common = first.filter((row) => others.length > 0 && others.every((rows) => rows.some(isLike(row))));
  return [...own, ...common, ...chosen.flatMap((rows) => rows.filter((row) => !common.some(isLike(row))))];
}

function listMember(schema: JsonObject, key: string): readonly unknown[] {
  const value = schema[key];
  return Array.isArray(value) ? value : [];
}

function isLike(row: Row): (other: Row) => boolean {
  return (other) => other.join("|") === row.join("|");
}

function valuesOf(schema: JsonObject): string {
  if ("const" in schema) return `\`${String(schema["const"])}\``;
  if ("enum" in schema)
    return listMember(schema, "enum")
      .map((value) => `\`${String(value)}\``)
      .join(", ");
  const choices = listMember(schema, "anyOf");
  if (choices.length > 0) {
    return choices
      .map((choice) => (isJsonObject(choice) ? valuesOf(choice) : ""))
      .filter((values) => values !== "")
      .join(", or ");
  }
  const { minimum, maximum } = schema;
  switch (schema["type"]) {
    case "integer":
    case "number":
      return typeof minimum === "number" && typeof maximum === "number" ? `${minimum} to ${maximum}` : "a number";
    case "string":
      return "text";
    case "boolean":
      return "`true`, `false`";
    case "null":
      return "`null`";
    default:
      return "";
  }
}

function rowsById(descriptions: readonly AnyDescription[]): readonly Row[] {
  const ids = [...new Set(descriptions.flatMap((description) => description.ids))].toSorted();
  return ids.map((id) => [
    id,
    descriptions
      .filter((description) => description.ids.includes(id))
      .map(({ kind }) => `\`${kind}\``)
      .join(", "),
  ]);
}

function table(head: Row, rows: readonly Row[]): string {
  const lines = [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`);
  return lines.join("\n");
}
