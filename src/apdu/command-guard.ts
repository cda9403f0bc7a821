/**
 * The last look at a command before it leaves for the card: what is not on these lists is not sent, whoever asks. It keeps
 * PIN and key commands, and fingerprints and irises, out of reach of every defect above it. The lists go by (application,
 * class, INS, P1-P2), and where a command names a key, a password or a file by its data, by those too. What secure messaging
 * hides from the link's list is looked at before it is hidden, by the session's.
 * Governing text: CIE card sheet, "Gate rules"; ICAO Doc 9303-11 §9.7, §9.8; BSI TR-03110-3 B.
 */
import { readTlvs } from "../bytes/ber-tlv.ts";
import { equalBytes } from "../bytes/bytes.ts";
import { hex } from "../bytes/hex.ts";
import type { Instruction } from "./command.ts";

/** What was last selected with success. */
type Application = "masterFile" | "ias" | "cie" | "travel" | "other";

/** A command as any program might write it down. */
interface AnyCommand {
  readonly cla: number;
  readonly ins: number;
  readonly p1: number;
  readonly p2: number;
  readonly data?: Uint8Array;
}

interface Permission {
  readonly ins: Instruction;
  /** Absent = the plain class alone. */
  readonly cla?: readonly number[];
  /** Absent = every P1-P2: offsets and short file identifiers. */
  readonly p1p2?: readonly number[];
  /** Absent = any data. */
  readonly data?: (data: Uint8Array) => boolean;
}

const TRAVEL_AID = hex("A0000002471001");
const AIDS: ReadonlyMap<Application, Uint8Array> = new Map([
  ["ias", hex("A0000000308000000009816001")],
  ["cie", hex("A00000000039")],
  ["travel", TRAVEL_AID],
]);
const SELECT = 0xa4;
const READ_BINARY = 0xb0;
const READ_BINARY_ODD = 0xb1;
const SELECT_BY_NAME = 0x04;
const SELECT_MASTER_FILE = 0x00;

const oneOf =
  (...permitted: readonly Uint8Array[]) =>
  (data: Uint8Array): boolean =>
    permitted.some((each) => equalBytes(each, data));

const MASTER_FILE = hex("3F00");
/** Fingerprints and irises (EF.DG3, EF.DG4), by identifier. No file that is read has one of these. */
const isBiometricFile = oneOf(hex("0103"), hex("0104"));
/** The same in P1 of READ BINARY, and in P1-P2 of its odd form, which takes either identifier there. */
const BIOMETRIC_P1: readonly number[] = [0x83, 0x84];
const BIOMETRIC_P1P2_ODD: readonly number[] = [0x0003, 0x0004, 0x0103, 0x0104];

/** Wherever the card is: applications by name with or without an answer, the master file by both forms. */
const EVERYWHERE: readonly Permission[] = [
  { ins: SELECT, p1p2: [0x0400, 0x0404, 0x040c] },
  { ins: SELECT, p1p2: [0x0000, 0x000c], data: oneOf(new Uint8Array(0), MASTER_FILE) },
  { ins: 0xc0, p1p2: [0x0000] },
];
const FILES: readonly Permission[] = [
  { ins: SELECT, p1p2: [0x020c], data: (data) => !isBiometricFile(data) },
  { ins: READ_BINARY },
  { ins: READ_BINARY_ODD },
];
/** Algorithm 02 and key 3 of the application (SDO.Servizi_Int.Kpriv): no other key may be named. */
const SERVICE_KEY = hex("800102840183");
/** EXTERNAL AUTHENTICATE of BAC: both nonces, a key, and the code over them. */
const BAC_CRYPTOGRAM_BYTES = 40;
/** PACE: class with and without the bit of command chaining. */
const PACE: readonly Permission[] = [
  { ins: 0x22, p1p2: [0xc1a4], data: namesPrintedPassword },
  { ins: 0x86, cla: [0x00, 0x10], p1p2: [0x0000] },
];
/** PACE happens in the master file, and secure messaging goes on from there into the travel application. */
const UNDER_PROTECTION: readonly Permission[] = (
  [SELECT, READ_BINARY, READ_BINARY_ODD, 0x22, 0x86, 0x88] as const
).map((ins) => ({ ins, cla: [0x0c], data: isProtected }));

const PERMITTED: Readonly<Record<Application, readonly Permission[]>> = {
  masterFile: [...EVERYWHERE, ...FILES, ...PACE, ...UNDER_PROTECTION],
  ias: [...EVERYWHERE, ...FILES],
  cie: [
    ...EVERYWHERE,
    ...FILES,
    { ins: 0x22, p1p2: [0x41a4], data: oneOf(SERVICE_KEY) },
    { ins: 0x88, p1p2: [0x0000] },
  ],
  travel: [
    ...EVERYWHERE,
    { ins: 0x84, p1p2: [0x0000] },
    { ins: 0x82, p1p2: [0x0000], data: (data) => data.length === BAC_CRYPTOGRAM_BYTES },
    ...UNDER_PROTECTION,
  ],
  other: EVERYWHERE,
};

/** Inside a session with a document, before the command is protected: chip authentication and active authentication too. */
const IN_SESSION: readonly Permission[] = [
  { ins: SELECT, p1p2: [0x040c], data: oneOf(TRAVEL_AID) },
  { ins: SELECT, p1p2: [0x000c], data: oneOf(MASTER_FILE) },
  ...FILES,
  { ins: 0x22, p1p2: [0x41a4, 0x41a6] },
  { ins: 0x86, p1p2: [0x0000] },
  { ins: 0x88, p1p2: [0x0000] },
];

/** Whether a command may be sent under secure messaging with a document, looked at before it is protected. */
export const permitsInSession = (command: AnyCommand): boolean => isOn(IN_SESSION, command);

/** One card, from its activation on. */
export class CommandGuard {
  #application: Application = "masterFile";

  /** Whether the command may be sent now. */
  permits(command: AnyCommand): boolean {
    return isOn(PERMITTED[this.#application], command);
  }

  /** To be told of every command that the protocol above takes for a success. */
  succeeded({ cla, ins, p1, data = new Uint8Array(0) }: AnyCommand): void {
    // Under protection nobody can tell here what was selected; the session's list does not lead to other applications.
    if (ins !== SELECT || cla !== 0x00) return;
    if (p1 === SELECT_MASTER_FILE) this.#application = "masterFile";
    if (p1 === SELECT_BY_NAME) this.#application = applicationNamed(data);
  }
}

function applicationNamed(aid: Uint8Array): Application {
  for (const [application, known] of AIDS) if (equalBytes(aid, known)) return application;
  return "other";
}

function isOn(list: readonly Permission[], command: AnyCommand): boolean {
  return !readsBiometrics(command) && list.some((permission) => covers(permission, command));
}

function readsBiometrics({ ins, p1, p2 }: AnyCommand): boolean {
  if (ins === READ_BINARY) return BIOMETRIC_P1.includes(p1);
  return ins === READ_BINARY_ODD && BIOMETRIC_P1P2_ODD.includes(p1 * 256 + p2);
}

function covers({ ins, cla = [0x00], p1p2, data }: Permission, command: AnyCommand): boolean {
  const named = p1p2 === undefined || p1p2.includes(command.p1 * 256 + command.p2);
  const saying = data === undefined || data(command.data ?? new Uint8Array(0));
  return cla.includes(command.cla) && ins === command.ins && named && saying;
}

const TAG_PASSWORD = 0x83;

/** Protocol, password and parameters, the password being MRZ (1) or CAN (2): PIN (3) and PUK (4) count tries, and are not used. */
function namesPrintedPassword(data: Uint8Array): boolean {
  const objects = readTlvs(data);
  const passwords = objects.ok ? objects.value.filter(({ tag }) => tag === TAG_PASSWORD) : [];
  const [password, ...more] = passwords;
  return password !== undefined && more.length === 0 && oneOf(hex("01"), hex("02"))(password.value);
}

const CRYPTOGRAM_TAGS: readonly number[] = [0x85, 0x87];
const TAG_LE = 0x97;
const TAG_CODE = 0x8e;

/** `[85|87] [97] 8E`: what secure messaging makes of any command, and nothing that a key or a file could be named by. */
function isProtected(data: Uint8Array): boolean {
  const objects = readTlvs(data);
  if (!objects.ok) return false;
  const tags = objects.value.map(({ tag }) => tag);
  if (tags.pop() !== TAG_CODE) return false;
  if (tags.at(-1) === TAG_LE) tags.pop();
  return tags.length === 0 || (tags.length === 1 && CRYPTOGRAM_TAGS.includes(tags[0] ?? 0));
}
