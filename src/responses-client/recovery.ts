import { isPreviousResponseNotFound } from "../protocol/error-shapes.ts";
import type { Item } from "../protocol/items.ts";
import type { Failure } from "./failure.ts";
import type { Policy } from "./policy-context.ts";

/** What the next create is made from. */
export type CreateSource = {
  /** The whole conversation, paired: each call has its output. */
  readonly history: readonly Item[];
  /** Number of the connection that will carry the create; each dial has the next one. */
  readonly epoch: number;
};

/** The members of a create that decide what the model will see. */
export type CreateBasis = {
  readonly store: boolean;
  readonly previousResponseId?: string;
  readonly input: readonly Item[];
};

/** A response that completed. */
export type CompletedResponse = {
  /** Absent where the server named none; such a response cannot be chained. */
  readonly responseId?: string;
  readonly epoch: number;
  /** How many items of the history the response stands for: all that was sent, and its own output. */
  readonly historyLength: number;
};

/** Decides between a chained id with the new items alone, and the full input (protocol.md §4.3, §4.4). */
export type Recovery = {
  compose(source: CreateSource): CreateBasis;
  completed(response: CompletedResponse): void;
  failed(failure: Failure): void;
};

type Anchor = { readonly responseId: string; readonly epoch: number; readonly historyLength: number };

/** What {@link createRecovery} can be told. */
export type RecoveryOptions = {
  /** Whether the server keeps responses beyond the connection; false where absent. */
  readonly store?: boolean;
};

/**
 * Chains while it is safe and sends everything otherwise.
 *
 * The previous id and the number of items that it covers are one value, so that neither is ever used without the other
 * (INV-13). Unless responses are stored, the anchor counts on the connection that made it alone (INV-12), and any
 * failure ends it: a failed continuation evicts its parent (protocol.md §4.2). A stored one outlives lost connections.
 */
export function createRecovery(options: RecoveryOptions = {}): Policy<Recovery> {
  const { store = false } = options;
  return () => {
    let anchor: Anchor | undefined;
    return {
      compose({ history, epoch }) {
        if (anchor === undefined || (!store && anchor.epoch !== epoch)) return { store, input: history };
        return { store, previousResponseId: anchor.responseId, input: history.slice(anchor.historyLength) };
      },
      completed({ responseId, epoch, historyLength }) {
        anchor = responseId === undefined ? undefined : { responseId, epoch, historyLength };
      },
      failed(failure) {
        if (!store || endsStoredAnchor(failure)) anchor = undefined;
      },
    };
  };
}

function endsStoredAnchor(failure: Failure): boolean {
  return failure.kind === "error-frame" && (isPreviousResponseNotFound(failure.error) || failure.error.status === 400);
}
