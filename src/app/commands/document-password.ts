/**
 * What opens a document, from a person at a keyboard: the six digits on its front, or the machine readable zone, scanned whole
 * as at a gate, or typed as number and dates. Asked for without echo, never taken from a command line, wiped by whoever has
 * used it. Governing text: ICAO Doc 9303-11 §4.4.2 (CAN), §9.7.2 (key of the MRZ).
 */
import { mrzInformationCandidates, mrzPasswordKey } from "../../emrtd/mrz-key.ts";
import {
  type DocumentPassword,
  documentPasswords,
  type EnteredPasswords,
  isAccessNumber,
  wipePasswords,
} from "../../gate/entered-password.ts";
import { type CommandIo, EXIT, type Invocation } from "../command.ts";
import type { Outcome } from "./site.ts";

const SPACE = 0x20;
const FIELDS = 3;
export const CAN_QUESTION = "the six digits on the front of the card (CAN)";
const MRZ_QUESTION =
  "the machine readable zone, its lines joined; or number, date of birth and date of expiry (YYMMDD), with spaces between";

/**
 * The passwords to try in their order, one or two: a letter O of a typed number may be a zero. Whoever types what opens no
 * document is sent to `help`, the command that tells more.
 */
export async function askDocumentPasswords(
  { flags }: Invocation,
  io: CommandIo,
  help: string,
): Promise<Outcome<EnteredPasswords>> {
  const isCan = flags.has("can");
  const typed = await io.askSecret(isCan ? CAN_QUESTION : MRZ_QUESTION);
  if (typed === undefined) return usage(io, `nothing was typed, and nothing read; see ${help}`);
  try {
    const passwords = isCan ? canPassword(typed) : mrzPasswords(typed);
    return typeof passwords === "string" ? usage(io, `${passwords}; see ${help}`) : { value: passwords };
  } finally {
    typed.fill(0);
  }
}

/** The password, or what is wrong with what was typed; so below. */
function canPassword(typed: Uint8Array): EnteredPasswords | string {
  const entered = isAccessNumber(typed) ? documentPasswords(typed) : undefined;
  return entered?.ok === true ? entered.value : "the CAN has six digits";
}

function mrzPasswords(typed: Uint8Array): EnteredPasswords | string {
  const zone = documentPasswords(typed);
  if (!zone.ok) {
    const words = wordsOf(typed);
    const isZone = words.length !== FIELDS || zone.error.why !== "length";
    return isZone ? `the machine readable zone is misread (${zone.error.why})` : fieldPasswords(words);
  }
  if (zone.value[0].password.reference === "MRZ") return zone.value;
  wipePasswords(zone.value);
  return "six digits are the CAN: give --can in place of --mrz";
}

function fieldPasswords(words: readonly Uint8Array[]): EnteredPasswords | string {
  const [documentNumber = EMPTY, dateOfBirth = EMPTY, dateOfExpiry = EMPTY] = words;
  const fields = mrzInformationCandidates({ documentNumber, dateOfBirth, dateOfExpiry });
  if (!fields.ok) return "number, date of birth or date of expiry cannot be right; dates are YYMMDD";
  const [first, ...others] = fields.value;
  return [fieldPassword(first), ...others.map(fieldPassword)];
}

const fieldPassword = (presented: Uint8Array): DocumentPassword => ({
  password: { reference: "MRZ", key: mrzPasswordKey(presented) },
  presented,
});

const EMPTY = new Uint8Array(0);

/** What stands between spaces, as views of the same bytes, so that wiping those wipes all. */
function wordsOf(typed: Uint8Array): readonly Uint8Array[] {
  const words: Uint8Array[] = [];
  let start = 0;
  for (let index = 0; index <= typed.length; index++) {
    if (index < typed.length && typed[index] !== SPACE) continue;
    if (index > start) words.push(typed.subarray(start, index));
    start = index + 1;
  }
  return words;
}

function usage(io: CommandIo, complaint: string): Outcome<never> {
  io.err(complaint);
  return { exit: EXIT.usage };
}
