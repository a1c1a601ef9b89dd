import { describe, expect, it } from "vitest";

import { parseAddressWithPorts } from "./port-range.ts";

describe("ports as they are given", () => {
  it.each([
    ["0.0.0.0:9000-9002", { host: "0.0.0.0", ports: [9000, 9001, 9002] }],
    ["localhost:80", { host: "127.0.0.1", ports: [80] }],
    ["8666-8667", { host: "127.0.0.1", ports: [8666, 8667] }],
    ["[::1]:0", { host: "[::1]", ports: [0] }],
  ])("reads %s", (text, expected) => {
    expect(parseAddressWithPorts("listen", text)).toEqual(expected);
  });

  it.each(["", "host", "host:", "host:90000", "9-8", "1-2000", "a b:1", "-1"])("refuses %j by name", (text) => {
    expect(() => parseAddressWithPorts("listen", text)).toThrow(/--listen/);
  });
});
