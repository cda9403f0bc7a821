/**
 * The virtual document's side of PACE with given secrets, and a view of each answer before it leaves, so that a test can
 * spoil it. The arithmetic and the codes are the simulator's own, which published examples prove.
 */
import { parseCommand, statusOnly } from "../../src/sim/cards/apdu.ts";
import type { ChipBehaviour } from "../../src/sim/emrtd/chip-faults.ts";
import { NO_LATENCY } from "../../src/sim/emrtd/chip-latency.ts";
import { ChipPace } from "../../src/sim/emrtd/chip-pace.ts";
import { inClear, type Reply } from "../../src/sim/emrtd/chip-work.ts";
import type { ChipKey, PaceOffer } from "../../src/sim/emrtd/content.ts";
import { bytesOf } from "../../src/sim/emrtd/numbers.ts";
import { WrongPasswords } from "../../src/sim/emrtd/wrong-passwords.ts";
import { SMALL } from "../sim/emrtd/small-document.ts";
import type { Chip } from "./play.ts";

export interface ChipSetting {
  readonly offer: PaceOffer;
  /** Six digits. */
  readonly can: string;
  readonly nonce: Uint8Array;
  readonly secrets: { readonly map: bigint; readonly agree: bigint; readonly fixed: bigint };
  readonly behaviour?: ChipBehaviour;
}

export type AnswerName = "set" | "nonce" | "map" | "agree" | "token";

/** What the chip has after its token. */
export interface ChipKeys {
  readonly ksEnc: Uint8Array;
  readonly ksMac: Uint8Array;
}

/** More than any group's order has. */
const SECRET_BYTES = 66;
const NAMES: ReadonlyMap<number | undefined, AnswerName> = new Map([
  [undefined, "nonce"],
  [0x81, "map"],
  [0x83, "agree"],
  [0x85, "token"],
]);

export class PaceChip {
  readonly #pace: ChipPace;
  readonly #spoil: (name: AnswerName, answer: Uint8Array) => Uint8Array;
  readonly commands: Uint8Array[] = [];
  keys: ChipKeys | undefined;
  #theirs = new Uint8Array(0);

  constructor(
    { offer, can, nonce, secrets, behaviour = {} }: ChipSetting,
    spoil: (name: AnswerName, answer: Uint8Array) => Uint8Array = (_, answer) => answer,
  ) {
    const number = (value: bigint) => bytesOf(value, SECRET_BYTES);
    const isIntegrated = offer.mapping.endsWith("-IM");
    const drawn = [nonce, ...(isIntegrated ? [] : [number(secrets.map)]), number(secrets.agree)];
    const chipKeys: readonly ChipKey[] = [
      { parameterId: offer.parameterId, suites: [], secret: number(secrets.fixed), servesMapping: true },
    ];
    this.#pace = new ChipPace({
      content: { ...SMALL, pace: [offer], can, chipKeys },
      behaviour,
      latency: NO_LATENCY,
      random: { bytes: () => drawn.shift() ?? new Uint8Array(0) },
      wrongPasswords: new WrongPasswords(0),
    });
    this.#spoil = spoil;
  }

  /** The reader's public key of the second agreement. */
  get readerKey(): Uint8Array {
    return this.#theirs;
  }

  readonly answer: Chip = (command) => {
    this.commands.push(command);
    const parsed = parseCommand(command);
    if (parsed === undefined) throw new Error("the reader sent what is no command");
    if (parsed.ins === 0x22) return this.#spoil("set", statusOnly(this.#pace.set(parsed)));
    const { tag, value } = sentObject(command);
    if (tag === 0x83) this.#theirs = Uint8Array.from(value);
    const reply = this.#pace.authenticate(parsed).reply();
    this.#keep(reply);
    return this.#spoil(NAMES.get(tag) ?? "token", inClear(reply));
  };

  #keep({ session }: Reply): void {
    if (session === undefined) return;
    const shown = session.suite === "3DES" ? withParity : (key: Uint8Array) => key;
    this.keys = { ksEnc: shown(session.enc), ksMac: shown(session.mac) };
  }
}

/** A DES key as the reader writes it: an odd number of ones in each byte, which no cipher looks at. */
const withParity = (key: Uint8Array): Uint8Array =>
  key.map((byte) => {
    const ones = [...(byte & 0xfe).toString(2)].filter((digit) => digit === "1").length;
    return (byte & 0xfe) | (ones % 2 === 0 ? 1 : 0);
  });

/** The one object in the 7C of a GENERAL AUTHENTICATE, its lengths short or extended. */
export function sentObject(command: Uint8Array): {
  readonly tag: number | undefined;
  readonly value: Uint8Array;
} {
  const body = command[4] === 0 ? command.subarray(7, -2) : command.subarray(5, -1);
  const inner = behindLength(body);
  return { tag: inner[0], value: behindLength(inner) };
}

function behindLength(object: Uint8Array): Uint8Array {
  const length = object[1] ?? 0;
  return object.subarray(length < 0x80 ? 2 : length - 0x80 + 2);
}
