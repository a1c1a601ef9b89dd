/** Ends or silences one connection: a clean FIN, an RST, or neither (both ends wait, F-04). */
export type CutFault = { readonly kind: "cut"; readonly mode: "fin" | "rst" | "blackhole" };

/** One direction of one connection stands still and loses nothing; the other goes on (F-05, F-06). */
export type StallFault = { readonly kind: "stall"; readonly direction: "to-client" | "to-server" };

/**
 * The port is closed: open connections end, and until it heals dials are refused by the kernel or, `unanswered`, get no
 * answer at all, as where a machine is gone or a firewall drops them (F-10).
 */
export type RefuseFault = { readonly kind: "refuse"; readonly how?: "unanswered" };

/** One of Toxiproxy's own toxics on the session's wire (F-12), under its own names and units. */
export type ToxicFault = {
  readonly kind: "toxic";
  readonly type: string;
  readonly direction: "to-client" | "to-server";
  readonly attributes: Readonly<Record<string, number>>;
};
