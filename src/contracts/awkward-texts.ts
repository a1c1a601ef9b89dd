/** Texts that a careless writer loses, tears or joins: what is stored must come back as it was, whatever it is. */
export const AWKWARD_TEXTS: readonly string[] = [
  "",
  " ",
  "two\nlines",
  "two\r\nlines\r",
  "ends with a line end\n",
  "\u2028 and \u2029",
  "\u0000\u0001\u001b[31m",
  '"quoted" \\ and {"json":1}',
  "größer 東京 🛫",
  // Half a character: a peer can send it, and UTF-8 cannot hold it.
  "\ud83d alone",
  "\ufeffmarked",
  "x".repeat(1_000_000),
];
