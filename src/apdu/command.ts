/**
 * Command APDUs and their encoding, all cases of ISO/IEC 7816-4 §5.1: header alone (1), with Le (2), with
 * data (3), with both (4), each short or extended. Card protocols yield `CommandApdu` values; the runner
 * in `exchange.ts` turns them into bytes.
 */

/**
 * The instructions that exist in this program: SELECT, READ BINARY (even and odd), GET RESPONSE, MANAGE SECURITY
 * ENVIRONMENT, INTERNAL AUTHENTICATE; and for documents GET CHALLENGE (84) and EXTERNAL AUTHENTICATE (82), with
 * which BAC opens the travel application, and GENERAL AUTHENTICATE (86), which carries PACE and chip
 * authentication. VERIFY, CHANGE REFERENCE DATA and RESET RETRY COUNTER are not among them: such a command cannot
 * be written down here.
 */
export type Instruction = 0xa4 | 0xb0 | 0xb1 | 0xc0 | 0x22 | 0x88 | 0x84 | 0x82 | 0x86;

export interface CommandApdu {
  readonly cla: number;
  readonly ins: Instruction;
  readonly p1: number;
  readonly p2: number;
  /** Command data, 0 to 65,535 bytes; absent or empty = no Lc field. */
  readonly data?: Uint8Array;
  /** Maximum length of the answer, 1 to 65,536 bytes; absent = no Le field. 256 short and 65,536 extended are coded as zeros. */
  readonly le?: number;
}

const MAX_SHORT_LC = 255;
const MAX_SHORT_LE = 256;
const MAX_EXTENDED_LC = 65_535;
const MAX_EXTENDED_LE = 65_536;

/**
 * The bytes of a command. Short length fields when both lengths allow it, else extended ones (both at
 * once, as ISO/IEC 7816-4 §5.1 demands). Throws on lengths no APDU can have: those come only from a
 * defect of this program.
 */
export function encodeCommand(command: CommandApdu): Uint8Array {
  const data = command.data ?? new Uint8Array(0);
  const { le } = command;
  if (data.length > MAX_EXTENDED_LC) throw new RangeError(`command data of ${data.length} bytes`);
  if (le !== undefined && !(Number.isInteger(le) && le >= 1 && le <= MAX_EXTENDED_LE)) {
    throw new RangeError(`Le of ${le}`);
  }
  const extended = data.length > MAX_SHORT_LC || (le ?? 0) > MAX_SHORT_LE;
  const header = [command.cla, command.ins, command.p1, command.p2];
  const lengths = extended ? extendedFields(data.length, le) : shortFields(data.length, le);
  return Uint8Array.from([...header, ...lengths.lc, ...data, ...lengths.le]);
}

interface LengthFields {
  readonly lc: readonly number[];
  readonly le: readonly number[];
}

function shortFields(lc: number, le: number | undefined): LengthFields {
  return { lc: lc === 0 ? [] : [lc], le: le === undefined ? [] : [le & 0xff] };
}

/** The leading zero that announces extended fields stands once: before Lc, or before Le when there is no data. */
function extendedFields(lc: number, le: number | undefined): LengthFields {
  const leBytes = le === undefined ? [] : [(le >> 8) & 0xff, le & 0xff];
  if (lc === 0) return { lc: [], le: [0, ...leBytes] };
  return { lc: [0, lc >> 8, lc & 0xff], le: leBytes };
}

/** Four header bytes and the lengths, for traces: never the data. Example: `00A4040C Lc=13`. */
export function describeCommand(command: CommandApdu): string {
  const header = [command.cla, command.ins, command.p1, command.p2]
    .map((byte) => byte.toString(16).padStart(2, "0").toUpperCase())
    .join("");
  const lc = command.data === undefined || command.data.length === 0 ? "" : ` Lc=${command.data.length}`;
  return `${header}${lc}${command.le === undefined ? "" : ` Le=${command.le}`}`;
}
