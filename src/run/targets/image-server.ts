import { HarnessError } from "../../errors.ts";
import type { Target, TargetImage } from "../target.ts";

/** How a server out of an image is reached. */
export type ImageServerOptions = {
  /** The key that clients show to it; each session's own where absent. */
  readonly apiKey?: string;
  /** Where `env=NAME` without a value looks, for example `process.env`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
};

const EXAMPLE = "Write it like image=my-server:1,port=8080,env=MODEL=small,health=/healthz.";
const PORT_MAX = 65_535;
const DEFAULT_PATH = "/v1";

/** Whether a target is given by an image. */
export function isImageSpecification(text: string): boolean {
  return text.startsWith("image=");
}

/**
 * A Responses server of somebody else's, with a model of its own, started in a container from an image.
 *
 * `image=NAME,port=NUMBER`, and where wanted `env=NAME=VALUE` (more than once; `env=NAME` hands on what this process has
 * by that name, which keeps a secret out of what is stored), `health=/PATH`, `path=/PATH` (`/v1` where absent). A comma
 * within a value stays, unless one of these names and a `=` follow it.
 *
 * @throws HarnessError `HARNESS_INVALID_OPTION` that says what is wrong with it, and what to write instead
 */
export function imageServer(specification: string, { apiKey, environment }: ImageServerOptions): Target {
  const image = parse(specification, environment);
  return {
    name: specification,
    isScripted: false,
    image,
    ...(apiKey === undefined ? {} : { apiKey }),
    open: async () =>
      await Promise.reject(refusal(specification, "is an image, and --backend container alone starts those.")),
  };
}

function parse(specification: string, environment: ImageServerOptions["environment"]): TargetImage {
  const wrong = (why: string): HarnessError => refusal(specification, `${why} ${EXAMPLE}`);
  const given = new Map<string, string>();
  const env: Record<string, string> = {};
  for (const part of specification.split(/,(?=(?:image|port|env|health|path)=)/)) {
    const [, name = "", value = ""] = /^(\w+)=(.*)$/s.exec(part) ?? [];
    if (!["image", "port", "env", "health", "path"].includes(name)) throw wrong(`has "${part}", which says nothing.`);
    if (value === "") throw wrong(`says nothing behind ${name}=.`);
    if (name === "env") addVariable(env, value, { environment, wrong });
    else if (given.has(name)) throw wrong(`has ${name}= twice.`);
    else given.set(name, value);
  }
  const port = Number(given.get("port"));
  if (!Number.isInteger(port) || port < 1 || port > PORT_MAX) throw wrong("does not say on which port it listens.");
  for (const name of ["health", "path"]) {
    if (given.has(name) && !given.get(name)?.startsWith("/")) throw wrong(`has a ${name}= that begins with no slash.`);
  }
  const health = given.get("health");
  return {
    image: given.get("image") ?? "",
    port,
    env,
    basePath: (given.get("path") ?? DEFAULT_PATH).replace(/\/+$/, ""),
    ...(health === undefined ? {} : { health }),
  };
}

function addVariable(
  env: Record<string, string>,
  text: string,
  { environment, wrong }: Pick<ImageServerOptions, "environment"> & { readonly wrong: (why: string) => HarnessError },
): void {
  const [, name = text, value = environment[text]] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (value === undefined) throw wrong(`asks for the variable ${name}, which is not set here.`);
  env[name] = value;
}

function refusal(specification: string, why: string): HarnessError {
  const details = { target: specification };
  return new HarnessError("HARNESS_INVALID_OPTION", `The target ${specification} ${why}`, { details });
}
