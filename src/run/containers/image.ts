import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { digestOfText } from "../../determinism/stable-json.ts";
import { HarnessError, messageOf } from "../../errors.ts";
import type { Engine } from "./engine.ts";

/** Where the package is: its dist, its Dockerfile. */
const ROOT: string = fileURLToPath(new URL("../../../", import.meta.url));

/** What the image is made on; any image with Node on its path will do. */
const BASE_IMAGE = "node:20-bookworm-slim";

/**
 * The image of the reference server and the tap, made out of this very package unless it is there already.
 *
 * `CUTWIRE_IMAGE` names another one, `CUTWIRE_BASE_IMAGE` what it is made on.
 *
 * @throws HarnessError `HARNESS_BACKEND_UNAVAILABLE` where it cannot be made
 */
export async function ensureImage(engine: Engine): Promise<string> {
  const given = process.env["CUTWIRE_IMAGE"];
  if (given !== undefined && given !== "") return given;
  const base = process.env["CUTWIRE_BASE_IMAGE"] || BASE_IMAGE;
  const image = `cutwire:${digestOfPackage(base)}`;
  const { ImageName, GenericContainer } = engine.testcontainers;
  if (await engine.client.image.exists(ImageName.fromString(image))) return image;
  const context = mkdtempSync(join(tmpdir(), "cutwire-image-"));
  try {
    layOut(context);
    await GenericContainer.fromDockerfile(context)
      .withBuildArgs({ BASE_IMAGE: base })
      .build(image, { deleteOnExit: false });
    return image;
  } catch (error) {
    throw new HarnessError(
      "HARNESS_BACKEND_UNAVAILABLE",
      `The image of the reference server cannot be made on ${base}: ${messageOf(error)}. Name another base with CUTWIRE_BASE_IMAGE, or a finished image with CUTWIRE_IMAGE.`,
      { details: { base, image }, cause: error },
    );
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
}

/** The same package, the same digest: what a newer one is made of gets an image of its own. */
function digestOfPackage(base: string): string {
  const dist = join(ROOT, "dist");
  const files = readdirSync(dist, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".js") && !path.startsWith("."))
    .toSorted();
  const parts = ["Dockerfile", "package.json", ...files.map((path) => join("dist", path))];
  const contents = parts.map((path) => `${path}\n${readFileSync(join(ROOT, path), "utf8")}`);
  return digestOfText([base, ...contents].join("\n")).slice(0, 16);
}

/** Puts together what the Dockerfile copies: a package that is installed has its dependencies elsewhere than a clone. */
function layOut(context: string): void {
  for (const name of ["Dockerfile", "package.json", "LICENSE"]) cpSync(join(ROOT, name), join(context, name));
  cpSync(join(ROOT, "dist"), join(context, "dist"), {
    recursive: true,
    filter: (path) => !/\.(?:d\.ts|map)$|[/\\]\.bench|\.tsbuildinfo$/.test(path),
  });
  for (const name of packagesOfImage(readFileSync(join(ROOT, "Dockerfile"), "utf8"))) {
    cpSync(folderOf(name), join(context, "node_modules", name), {
      recursive: true,
      dereference: true,
      filter: (path) => !/\.(?:d\.c?ts|map)$/.test(path) && !path.endsWith(join("zod", "src")),
    });
  }
}

/** The packages that a Dockerfile copies: those that the two servers of the image need. */
function packagesOfImage(dockerfile: string): readonly string[] {
  return [...dockerfile.matchAll(/^COPY node_modules\/(\S+) /gm)].map(([, name = ""]) => name);
}

/** Where a package of ours is installed. */
function folderOf(name: string): string {
  const places = createRequire(join(ROOT, "package.json")).resolve.paths(name) ?? [];
  const folder = places.map((place) => join(place, name)).find((path) => existsSync(join(path, "package.json")));
  if (folder === undefined) throw new Error(`the package ${name} is not installed`);
  return folder;
}
