import type { Item } from "../protocol/items.ts";
import type { Admission } from "./admission.ts";
import { type ChainLink, closureOf } from "./conversation-memory.ts";
import type { CreateRequest } from "./create-request.ts";
import { tokensOf } from "./token-count.ts";

/** A create that is served. */
export type AdmittedRequest = {
  readonly lane: string | undefined;
  readonly create: CreateRequest;
  readonly admission: Admission;
};

/** What a later create continues: the new input of a request, then the output that was made for it. */
export function linkOf(responseId: string, request: AdmittedRequest, output: readonly Item[]): ChainLink {
  const { create, admission } = request;
  const items = [...create.input, ...output];
  return {
    responseId,
    parent: admission.parent,
    items,
    closureSize: (admission.parent?.closureSize ?? 0) + items.length,
    closureTokens: admission.inputTokens + tokensOf(output),
  };
}

/** The request that follows a response because of a steer: the same settings, the steer's text as its input (§2.4). */
export function successorOf(parent: ChainLink, request: AdmittedRequest, input: readonly Item[]): AdmittedRequest {
  return {
    lane: request.lane,
    create: { ...request.create, input, previousResponseId: parent.responseId },
    admission: {
      parent,
      effectiveInput: [...closureOf(parent), ...input],
      inputTokens: parent.closureTokens + tokensOf(input),
      cachedTokens: parent.closureTokens,
    },
  };
}
