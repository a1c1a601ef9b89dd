/** Splits what belongs to sessions by their number, each part in the order that it had. */
export function bySession<Value extends { readonly session: number }>(
  values: readonly Value[],
): ReadonlyMap<number, readonly Value[]> {
  const sessions = new Map<number, Value[]>();
  for (const value of values) {
    const known = sessions.get(value.session);
    if (known === undefined) sessions.set(value.session, [value]);
    else known.push(value);
  }
  return sessions;
}
