/**
 * What the matrix rows about cards share: APDUs to a bulk card, a bulk card on the reader, and the card that comes
 * after one that went wrong.
 */
import { concat } from "../../src/bytes/bytes.ts";
import { hex } from "../../src/bytes/hex.ts";
import type { DetectedCard } from "../../src/ports/card.ts";
import type { Antenna } from "../../src/sim/antenna.ts";
import type { BulkApplication, BulkSpec } from "../../src/sim/cards/bulk.ts";
import { good } from "../good.ts";
import { type Bench, CIE } from "./matrix.ts";

const BULK: BulkSpec = { card: "bulk" };
/** The error of an exchange with a card that left or fell silent. */
export const GONE = { ok: false, error: { kind: "cardLost" } };
/** End of every APDU, whatever the card does. */
export const APDU_LIMIT_MS = 15_000;
export const SW_OK = hex("9000");

/** Bytes of which no two stretches that a frame holds are alike. */
export const pattern = (lengthBytes: number): Uint8Array =>
  Uint8Array.from({ length: lengthBytes }, (_, index) => (index * 7 + (index >> 8)) & 0xff);

const word = (value: number): Uint8Array => Uint8Array.of(value >> 8, value & 0xff);

/** Echo of 1 to 255 bytes by a short APDU. */
export const echo = (data: Uint8Array): Uint8Array =>
  concat(hex("80EC0000"), Uint8Array.of(data.length), data);

/** What a bulk card answers to it. */
export const echoed = (data: Uint8Array): Uint8Array => concat(data, SW_OK);

/** READ BINARY from the beginning, with an extended Le of 1 to 65536. */
export const read = (lengthBytes: number): Uint8Array =>
  concat(hex("00B0000000"), word(lengthBytes & 0xffff));

/** An extended APDU: header, Lc of three bytes, data, Le of zeros; 9 bytes more than its data. */
export const extended = (header: string, data: Uint8Array): Uint8Array =>
  concat(hex(header), Uint8Array.of(0), word(data.length), data, word(0));

export const antenna = (bench: Bench): Antenna => bench.rig.board.reader(bench.rig.node).antenna;

export const isPresent = async (bench: Bench): Promise<boolean> =>
  good(await bench.settle(bench.rig.reader.isPresent()));

/** Puts a bulk card on the reader and finds it. */
export async function presentBulk(
  bench: Bench,
  options: Partial<BulkSpec> = {},
): Promise<{ readonly card: DetectedCard; readonly bulk: BulkApplication }> {
  const { bulk } = bench.place({ ...BULK, ...options });
  if (bulk === undefined) throw new Error("no bulk card");
  return { card: await bench.find(), bulk };
}

/** The answer to one APDU; throws when there is none. */
export const exchange = async (
  bench: Bench,
  { channel }: DetectedCard,
  command: Uint8Array,
): Promise<Uint8Array> => good(await bench.transceive(channel, command));

/** Everything is taken away and the field reset, as the gate does when a card is done with. */
export async function clear(bench: Bench): Promise<void> {
  bench.remove();
  good(await bench.settle(bench.rig.reader.drop()));
}

/** What a row demands of a reader that works: a CIE in place of whatever lay there is read to its end. */
export async function nextCard(bench: Bench): Promise<string> {
  await clear(bench);
  const { channel } = await bench.present(CIE);
  return bench.readNis(channel);
}
