import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";

/** The label of whatever we start: who owns it. */
export const OWNER_LABEL: string = "cutwire.owner";

/** The label of whatever belongs to one set of containers. */
export const SET_LABEL: string = "cutwire.set";

/**
 * Who this process is among all that ever ran: its host, its id, and when it started, because ids come again.
 *
 * @example "build-7/4711/882211"
 */
export function ownName(): string {
  return `${hostname()}/${process.pid}/${startOf(process.pid) ?? "unknown"}`;
}

/** Whether an owner is known to be gone: a process of this host that is no more. Of other hosts nobody can tell. */
export function isGone(owner: string): boolean {
  const [host, pid, start] = owner.split("/");
  if (host !== hostname() || pid === undefined || !/^\d+$/.test(pid)) return false;
  return startOf(Number(pid)) !== start;
}

/** When a process started, in words that only that process has; undefined where there is none of that id. */
function startOf(pid: number): string | undefined {
  try {
    if (process.platform !== "linux") {
      return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim() || undefined;
    }
    const status = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the name, which may hold anything; the start is the twentieth behind it.
    const fields = status.slice(status.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
