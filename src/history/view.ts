/**
 * Makes a view of a history that is put together once and kept for as long as the history is.
 *
 * A history that has grown since is looked at anew.
 */
export function keptView<Source extends object, View>(
  collect: (source: Source) => View,
  sizeOf: (source: Source) => number,
): (source: Source) => View {
  const kept = new WeakMap<Source, { readonly size: number; readonly view: View }>();
  return (source) => {
    const size = sizeOf(source);
    const known = kept.get(source);
    if (known?.size === size) return known.view;
    const view = collect(source);
    kept.set(source, { size, view });
    return view;
  };
}
