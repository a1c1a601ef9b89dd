import { spawn } from "node:child_process";
import { once } from "node:events";
import { hostname } from "node:os";

import { describe, expect, it } from "vitest";

import { isGone, ownName } from "./owner.ts";

describe("the owner of containers", () => {
  it("is this process as long as it lives, and nobody else who has its id", () => {
    expect(isGone(ownName())).toBe(false);
    expect(isGone(ownName().replace(/[^/]+$/, "another start"))).toBe(true);
  });

  it("is gone with its process", async () => {
    const child = spawn(process.execPath, ["-e", "process.stdin.resume()"], { stdio: "pipe" });
    await once(child, "spawn");
    const own = ownName().split("/");
    const owner = `${hostname()}/${child.pid ?? 0}/${own[2] ?? ""}`;
    child.kill("SIGKILL");
    await once(child, "close");
    expect(isGone(owner)).toBe(true);
  });

  it("of another host may live, and what names nobody is nobody's to remove", () => {
    expect(isGone("another-host/1/2")).toBe(false);
    expect(isGone("")).toBe(false);
    expect(isGone(`${hostname()}/no-number/2`)).toBe(false);
  });
});
