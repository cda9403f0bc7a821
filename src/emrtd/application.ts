/**
 * The travel document application that every electronic document carries (ICAO Doc 9303-10). It is selected
 * in clear before BAC, and under secure messaging after PACE.
 */
import type { CommandApdu } from "../apdu/command.ts";
import { hex } from "../bytes/hex.ts";

/** SELECT by name without answer. No Le: German documents refuse one. */
export const SELECT_APPLICATION = {
  cla: 0x00,
  ins: 0xa4,
  p1: 0x04,
  p2: 0x0c,
  data: hex("A0000002471001"),
} as const satisfies CommandApdu;
