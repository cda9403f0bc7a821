/**
 * How long commands and answers may be, as EF.ATR/INFO announces it: a chip holds itself to what its own file says.
 * Governing text: ISO/IEC 7816-4 §12.7.1, object 7F66.
 */
import { readTlvs } from "../../bytes/ber-tlv.ts";
import type { ChipContent } from "./content.ts";
import { EF_ATR_INFO } from "./file-identifiers.ts";
import { numberOf } from "./numbers.ts";

export interface ApduLimits {
  readonly commandBytes: number;
  /** Data and status word. */
  readonly responseBytes: number;
}

const EXTENDED_LENGTH = 0x7f66;
/** Header, short Lc, 255 bytes, short Le; and what 256 bytes of data make with their status. */
const SHORT: ApduLimits = { commandBytes: 261, responseBytes: 258 };
/** Header, extended Lc, 65,535 bytes, extended Le; and 65,536 bytes of data. */
const LONGEST: ApduLimits = { commandBytes: 65_544, responseBytes: 65_538 };

/** Without an announcement, a chip that understands the long form takes it to its end. */
export function apduLimits({ extendedLength, masterFile }: ChipContent): ApduLimits {
  if (!extendedLength) return SHORT;
  const objects = readTlvs(masterFile.get(EF_ATR_INFO) ?? new Uint8Array());
  const announced = objects.ok ? objects.value.find(({ tag }) => tag === EXTENDED_LENGTH) : undefined;
  const lengths = readTlvs(announced?.value ?? new Uint8Array());
  const [command, response] = lengths.ok ? lengths.value : [];
  if (command === undefined || response === undefined) return LONGEST;
  return { commandBytes: Number(numberOf(command.value)), responseBytes: Number(numberOf(response.value)) };
}
