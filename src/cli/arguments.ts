import { parseArgs, type ParseArgsConfig } from "node:util";

import { HarnessError, messageOf } from "../errors.ts";

/** The options that a command knows, as `node:util` describes them. */
export type OptionTable = NonNullable<ParseArgsConfig["options"]>;

/** What was given: positional arguments, and options by name. */
export type GivenArguments = {
  readonly positionals: readonly string[];
  text(name: string): string | undefined;
  /** An option that may be given more than once; the fallback where it is absent. */
  texts(name: string, fallback?: readonly string[]): readonly string[];
  flag(name: string): boolean;
  /** A whole number within bounds; the fallback where the option is absent. */
  count(name: string, bounds: { readonly least: number; readonly most: number; readonly fallback: number }): number;
};

/**
 * Reads the arguments of a command.
 *
 * @throws HarnessError `HARNESS_INVALID_OPTION` that names the argument
 */
export function readArguments(args: readonly string[], options: OptionTable, command: string): GivenArguments {
  const { values, positionals } = parse(args, options, command);
  const text = (name: string): string | undefined => {
    const value = values[name];
    return typeof value === "string" ? value : undefined;
  };
  return {
    positionals,
    text,
    texts(name, fallback = []) {
      const value = values[name];
      return Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : fallback;
    },
    flag: (name) => values[name] === true,
    count(name, { least, most, fallback }) {
      const given = text(name);
      if (given === undefined) return fallback;
      const value = Number(given);
      if (given.trim() !== "" && Number.isInteger(value) && value >= least && value <= most) return value;
      throw new HarnessError(
        "HARNESS_INVALID_OPTION",
        `--${name} ${given}: a whole number from ${least} to ${most} is expected.`,
        { details: { option: name, value: given } },
      );
    },
  };
}

function parse(args: readonly string[], options: OptionTable, command: string): ReturnType<typeof parseArgs> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    const message = `${messageOf(error)}. "cutwire ${command} --help" lists the options.`;
    throw new HarnessError("HARNESS_INVALID_OPTION", message, { details: { command }, cause: error });
  }
}
