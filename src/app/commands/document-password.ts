/**
 * What opens a document, from a person: the six digits on its front, or the machine readable zone, scanned whole or typed as
 * number and dates. Asked for without echo, never taken from a command line, wiped by whoever has used it.
 */
import { mrzInformation, mrzInformationCandidates, mrzPasswordKey } from "../../emrtd/mrz-key.ts";
import type { PacePassword } from "../../emrtd/pace.ts";
import { type CommandIo, EXIT, type Invocation } from "../command.ts";
import { CAN_QUESTION, isAccessNumber } from "./access-number.ts";
import type { Outcome } from "./site.ts";

/** One password to try, and the MRZ_information that the document must then have, if it came from one. */
export interface DocumentPassword {
  readonly password: PacePassword;
  readonly presented?: Uint8Array;
}

const SPACE = 0x20;
const FIELDS = 3;
const MRZ_QUESTION =
  "the machine readable zone, its lines joined; or number, date of birth and date of expiry (YYMMDD), with spaces between";

/** The passwords to try in their order, one or two: a letter O of a typed number may be a zero. */
export async function askDocumentPasswords(
  { flags }: Invocation,
  io: CommandIo,
): Promise<Outcome<readonly DocumentPassword[]>> {
  const isCan = flags.has("can");
  const typed = await io.askSecret(isCan ? CAN_QUESTION : MRZ_QUESTION);
  if (typed === undefined) return usage(io, "nothing was typed, and nothing read");
  try {
    return isCan ? canPassword(typed, io) : mrzPasswords(typed, io);
  } finally {
    typed.fill(0);
  }
}

/** Wipes what was asked for. */
export function wipePasswords(passwords: readonly DocumentPassword[]): void {
  for (const { password, presented } of passwords) {
    password.key.fill(0);
    presented?.fill(0);
  }
}

function canPassword(typed: Uint8Array, io: CommandIo): Outcome<readonly DocumentPassword[]> {
  if (!isAccessNumber(typed)) return usage(io, "the CAN has six digits");
  return { value: [{ password: { reference: "CAN", key: typed.slice() } }] };
}

function mrzPasswords(typed: Uint8Array, io: CommandIo): Outcome<readonly DocumentPassword[]> {
  const information = informationOf(typed);
  if (typeof information === "string") return usage(io, information);
  const passwords = information.map((presented) => ({
    password: { reference: "MRZ", key: mrzPasswordKey(presented) } as const,
    presented,
  }));
  return { value: passwords };
}

/** MRZ_information to try, or what is wrong with what was typed. */
function informationOf(typed: Uint8Array): readonly Uint8Array[] | string {
  const words = wordsOf(typed);
  const [documentNumber, dateOfBirth, dateOfExpiry] = words;
  if (documentNumber !== undefined && words.length === 1) {
    const whole = mrzInformation(documentNumber);
    return whole.ok ? [whole.value] : `the machine readable zone is misread (${whole.error.kind})`;
  }
  if (
    documentNumber === undefined ||
    dateOfBirth === undefined ||
    dateOfExpiry === undefined ||
    words.length > FIELDS
  )
    return "what opens a document is its machine readable zone, or number, date of birth and date of expiry";
  const fields = mrzInformationCandidates({ documentNumber, dateOfBirth, dateOfExpiry });
  return fields.ok
    ? fields.value
    : "number, date of birth or date of expiry cannot be right; dates are YYMMDD";
}

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
  io.err(`${complaint}; see varco read --help`);
  return { exit: EXIT.usage };
}
