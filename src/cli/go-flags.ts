import { HarnessError } from "../errors.ts";
import type { OptionTable } from "./arguments.ts";

const TRUE_WORDS: readonly string[] = ["1", "t", "T", "TRUE", "true", "True"];
const FALSE_WORDS: readonly string[] = ["0", "f", "F", "FALSE", "false", "False"];

/**
 * Writes arguments as Go's flag package takes them in the way in which ours are read, so that a command line made for a
 * Go program works: `-port 9000`, `-port=9000`, `-seed -5` and `-proxy-metrics=false` beside `--port 9000`.
 *
 * As there, one or two dashes mean the same, a text option takes whatever comes next, and `-h` is help. Whether an
 * option exists is not judged here.
 *
 * @throws HarnessError `HARNESS_INVALID_OPTION` where a switch is given something else than true or false
 */
export function fromGoFlags(args: readonly string[], options: OptionTable): readonly string[] {
  let written: string[] = [];
  for (let index = 0; index < args.length; index += 1) {
    const parts = /^--?(?<name>[^-=][^=]*)(=(?<value>.*))?$/s.exec(args[index] ?? "")?.groups;
    if (parts === undefined) return [...written, ...args.slice(index)];
    const name = parts["name"] === "h" ? "help" : (parts["name"] ?? "");
    const value = parts["value"];
    if (options[name]?.type === "boolean") {
      const others = written.filter((one) => one !== `--${name}`);
      written = isOn(name, value ?? "true") ? [...others, `--${name}`] : others;
    } else if (options[name]?.type === "string" && value === undefined && index + 1 < args.length) {
      index += 1;
      written.push(`--${name}=${args[index] ?? ""}`);
    } else {
      written.push(value === undefined ? `--${name}` : `--${name}=${value}`);
    }
  }
  return written;
}

function isOn(name: string, value: string): boolean {
  if (TRUE_WORDS.includes(value)) return true;
  if (FALSE_WORDS.includes(value)) return false;
  throw new HarnessError("HARNESS_INVALID_OPTION", `--${name}=${value}: true or false is expected.`, {
    details: { option: name, value },
  });
}
