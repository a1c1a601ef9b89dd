/**
 * A text as one word of a POSIX shell, so that a printed command can be pasted.
 *
 * @example quoteShellWord(".cutwire/a/b.json")  // .cutwire/a/b.json
 * @example quoteShellWord("our results")  // 'our results'
 */
export function quoteShellWord(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
