/** Every PACE that libeac can do, with passwords that both sides are told, and what is said under the keys of a run. */
import type { CommandApdu } from "../../src/apdu/command.ts";
import { concat } from "../../src/bytes/bytes.ts";
import { hex, toHex } from "../../src/bytes/hex.ts";
import { writeTlv } from "../../src/bytes/write-tlv.ts";
import type { SuiteName } from "../../src/crypto/document-suite.ts";
import type { PaceProfile } from "../../src/emrtd/pace-profile.ts";
import { ascii, cardAccess, paceInfo, profileOf } from "../emrtd/pace-settings.ts";
import { type Libeac, ShortNumber } from "./libeac.ts";

export const CAN = "231458";
/** TD1, of which libeac takes the key by itself. */
export const ZONE = [
  "I<UTOD231458907<<<<<<<<<<<<<<<",
  "7408122F1204159UTO<<<<<<<<<<<6",
  "ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
].join("");

/** Last arcs of the protocols' identifiers. */
const SUITE_ARCS = { "3DES": "01", "AES-128": "02", "AES-192": "03", "AES-256": "04" } as const;
const SUITE_NAMES: readonly SuiteName[] = ["3DES", "AES-128", "AES-192", "AES-256"];
const GROUP_IDS = [0, 1, 2, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18];
const FIRST_CURVE = 8;

export interface LibeacCase {
  readonly name: string;
  readonly mapping: "DH-GM" | "ECDH-GM";
  readonly suite: SuiteName;
  readonly parameterId: number;
  readonly cardAccess: Uint8Array;
  readonly profile: PaceProfile;
}

function caseOf(parameterId: number, suite: SuiteName): LibeacCase {
  const mapping = parameterId < FIRST_CURVE ? "DH-GM" : "ECDH-GM";
  const arcs = (mapping === "DH-GM" ? "01" : "02") + SUITE_ARCS[suite];
  const file = cardAccess(paceInfo(arcs, parameterId));
  const name = `${mapping} ${suite} ${parameterId}`;
  return { name, mapping, suite, parameterId, cardAccess: file, profile: profileOf(file) };
}

/** The groups of the CIE and of most others with every suite, the rest in turn. */
export const LIBEAC_CASES: readonly LibeacCase[] = GROUP_IDS.flatMap((id) =>
  SUITE_NAMES.filter((_, turn) => id === 2 || id === 13 || turn === id % SUITE_NAMES.length).map((suite) =>
    caseOf(id, suite),
  ),
);
/** Each suite once, and integers beside curves. */
export const FEW_CASES: readonly LibeacCase[] = [
  caseOf(2, "3DES"),
  ...SUITE_NAMES.map((suite) => caseOf(13, suite)),
];

/** Some run in a hundred over integers meets a number that is short; nobody meets so many in a row. */
const MOST_DRAWS = 8;

/** `run`, begun anew as long as it meets numbers that libeac gets wrong. */
export async function untilWhole<T>(run: () => Promise<T>): Promise<T> {
  for (let draw = 1; ; draw++) {
    try {
      return await run();
    } catch (cause) {
      if (!(cause instanceof ShortNumber) || draw === MOST_DRAWS) throw cause;
    }
  }
}

/** What is said under the keys: SELECT of the travel application, READ BINARY of DG1 by its short name. */
export const MESSAGES: readonly { readonly command: CommandApdu; readonly plain: Uint8Array }[] = [
  {
    command: { cla: 0, ins: 0xa4, p1: 0x04, p2: 0x0c, data: hex("A0000002471001") },
    plain: new Uint8Array(0),
  },
  {
    command: { cla: 0, ins: 0xb0, p1: 0x81, p2: 0x00, le: 95 },
    plain: writeTlv(0x61, writeTlv(0x5f1f, ascii(ZONE))),
  },
];

const CLA_PROTECTED = 0x0c;
const BLOCK_BYTES = { "3DES": 8, "AES-128": 16, "AES-192": 16, "AES-256": 16 } as const;

/** The header and the objects `[87] [97] 8E` of a command as libeac protects it (ICAO Doc 9303-11 §9.8.4). */
export async function libeacCommand(libeac: Libeac, suite: SuiteName, command: CommandApdu) {
  const { ins, p1, p2, data, le } = command;
  await libeac.ask("step");
  const header = Uint8Array.of(CLA_PROTECTED, ins, p1, p2);
  const cryptogram = data === undefined ? [] : [await sealed(libeac, data)];
  const expected = le === undefined ? [] : [writeTlv(0x97, Uint8Array.of(le))];
  const covered = concat(...cryptogram, ...expected);
  const padding = new Uint8Array(BLOCK_BYTES[suite] - header.length);
  padding[0] = 0x80;
  const mac = await libeac.bytes("code", toHex(concat(header, padding, covered)));
  return { header, objects: concat(covered, writeTlv(0x8e, mac)) };
}

/** The objects `[87] 99 8E` of an answer as libeac protects it. */
export async function libeacAnswer(libeac: Libeac, plain: Uint8Array, sw: number): Promise<Uint8Array> {
  await libeac.ask("step");
  const cryptogram = plain.length === 0 ? [] : [await sealed(libeac, plain)];
  const covered = concat(...cryptogram, writeTlv(0x99, Uint8Array.of(sw >> 8, sw & 0xff)));
  return concat(covered, writeTlv(0x8e, await libeac.bytes("code", toHex(covered))));
}

const sealed = async (libeac: Libeac, plain: Uint8Array): Promise<Uint8Array> =>
  writeTlv(0x87, Uint8Array.of(0x01), await libeac.bytes("seal", toHex(plain)));
