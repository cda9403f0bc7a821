/** A document small enough to be looked through: its files are bytes that tell where they come from, and nothing is signed. */
import { concat } from "../../../src/bytes/bytes.ts";
import { hex, toHex } from "../../../src/bytes/hex.ts";
import type { Random } from "../../../src/ports/random.ts";
import { bytesOfResponse } from "../../../src/sim/cards/iso-dep.ts";
import { behaviourOf, type ChipFault } from "../../../src/sim/emrtd/chip-faults.ts";
import { NO_LATENCY } from "../../../src/sim/emrtd/chip-latency.ts";
import type { ChipContent } from "../../../src/sim/emrtd/content.ts";
import { type ChipOptions, EmrtdApplication } from "../../../src/sim/emrtd/emrtd-application.ts";
import { SeededRandom } from "../../../src/sim/seeded-random.ts";

/** `tag`, length, and so many bytes that count. */
export function countingFile(tag: number, contentBytes: number): Uint8Array {
  const header = Uint8Array.of(tag, 0x82, contentBytes >> 8, contentBytes & 0xff);
  return concat(
    header,
    Uint8Array.from({ length: contentBytes }, (_, index) => index % 251),
  );
}

export const DG1 = countingFile(0x61, 91);
export const DG2 = countingFile(0x75, 1_000);
export const CARD_ACCESS = hex("31143012060A04007F0007020204020202010202010D");
export const CARD_SECURITY = countingFile(0x30, 300);

export const SMALL: ChipContent = {
  historicalBytes: new Uint8Array(),
  masterFile: new Map([
    [0x011c, CARD_ACCESS],
    [0x011d, CARD_SECURITY],
    [0x2f00, hex("61094F07A0000002471001")],
  ]),
  application: new Map([
    [0x011e, hex("60165F01043031303736063034303030305C0461756E77")],
    [0x011d, countingFile(0x77, 600)],
    [0x0101, DG1],
    [0x0102, DG2],
    [0x0103, countingFile(0x63, 100)],
  ]),
  can: "123456",
  mrzInformation: "T22000129364081251010318",
  pace: [{ mapping: "ECDH-GM", suite: "AES-128", parameterId: 13 }],
  bac: true,
  extendedLength: true,
  chipKeys: [],
};

/** Bytes as a published example has them, in the order in which the chip draws. */
export class GivenBytes implements Random {
  readonly #left: Uint8Array[];

  constructor(...given: readonly Uint8Array[]) {
    this.#left = [...given];
  }

  bytes(lengthBytes: number): Uint8Array {
    const next = this.#left.shift();
    if (next === undefined) throw new Error("the chip draws more than was given");
    if (next.length > lengthBytes) throw new Error("the chip draws less at once than was given");
    return concat(new Uint8Array(lengthBytes - next.length), next);
  }
}

/** A chip without waiting times. */
export const chipOf = (content: ChipContent, options: Partial<ChipOptions> = {}): EmrtdApplication =>
  new EmrtdApplication(content, { latency: NO_LATENCY, random: new SeededRandom(1), ...options });

export const faultyChip = (content: ChipContent, fault: ChipFault, options: Partial<ChipOptions> = {}) =>
  chipOf(content, { behaviour: behaviourOf(fault), ...options });

/** The answer of the chip, computed. */
export function answerOf(chip: EmrtdApplication, apdu: Uint8Array): Uint8Array {
  const { response } = chip.process(apdu);
  return bytesOfResponse(response);
}

/** Hexadecimal there and back. */
export const say = (chip: EmrtdApplication, apdu: string): string => toHex(answerOf(chip, hex(apdu)));
