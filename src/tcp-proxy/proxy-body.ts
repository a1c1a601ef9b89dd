import { decodeObject, wrongType, type DecodedObject, type ObjectShape } from "./api-body.ts";
import { API_ERRORS } from "./api-error.ts";
import type { JsonNode } from "./json-parser.ts";
import type { ProxySettings } from "./proxy-collection.ts";

const PROXY_SHAPE: ObjectShape = proxyShape("value of type toxiproxy.Proxy", "Proxy", "Proxy");
/** What the real API calls one element of the list that populates it. */
const ELEMENT_TYPE = 'struct { toxiproxy.Proxy; Enabled *bool "json:\\"enabled\\"" }';
const ELEMENT_SHAPE: ObjectShape = proxyShape(`value of type ${ELEMENT_TYPE}`, ".Proxy", "");

/** Reads the body that creates a proxy; it is enabled unless it says otherwise. @throws ApiError 400 */
export function decodeProxy(node: JsonNode): ProxySettings {
  const settings = settingsOf(decodeObject(node, PROXY_SHAPE));
  if (settings.name === "") throw API_ERRORS.missingField("name");
  if (settings.upstream === "") throw API_ERRORS.missingField("upstream");
  return settings;
}

/** Reads the body that changes a proxy: what is absent stays as it was, and the name always does. @throws ApiError 400 */
export function decodeProxyChange(node: JsonNode, before: ProxySettings): ProxySettings {
  const decoded = decodeObject(node, PROXY_SHAPE);
  return { ...before, ...settingsOf(decoded, before), name: before.name };
}

/** Reads a list of proxies; all of them are judged before any is created. @throws ApiError 400 */
export function decodeProxies(node: JsonNode): readonly ProxySettings[] {
  if (node.kind === "null") return [];
  if (node.kind !== "array") throw wrongType(node.kind, `value of type []${ELEMENT_TYPE}`);
  const all = node.items.map((item) => settingsOf(decodeObject(item, ELEMENT_SHAPE)));
  for (const [index, { name, upstream }] of all.entries()) {
    if (name === "") throw API_ERRORS.missingField(`name at proxy ${index + 1}`);
    if (upstream === "") throw API_ERRORS.missingField(`upstream at proxy ${index + 1}`);
  }
  return all;
}

function proxyShape(wholeName: string, prefix: string, enabledPrefix: string): ObjectShape {
  return {
    wholeName,
    members: [
      { name: "name", path: `${prefix}.name`, type: "string" },
      { name: "listen", path: `${prefix}.listen`, type: "string" },
      { name: "upstream", path: `${prefix}.upstream`, type: "string" },
      { name: "enabled", path: `${enabledPrefix}.enabled`, type: "bool" },
      { name: "Logger", path: `${prefix}.Logger`, type: "zerolog.Logger" },
    ],
  };
}

function settingsOf(decoded: DecodedObject, before?: ProxySettings): ProxySettings {
  const text = (name: "name" | "listen" | "upstream"): string => {
    const value = decoded.get(name);
    return typeof value === "string" ? value : (before?.[name] ?? "");
  };
  const enabled = decoded.get("enabled");
  return {
    name: text("name"),
    listen: text("listen"),
    upstream: text("upstream"),
    enabled: typeof enabled === "boolean" ? enabled : (before?.enabled ?? true),
  };
}
