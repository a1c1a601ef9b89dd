import { z } from "zod";

import { digestOf } from "../determinism/stable-json.ts";
import { type Contract, ContractPartSchema } from "../plan/contract.ts";
import { type DocumentNaming, parseDocument } from "../plan/document.ts";
import { type ClientReference, ClientReferenceSchema } from "../plan/scenario.ts";
import { type SearchSpace, SearchSpaceSchema } from "./search-space.ts";

/** What the results of a search depend on, and nothing else: where these agree, results can be put together. */
export type CampaignIdentity = {
  /** A registered name, or the digest of the module's text: it may lie elsewhere on another machine. */
  readonly client: string;
  /** What the client is held to instead of what it says itself. */
  readonly contract?: Partial<Contract>;
  readonly backend: string;
  /** Whether the backend does the same each time, so that two results of one unit have to be equal. */
  readonly isExact: boolean;
  readonly target: string;
  readonly space: SearchSpace;
  /** Plans of a unit, 1.. */
  readonly unitSize: number;
  readonly versions: Readonly<Record<string, string>>;
};

/**
 * A search, cut into units on a fixed grid: unit n holds the plans from n × `unitSize` on.
 *
 * @example { "formatVersion": 1, "id": "5d2c…", "identity": { … }, "client": { "name": "reference" }, "units": 10 }
 */
export type Campaign = {
  readonly formatVersion: 1;
  /** The digest of its identity. */
  readonly id: string;
  readonly identity: CampaignIdentity;
  /** Where the client was found when the campaign began. */
  readonly client: ClientReference;
  /** How many units there are to run; `null` where time is the budget, and whatever was run is all of it. */
  readonly units: number | null;
};

/** Makes a campaign of what its results depend on. */
export function createCampaign(parts: Pick<Campaign, "identity" | "client" | "units">): Campaign {
  return { formatVersion: 1, id: digestOf(parts.identity), ...parts };
}

const CampaignSchema: z.ZodType<Campaign> = z
  .strictObject({
    formatVersion: z.literal(1),
    id: z.string(),
    identity: z.strictObject({
      client: z.string().min(1),
      contract: ContractPartSchema.exactOptional(),
      backend: z.string().min(1),
      isExact: z.boolean(),
      target: z.string().min(1),
      space: SearchSpaceSchema,
      unitSize: z.number().int().min(1).max(1_000_000),
      versions: z.record(z.string(), z.string()),
    }),
    client: ClientReferenceSchema,
    units: z.number().int().min(1).max(10_000_000).nullable(),
  })
  .refine(({ id, identity }) => id === digestOf(identity), {
    path: ["id"],
    message: "is not the digest of the identity: the file was changed by hand",
  });

/**
 * Reads the file `campaign.json`.
 *
 * @throws HarnessError `HARNESS_UNREADABLE_FILE`, `HARNESS_INVALID_CONFIGURATION` with every problem and its path
 */
export function parseCampaign(text: string, source: string): Campaign {
  const naming: DocumentNaming = { what: "campaign", source, code: "HARNESS_INVALID_CONFIGURATION" };
  return parseDocument(text, CampaignSchema, naming);
}

/** What two identities differ in, by the names of their members: `["client", "space"]`. */
export function differencesOf(left: CampaignIdentity, right: CampaignIdentity): readonly string[] {
  const names = ["client", "contract", "backend", "target", "space", "unitSize", "versions"] as const;
  return names.filter((name) => digestOf(left[name] ?? null) !== digestOf(right[name] ?? null));
}
