import { readFileSync } from "node:fs";

import { isJsonObject, textMember } from "../protocol/json.ts";

/** The versions that a report and a reproduction name: `{"cutwire":"0.1.0","node":"20.20.2"}`. */
export function versionsInUse(): Readonly<Record<string, string>> {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  const version = isJsonObject(manifest) ? textMember(manifest, "version") : undefined;
  return { cutwire: version ?? "unknown", node: process.versions.node };
}
