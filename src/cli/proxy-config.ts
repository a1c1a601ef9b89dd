import { z } from "zod";

import { HarnessError, messageOf } from "../errors.ts";
import { parseDocument } from "../plan/document.ts";
import { isJsonObject } from "../protocol/json.ts";
import { parseAddress } from "../tcp-proxy/address.ts";
import type { ProxyConfig } from "../tcp-proxy/index.ts";

const AddressSchema = z.string().superRefine((text, context) => {
  try {
    parseAddress(text);
  } catch (error) {
    context.addIssue({ code: "custom", message: `${messageOf(error)}; "host:port" is expected` });
  }
});

const ProxyConfigSchema: z.ZodType<ProxyConfig> = z.object({
  name: z.string().min(1, "has to have a text"),
  listen: AddressSchema.exactOptional(),
  upstream: z.string().min(1, "has to have a text").pipe(AddressSchema),
  enabled: z.boolean().exactOptional(),
});

const ProxyListSchema: z.ZodType<readonly ProxyConfig[]> = z.array(z.preprocess(withKnownNames, ProxyConfigSchema));

/**
 * Reads the proxies of a Toxiproxy config file.
 *
 * As there, names of members count in any case, null counts as absent, and what is not known is passed over. Other than
 * there, a file with a mistake is refused.
 *
 * @param source How the file is called in messages.
 * @throws HarnessError `HARNESS_UNREADABLE_FILE` with line and column where it is not JSON, `HARNESS_INVALID_OPTION`
 * with every problem and its path
 *
 * @example [{ "name": "api", "listen": "127.0.0.1:9000", "upstream": "127.0.0.1:3000", "enabled": true }]
 */
export function parseProxyConfig(text: string, source: string): readonly ProxyConfig[] {
  return parseDocument(text, ProxyListSchema, { what: "list of proxies", source, code: "HARNESS_INVALID_OPTION" });
}

/** The file in the message of what the proxy itself refused, for example a port that is taken. */
export function nameConfigFile(error: unknown, source: string): unknown {
  if (!(error instanceof HarnessError) || error.code !== "HARNESS_INVALID_OPTION") return error;
  return new HarnessError(error.code, `${source}: ${error.message}`, { details: { source }, cause: error });
}

function withKnownNames(value: unknown): unknown {
  if (!isJsonObject(value)) return value;
  const members = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(members.map(([name, member]) => [name.toLowerCase(), member]));
}
