/** Where something stands in JSON: `["faults", 0, "when", "delayMs"]`. */
export type JsonPath = readonly (string | number)[];

/** A change at one place of a plan: another value, or the member left out. */
export type Edit = { readonly path: JsonPath } & ({ readonly value: unknown } | { readonly leaveOut: true });

/**
 * The value with every change made; what is not on the way to one is shared with the original.
 *
 * A place that is not there, because an earlier change took it away, is passed over.
 */
export function withEdits(root: unknown, edits: readonly Edit[]): unknown {
  return edits.reduce((value: unknown, edit) => withEdit(value, edit.path, edit), root);
}

function withEdit(node: unknown, [key, ...rest]: JsonPath, edit: Edit): unknown {
  if (key === undefined || typeof node !== "object" || node === null || !Object.hasOwn(node, key)) return node;
  const entries = Object.entries(node).flatMap(([name, value]): [string, unknown][] => {
    if (name !== String(key)) return [[name, value]];
    if (rest.length > 0) return [[name, withEdit(value, rest, edit)]];
    return "leaveOut" in edit ? [] : [[name, edit.value]];
  });
  return Array.isArray(node) ? entries.map(([, value]) => value) : Object.fromEntries(entries);
}
