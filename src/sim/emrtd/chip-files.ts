/**
 * Files of a virtual document and who may read them: EF.CardAccess and the directory in clear, EF.CardSecurity behind PACE,
 * the travel application inside a session, and the biometric groups never, since only a State's terminal may.
 * Governing text: ICAO Doc 9303-10 §3 and §4; ISO/IEC 7816-4 §11.2, §11.3.
 */
import { equalBytes } from "../../bytes/bytes.ts";
import { hex } from "../../bytes/hex.ts";
import type { CardCommand } from "../cards/apdu.ts";
import { type CardFile, fileName } from "../cards/cie-files.ts";
import { readEven, readOdd } from "../cards/cie-read.ts";
import { tlv } from "../tlv.ts";
import type { ChipBehaviour } from "./chip-faults.ts";
import { done, type Reply, SW, status } from "./chip-work.ts";
import type { ChipContent } from "./content.ts";
import { EF_ATR_INFO, EF_CARD_ACCESS, EF_CARD_SECURITY, EF_DIR } from "./file-identifiers.ts";
import { bytesOf, numberOf } from "./numbers.ts";

/** How the session that is on was opened, if one is. */
export type Access = "none" | "bac" | "pace";

export const TRAVEL_APPLICATION = hex("A0000002471001");
const MASTER_FILE = 0x3f00n;
const FIRST_DATA_GROUP = 0x0101;
const LAST_DATA_GROUP = 0x0110;
/** Fingerprints and irises. */
const BIOMETRIC_GROUPS: readonly number[] = [0x0103, 0x0104];
/** Short identifiers that are not the last five bits of the file's own. */
const MASTER_FILE_SHORT = new Map([
  [EF_DIR, 0x1e],
  [EF_ATR_INFO, 0x01],
]);
const DIRECTORY_NAMES = { masterFile: "master", application: "travel" } as const;
const SELECT = 0xa4;
const READ_EVEN = 0xb0;
const READ_ODD = 0xb1;
const SELECT_BY = { masterFile: 0x00, file: 0x02, name: 0x04 } as const;
const NO_ANSWER_DATA = 0x0c;
const ANSWER_FORMS: readonly number[] = [0x00, 0x04, NO_ANSWER_DATA];

export class ChipFiles {
  /** Files that gave out data, as `master/011C` and `travel/0101`. */
  readonly filesRead = new Set<string>();
  readonly #content: ChipContent;
  readonly #behaviour: ChipBehaviour;
  #directory: "masterFile" | "application" = "masterFile";
  #current: number | undefined;

  constructor(content: ChipContent, behaviour: ChipBehaviour) {
    this.#content = content;
    this.#behaviour = behaviour;
  }

  /** Whether the command addresses fingerprints or irises, by whatever name. */
  isForbidden(command: CardCommand): boolean {
    const id = this.#meant(command);
    return id !== undefined && BIOMETRIC_GROUPS.includes(id);
  }

  /** The file that the command selects or reads, as in `filesRead`, also one that the chip does not have. */
  nameOf(command: CardCommand): string | undefined {
    const id = this.#meant(command);
    return id === undefined ? undefined : `${DIRECTORY_NAMES[this.#directory]}/${fileName(id)}`;
  }

  #meant(command: CardCommand): number | undefined {
    return command.ins === SELECT ? selectedId(command) : this.#addressed(command);
  }

  /** After power-on the master file is selected. */
  reset(): void {
    this.#enter("masterFile");
  }

  select(command: CardCommand, access: Access): Reply {
    if (!ANSWER_FORMS.includes(command.p2)) return status(SW.wrongParameters);
    if (command.le !== undefined && this.#behaviour.leRefused === true) return status(SW.wrongLength);
    switch (command.p1) {
      case SELECT_BY.masterFile:
        return this.#selectMasterFile(command);
      case SELECT_BY.name:
        return this.#selectApplication(command);
      case SELECT_BY.file:
        return this.#selectFile(command, access);
      default:
        return status(SW.wrongParameters);
    }
  }

  #selectMasterFile({ data }: CardCommand): Reply {
    const { masterFileStatus } = this.#behaviour;
    if (masterFileStatus !== undefined) return status(masterFileStatus);
    if (data.length > 0 && numberOf(data) !== MASTER_FILE) return status(SW.notFound);
    this.#enter("masterFile");
    return status(SW.ok);
  }

  #selectApplication(command: CardCommand): Reply {
    if (!equalBytes(command.data, TRAVEL_APPLICATION)) return status(SW.notFound);
    const { applicationStatus } = this.#behaviour;
    if (applicationStatus !== undefined) return status(applicationStatus);
    this.#enter("application");
    return described(command, tlv(0x6f, tlv(0x84, TRAVEL_APPLICATION)));
  }

  #selectFile(command: CardCommand, access: Access): Reply {
    const id = selectedId(command);
    const refusal = this.#refusal(id);
    if (refusal !== undefined) return status(refusal);
    const file = this.#files(access).find((candidate) => candidate.id === id);
    if (id === undefined || file === undefined) return status(SW.notFound);
    if (file.content === undefined) return status(SW.securityNotSatisfied);
    this.#current = id;
    const size = tlv(0x80, bytesOf(BigInt(file.content.length), 2));
    return described(command, tlv(0x62, Uint8Array.of(...size, ...tlv(0x83, bytesOf(BigInt(id), 2)))));
  }

  /** READ BINARY of either instruction; `roomBytes` is the most that an answer has room for. */
  read(command: CardCommand, access: Access, roomBytes: number): Reply {
    const byShortIdentifier = command.ins === READ_EVEN && (command.p1 & 0x80) !== 0;
    const { shortIdentifierStatus } = this.#behaviour;
    if (byShortIdentifier && shortIdentifierStatus !== undefined) return status(shortIdentifierStatus);
    const id = this.#addressed(command);
    const refusal = this.#refusal(id);
    if (refusal !== undefined) return status(refusal);
    const size = access === "none" ? undefined : this.#sizeRefused(command);
    return size ?? this.#slice(command, access, roomBytes);
  }

  /** Whether this read is more than the chip survives. */
  breaksLink({ le = 0 }: CardCommand): boolean {
    const { longRead } = this.#behaviour;
    return longRead?.gets === "link" && le > longRead.bytes;
  }

  #sizeRefused({ le = 0 }: CardCommand): Reply | undefined {
    const { longRead, emptyAboveBytes } = this.#behaviour;
    if (emptyAboveBytes !== undefined && le > emptyAboveBytes) return status(SW.ok);
    if (longRead === undefined || le <= longRead.bytes) return undefined;
    // Where the link breaks nobody hears what is said.
    return status(longRead.gets === "link" ? SW.failed : longRead.gets);
  }

  #slice(command: CardCommand, access: Access, roomBytes: number): Reply {
    const files = this.#files(access);
    const current = files.find(({ id }) => id === this.#current);
    const isEven = command.ins === READ_EVEN;
    const result = isEven ? readEven(command, files, current) : readOdd(command, files, current);
    if (typeof result === "number") return status(result);
    this.#current = result.file.id;
    const { readBytes = Number.POSITIVE_INFINITY, exactLe } = this.#behaviour;
    const maxResponse = Math.min(roomBytes, readBytes);
    const answer = result.respond({ leZero: 256, eof: "6282", sw6C: exactLe === true, maxResponse });
    const data = answer.subarray(0, -2);
    if (data.length > 0)
      this.filesRead.add(`${DIRECTORY_NAMES[this.#directory]}/${fileName(result.file.id)}`);
    return { data, sw: Number(numberOf(answer.subarray(-2))) };
  }

  #enter(directory: "masterFile" | "application"): void {
    this.#directory = directory;
    this.#current = undefined;
  }

  /** What a fault says to whoever addresses this file. */
  #refusal(id: number | undefined): number | undefined {
    if (id === undefined) return undefined;
    const { cardAccessStatus, dataGroupStatus } = this.#behaviour;
    if (this.#directory === "masterFile") return id === EF_CARD_ACCESS ? cardAccessStatus : undefined;
    return id >= FIRST_DATA_GROUP && id <= LAST_DATA_GROUP ? dataGroupStatus : undefined;
  }

  /** The file that a read is about, also one that the chip does not have. */
  #addressed({ ins, p1, p2 }: CardCommand): number | undefined {
    if (ins !== READ_EVEN && ins !== READ_ODD) return undefined;
    if (ins === READ_EVEN) return (p1 & 0x80) === 0 ? this.#current : this.#named(p1 & 0x1f);
    const name = p1 * 256 + p2;
    if (name === 0) return this.#current;
    return name <= 0x1f ? this.#named(name) : name;
  }

  /** The identifier of a short one; a data group's number is its own. */
  #named(short: number): number | undefined {
    const known = this.#files("none").find(({ sfi }) => sfi === short)?.id;
    const isGroup = this.#directory === "application" && short >= 0x01 && short <= 0x10;
    return known ?? (isGroup ? 0x0100 | short : undefined);
  }

  /** Those under the current directory; without content where this access does not suffice. */
  #files(access: Access): readonly CardFile[] {
    const isMasterFile = this.#directory === "masterFile";
    const files = isMasterFile ? this.#content.masterFile : this.#content.application;
    return [...files].map(([id, content]) => {
      const isOpen = isMasterFile ? id !== EF_CARD_SECURITY || access === "pace" : access !== "none";
      const isReadable = isOpen && (isMasterFile || !BIOMETRIC_GROUPS.includes(id));
      return { id, ...(isReadable ? { content } : {}), ...this.#short(id) };
    });
  }

  #short(id: number): Pick<CardFile, "sfi"> {
    const lastBits = id & 0x1f;
    if (this.#directory === "application") return { sfi: lastBits };
    const { shortIdentifiers } = this.#content;
    if (shortIdentifiers === undefined) return { sfi: MASTER_FILE_SHORT.get(id) ?? lastBits };
    const sfi = shortIdentifiers.get(id);
    return sfi === undefined ? {} : { sfi };
  }
}

/** The file identifier of SELECT by one; nothing of any other form. */
const selectedId = ({ p1, data }: CardCommand): number | undefined =>
  p1 === SELECT_BY.file && data.length === 2 ? Number(numberOf(data)) : undefined;

/** Without Le there is no room for a description. */
const described = ({ p2, le }: CardCommand, description: Uint8Array): Reply =>
  p2 === NO_ANSWER_DATA || le === undefined ? status(SW.ok) : done(description);
