import { isMessage, type Item } from "../protocol/items.ts";
import { isJsonObject, textMember } from "../protocol/json.ts";

/** What a session shows while it works. */
export type ClientSurface =
  /** More visible text of the response that is being received. */
  | { readonly kind: "text"; readonly text: string }
  /** The text shown last, given here once more, belongs to an attempt that failed: take it back (INV-20). */
  | { readonly kind: "text-retracted"; readonly text: string }
  /** The turn failed, and another attempt would not have helped. */
  | { readonly kind: "error"; readonly message: string }
  /** The turn failed because its attempts are used up. */
  | { readonly kind: "gave-up"; readonly cause: string };

/** The text that one attempt has shown. */
export type VisibleText = {
  show(text: string): void;
  /** The attempt failed. */
  retract(): void;
  /** The attempt succeeded with these items: whatever was shown, now exactly their text is. */
  settle(items: readonly Item[]): void;
};

/** Starts an attempt that has shown nothing. */
export function createVisibleText(surface: (event: ClientSurface) => void): VisibleText {
  let shown = "";

  function show(text: string): void {
    if (text === "") return;
    shown += text;
    surface({ kind: "text", text });
  }

  function retract(): void {
    if (shown !== "") surface({ kind: "text-retracted", text: shown });
    shown = "";
  }

  return {
    show,
    retract,
    settle(items) {
      const text = textOf(items);
      // Deltas may be missing or, through a faulty wire, wrong; the finished items are what was said.
      if (!text.startsWith(shown)) retract();
      show(text.slice(shown.length));
    },
  };
}

/** The visible text of items: that of all messages, joined. What a server malformed counts as no text. */
export function textOf(items: readonly Item[]): string {
  return items
    .filter(isMessage)
    .flatMap((item): readonly unknown[] => (Array.isArray(item.content) ? item.content : [{ text: item.content }]))
    .map((part) => (isJsonObject(part) ? (textMember(part, "text") ?? "") : ""))
    .join("");
}
