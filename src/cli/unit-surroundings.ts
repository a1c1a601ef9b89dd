/** What a process of a search is told besides its unit. */
export type UnitSurroundings = {
  /** `file:` URL of the client's module. */
  readonly module: string;
  /** A folder for what clients keep while they run; it is removed with the command. */
  readonly stateDirectory: string;
  /** How many runs go on at once in one process. */
  readonly sideBySide: number;
};
