/** What the parts of `varco reader test` are given: the reader under test and how much to ask of it. */
import type { Diagnostics } from "../../../drivers/pn532/diagnostics.ts";
import type { ReaderConfig } from "../../config/schema.ts";
import type { CommandIo } from "../command.ts";
import type { ReaderSurroundings } from "../open-reader.ts";

export interface ReaderTest {
  readonly chip: Diagnostics;
  readonly reader: ReaderConfig;
  /** Line tests. */
  readonly count: number;
  readonly io: CommandIo;
  readonly surroundings: ReaderSurroundings;
}
