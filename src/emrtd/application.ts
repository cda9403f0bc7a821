/**
 * The travel document application that every electronic document carries (ICAO Doc 9303-10). It is selected
 * in clear before BAC, and under secure messaging after PACE.
 */
import type { CommandApdu } from "../apdu/command.ts";
import type { Exchange } from "../apdu/exchange.ts";
import { SW_OK } from "../apdu/status-words.ts";
import { hex } from "../bytes/hex.ts";
import { ok } from "../result.ts";

/** SELECT by name without answer. No Le: German documents refuse one. */
export const SELECT_APPLICATION = {
  cla: 0x00,
  ins: 0xa4,
  p1: 0x04,
  p2: 0x0c,
  data: hex("A0000002471001"),
} as const satisfies CommandApdu;

/** EF.CardAccess by its short identifier, as in `LDS_FILES`. */
const READ_CARD_ACCESS = { cla: 0x00, ins: 0xb0, p1: 0x9c, p2: 0x00, le: 256 } as const satisfies CommandApdu;

/** Whether the chip, activated just now, has anything of a travel document: two commands for one that has not. */
export function* looksLikeDocument(): Exchange<boolean, never> {
  const access = yield READ_CARD_ACCESS;
  if (access.sw === SW_OK) return ok(true);
  return ok((yield SELECT_APPLICATION).sw === SW_OK);
}
