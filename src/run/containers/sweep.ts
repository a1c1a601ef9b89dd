import { systemCodeOf } from "../../errors.ts";
import type { Engine } from "./engine.ts";
import { isGone, OWNER_LABEL, SET_LABEL } from "./owner.ts";

/** Removes what owners that are gone have left behind. What somebody may still use stays. */
export async function sweepLeftovers(engine: Engine): Promise<void> {
  await removeLabelled(engine, OWNER_LABEL, isGone);
}

/** Removes everything of a set, whether it stands as it should or not. */
export async function removeSet(engine: Engine, set: string): Promise<void> {
  await removeLabelled(engine, SET_LABEL, (value) => value === set);
}

type Labelled = { readonly Id: string; readonly Labels?: Readonly<Record<string, string>> | undefined };

async function removeLabelled(engine: Engine, label: string, isMeant: (value: string) => boolean): Promise<void> {
  const { docker, call } = engine;
  const filters = { label: [label] };
  const isOurs = ({ Labels }: Labelled): boolean => isMeant(Labels?.[label] ?? "");
  const containers = (await call("listing containers", docker.listContainers({ all: true, filters }))).filter(isOurs);
  await Promise.all(
    containers.map(async ({ Id }) => {
      await call("removing a container", unlessGone(docker.getContainer(Id).remove({ force: true, v: true })));
    }),
  );
  const networks = (await call("listing networks", docker.listNetworks({ filters }))).filter(isOurs);
  await Promise.all(
    networks.map(async ({ Id }) => {
      await call("removing a network", unlessGone(docker.getNetwork(Id).remove()));
    }),
  );
}

/** Somebody else, as the reaper, may have been quicker, or be at it. */
async function unlessGone(removing: Promise<unknown>): Promise<void> {
  try {
    await removing;
  } catch (error) {
    if (!isGoneAnswer(error)) throw error;
  }
}

function isGoneAnswer(error: unknown): boolean {
  if (typeof error !== "object" || error === null || !("statusCode" in error)) return systemCodeOf(error) === "ENOENT";
  return error.statusCode === 404 || error.statusCode === 409;
}
