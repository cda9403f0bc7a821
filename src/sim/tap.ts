/** The account of one tap: where its time went. What the shares leave of the whole is the host's. */

/** Since the activation try that found the card, in microseconds of the board's time. */
export interface TapSplit {
  readonly placedAtUs: number;
  /** Start of the activation try that found the card; before it the card waited for the poll. */
  readonly foundAtUs: number;
  readonly radioUs: number;
  readonly chipUs: number;
  readonly busUs: number;
  readonly cardUs: number;
  /** Host commands from the one that found the card, that one included. */
  readonly commands: number;
}

/** A tap with the node it happened at. */
export interface TapSnapshot extends TapSplit {
  readonly node: string;
}
