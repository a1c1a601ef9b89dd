/** Breaks a text between its words into lines of at most `width` characters; all but the first begin with blanks. */
export function wrapWords(text: string, options: { readonly width: number; readonly indent: number }): string {
  const { width, indent } = options;
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.join(`\n${" ".repeat(indent)}`);
}
