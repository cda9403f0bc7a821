/**
 * The last look at a command before it leaves for the card: what is not on this list is not sent, whoever asks.
 * It keeps PIN and key commands of the service side out of reach of every defect above it. The list goes by
 * (application, INS, P1-P2), and where a command names a key by its data, by those too.
 * Governing text: CIE card sheet, "Gate rules".
 */
import { equalBytes } from "../bytes/bytes.ts";
import { hex } from "../bytes/hex.ts";
import type { Instruction } from "./command.ts";

/** What was last selected with success. */
type Application = "masterFile" | "ias" | "cie" | "other";

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
  /** Absent = every P1-P2: offsets and short file identifiers. */
  readonly p1p2?: readonly number[];
  /** Absent = any data. */
  readonly data?: readonly Uint8Array[];
}

const AIDS: ReadonlyMap<Application, Uint8Array> = new Map([
  ["ias", hex("A0000000308000000009816001")],
  ["cie", hex("A00000000039")],
]);
const SELECT = 0xa4;
const SELECT_BY_NAME = 0x04;
const SELECT_MASTER_FILE = 0x00;

/** Wherever the card is: applications by name with or without an answer, the master file by both forms. */
const EVERYWHERE: readonly Permission[] = [
  { ins: SELECT, p1p2: [0x0400, 0x0404, 0x040c] },
  { ins: SELECT, p1p2: [0x0000, 0x000c], data: [new Uint8Array(0), hex("3F00")] },
  { ins: 0xc0, p1p2: [0x0000] },
];
const FILES: readonly Permission[] = [{ ins: SELECT, p1p2: [0x020c] }, { ins: 0xb0 }, { ins: 0xb1 }];
/** Algorithm 02 and key 3 of the application (SDO.Servizi_Int.Kpriv): no other key may be named. */
const SERVICE_KEY = hex("800102840183");

const PERMITTED: Readonly<Record<Application, readonly Permission[]>> = {
  masterFile: [...EVERYWHERE, ...FILES],
  ias: [...EVERYWHERE, ...FILES],
  cie: [
    ...EVERYWHERE,
    ...FILES,
    { ins: 0x22, p1p2: [0x41a4], data: [SERVICE_KEY] },
    { ins: 0x88, p1p2: [0x0000] },
  ],
  other: EVERYWHERE,
};

/** One card, from its activation on. */
export class CommandGuard {
  #application: Application = "masterFile";

  /** Whether the command may be sent now. */
  permits(command: AnyCommand): boolean {
    return PERMITTED[this.#application].some((permission) => covers(permission, command));
  }

  /** To be told of every command that the protocol above takes for a success. */
  succeeded({ ins, p1, data = new Uint8Array(0) }: AnyCommand): void {
    if (ins !== SELECT) return;
    if (p1 === SELECT_MASTER_FILE) this.#application = "masterFile";
    if (p1 === SELECT_BY_NAME) this.#application = applicationNamed(data);
  }
}

function applicationNamed(aid: Uint8Array): Application {
  for (const [application, known] of AIDS) if (equalBytes(aid, known)) return application;
  return "other";
}

function covers({ ins, p1p2, data }: Permission, command: AnyCommand): boolean {
  const isPlain = command.cla === 0x00;
  const named = p1p2 === undefined || p1p2.includes(command.p1 * 256 + command.p2);
  const sent = command.data ?? new Uint8Array(0);
  const saying = data === undefined || data.some((permitted) => equalBytes(permitted, sent));
  return isPlain && ins === command.ins && named && saying;
}
