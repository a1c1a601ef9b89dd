/** The error of a system call as Node makes it, for example `connect ECONNREFUSED 127.0.0.1:40000`. */
export function systemError(
  code: string,
  dialled?: { readonly host: string; readonly port: number },
): Error & { readonly code: string } {
  const isOfDial = dialled !== undefined && code !== "ECONNRESET";
  const syscall = isOfDial ? "connect" : "read";
  const message = isOfDial ? `connect ${code} ${dialled.host}:${dialled.port}` : `read ${code}`;
  const address = isOfDial ? { address: dialled.host, port: dialled.port } : {};
  return Object.assign(new Error(message), { code, errno: ERRNO[code] ?? -1, syscall, ...address });
}

/** Of Linux. */
const ERRNO: Readonly<Record<string, number>> = { ECONNRESET: -104, ECONNREFUSED: -111, ETIMEDOUT: -110, EPIPE: -32 };
