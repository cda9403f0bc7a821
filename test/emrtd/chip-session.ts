/**
 * The chip's end of secure messaging with given keys, and its parts one by one, so that a test can put together what only
 * a chip that misbehaves would send. Ciphers and codes are the virtual document's, written apart from the reader's.
 */
import { concat } from "../../src/bytes/bytes.ts";
import { isExtended, parseCommand, statusOnly } from "../../src/sim/cards/apdu.ts";
import { ChipCipher, padded } from "../../src/sim/emrtd/chip-cipher.ts";
import type { ChipSuite } from "../../src/sim/emrtd/content.ts";
import { bytesOf } from "../../src/sim/emrtd/numbers.ts";
import { SecureChannel } from "../../src/sim/emrtd/secure-channel.ts";
import { tlv } from "../../src/sim/tlv.ts";

export interface PlainCommand {
  readonly header: Uint8Array;
  readonly data: Uint8Array;
  readonly le: number | undefined;
}

/** First bytes of H(secret ‖ 000000c). */
export const chipKey = (name: ChipSuite, secret: Uint8Array, counter: 1 | 2): Uint8Array =>
  new ChipCipher(name).deriveKey(secret, counter);

export class ChipSession {
  readonly #cipher: ChipCipher;
  readonly #keys: { readonly suite: ChipSuite; readonly enc: Uint8Array; readonly mac: Uint8Array };
  #counter: bigint;

  constructor(
    suite: ChipSuite,
    { enc, mac, counter = 0n }: { enc: Uint8Array; mac: Uint8Array; counter?: bigint },
  ) {
    this.#cipher = new ChipCipher(suite);
    this.#keys = { suite, enc, mac };
    this.#counter = counter;
  }

  /** Opens a protected command APDU; throws where a chip would refuse it, and on an Le' that is not all zeros. */
  open(apdu: Uint8Array): PlainCommand {
    const command = parseCommand(apdu);
    if (command?.le !== (isExtended(apdu) ? 65_536 : 256)) throw new Error("a strange Le'");
    const plain = this.#channel().open(command);
    this.count();
    if (typeof plain === "number") throw new Error(`refused with ${plain.toString(16)}`);
    const { cla, ins, p1, p2, data, le } = plain;
    return { header: Uint8Array.of(cla, ins, p1, p2), data, le };
  }

  /** A protected answer, status word included: `[87|85] 99 8E SW`. */
  answer(data: Uint8Array, sw: number, odd = false): Uint8Array {
    const sealed = this.#channel().seal({ data, sw }, odd ? 0xb1 : 0xb0);
    this.count();
    return sealed;
  }

  /** Any objects with a right code behind them. */
  seal(objects: Uint8Array, sw: number): Uint8Array {
    const code = this.#cipher.messageCode(this.#keys.mac, concat(this.#counterBytes(), objects));
    return concat(objects, tlv(0x8e, code), statusOnly(sw));
  }

  /** Counts a message whose objects the test writes itself. */
  count(): void {
    this.#counter += 1n;
  }

  carrier(data: Uint8Array): Uint8Array {
    return this.carrierOfBlocks(padded(data, this.#cipher.blockBytes));
  }

  carrierOfBlocks(blocks: Uint8Array): Uint8Array {
    const iv = this.#cipher.messageIv(this.#keys.enc, this.#counterBytes());
    return tlv(0x87, concat(Uint8Array.of(0x01), this.#cipher.encrypt(this.#keys.enc, blocks, iv)));
  }

  #channel(): SecureChannel {
    return new SecureChannel({ ...this.#keys, counter: this.#counter });
  }

  #counterBytes(): Uint8Array {
    return bytesOf(this.#counter, this.#cipher.blockBytes);
  }
}
