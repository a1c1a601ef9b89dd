import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { messageOf } from "../errors.ts";

/** A TCP address, for example `{ host: "127.0.0.1", port: 8474 }`. An empty host means every address of the machine. */
export type Address = { readonly host: string; readonly port: number };

/** Why a text is no address, in the words of the real API, for example `"address foo: missing port in address"`. */
export class AddressError extends Error {}

const PORT_MOST = 65_535;

/**
 * Reads `host:port`, `[v6]:port` or `:port`. An empty text is any port on every address of the machine.
 *
 * @throws AddressError
 */
export function parseAddress(text: string): Address {
  if (text === "") return { host: "", port: 0 };
  const colon = text.lastIndexOf(":");
  const isBracketed = text.startsWith("[");
  if (colon < 0 || (isBracketed && text.endsWith("]")))
    throw new AddressError(`address ${text}: missing port in address`);
  const host = text.slice(0, colon);
  if (isBracketed && !text.includes("]")) throw new AddressError(`address ${text}: missing ']' in address`);
  if (isBracketed !== host.endsWith("]") || (!isBracketed && host.includes(":"))) {
    throw new AddressError(`address ${text}: too many colons in address`);
  }
  return { host: isBracketed ? host.slice(1, -1) : host, port: parsePort(text.slice(colon + 1)) };
}

/** Writes an address as it is read by {@link parseAddress}, for example `"[::1]:8474"`. */
export function formatAddress({ host, port }: Address): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The same address with its host name looked up, an IPv4 address before others. @throws AddressError */
export async function resolveAddress({ host, port }: Address): Promise<Address> {
  if (host === "" || isIP(host) !== 0) return { host, port };
  try {
    const found = await lookup(host, { all: true });
    const chosen = found.find(({ family }) => family === 4) ?? found[0];
    if (chosen !== undefined) return { host: chosen.address, port };
  } catch (error) {
    throw new AddressError(`lookup ${host}: no such host`, { cause: messageOf(error) });
  }
  throw new AddressError(`lookup ${host}: no such host`);
}

function parsePort(text: string): number {
  if (text === "") return 0;
  if (!/^-?\d+$/.test(text)) throw new AddressError(`lookup tcp/${text}: unknown port`);
  if (Number(text) < 0 || Number(text) > PORT_MOST) throw new AddressError(`address ${text}: invalid port`);
  return Number(text);
}
