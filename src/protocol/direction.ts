/** Which way bytes travel on a wire. Toxiproxy's own words, upstream and downstream, are used in its API alone. */
export type Direction = "to-client" | "to-server";

/** Both directions, in a fixed order. */
export const DIRECTIONS: readonly Direction[] = ["to-client", "to-server"];

/** The other direction. */
export function opposite(direction: Direction): Direction {
  return direction === "to-client" ? "to-server" : "to-client";
}
