/**
 * Commands that no gate may ever send to a document: those of the PIN, and of terminal authentication, which States reserve
 * to themselves. Governing text: BSI TR-03110-3 B.3, B.5, B.6; ISO/IEC 7816-4 §11.6.
 */
import type { CardCommand } from "../cards/apdu.ts";
import { objectsByTag } from "./data-objects.ts";
import { numberOf } from "./numbers.ts";

/** VERIFY, CHANGE REFERENCE DATA, PERFORM SECURITY OPERATION, RESET RETRY COUNTER. */
const FORBIDDEN_INSTRUCTIONS: readonly number[] = [0x20, 0x24, 0x2a, 0x2c];
const MANAGE_SECURITY = 0x22;
/** MSE:Set DST and Set AT of terminal authentication. */
const TERMINAL_TEMPLATES: readonly number[] = [0x81b6, 0x81a4];
const PACE_TEMPLATE = 0xc1a4;
const PASSWORD = 0x83;
/** PIN and PUK. */
const HOLDERS_PASSWORDS: readonly bigint[] = [3n, 4n];
/** GET CHALLENGE and EXTERNAL AUTHENTICATE inside a session belong to terminal authentication, outside to BAC. */
const OF_TERMINAL_INSIDE: readonly number[] = [0x84, 0x82];

export function isForbidden({ ins, p1, p2, data }: CardCommand, isInsideSession: boolean): boolean {
  if (FORBIDDEN_INSTRUCTIONS.includes(ins)) return true;
  if (OF_TERMINAL_INSIDE.includes(ins)) return isInsideSession;
  if (ins !== MANAGE_SECURITY) return false;
  const template = p1 * 256 + p2;
  return TERMINAL_TEMPLATES.includes(template) || (template === PACE_TEMPLATE && namesHoldersPassword(data));
}

function namesHoldersPassword(data: Uint8Array): boolean {
  const password = objectsByTag(data, [0x80, PASSWORD, 0x84])?.get(PASSWORD);
  return password !== undefined && HOLDERS_PASSWORDS.includes(numberOf(password));
}
