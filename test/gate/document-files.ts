/**
 * What a lane may ask of a travel document, written from the rules and not from the code: which files, in which order, and
 * where it must stop. Governing text: privacy rules, 1 and 2; eMRTD sheet, 9.
 */

import { ARRIVALS } from "../../src/sim/arrivals.table.ts";
import type { ArrivalName } from "../../src/sim/arrivals.ts";
import { PROFILES } from "../../src/sim/emrtd/documents/profiles.table.ts";
import type { HeardCommand } from "../../src/sim/emrtd/emrtd-application.ts";

/** What makes a holder unwelcome, or a document. */
export type Mishap =
  | "none"
  | "wrongPassword"
  /** Seen in DG1. */
  | "expired"
  | "country"
  | "deniedByDocument"
  /** Seen in DG14 and EF.SOD. */
  | "forged"
  | "copied"
  | "unknownSigner";

export interface Situation {
  readonly who: ArrivalName;
  readonly match: readonly ("document" | "fiscalCode" | "name")[];
  readonly mishap: Mishap;
}

/** What opens a document, and says nothing of its holder. */
const OF_ACCESS = ["master/011C", "master/2F01", "master/011D"];
const DG1 = "travel/0101";
const DG11 = "travel/010B";
const DG14 = "travel/010E";
const DG15 = "travel/010F";
const SOD = "travel/011D";

const AT_DG1: readonly Mishap[] = ["expired", "country", "deniedByDocument"];
const FALSE: readonly Mishap[] = ["forged", "copied", "unknownSigner"];

/** The files of the holder's that may be opened, in the order in which they may first be. */
export function allowedFiles({ who, match, mishap }: Situation): readonly string[] {
  const { groups, zone } = PROFILES[ARRIVALS[who].profile];
  if (mishap === "wrongPassword") return [];
  if (AT_DG1.includes(mishap)) return [DG1];
  const proofs = [DG1, DG14, SOD, ...(groups.includes(15) ? [DG15] : [])];
  // A fiscal code stands on documents of one State alone.
  const mayBearCode = groups.includes(11) && zone.issuer === "ITA";
  const isDg11Due = match.includes("fiscalCode") && mayBearCode && !FALSE.includes(mishap);
  return isDg11Due ? [...proofs, DG11] : proofs;
}

/** Those without which nobody may be let in. */
export const neededFiles = (situation: Situation): readonly string[] =>
  allowedFiles(situation).filter((file) => [DG1, SOD, DG11].includes(file));

/** Files in the order in which they were first selected or read. */
export const filesIn = (heard: readonly HeardCommand[]): readonly string[] => [
  ...new Set(heard.flatMap(({ file }) => file ?? [])),
];

const SELECT = 0xa4;
const READS = [0xb0, 0xb1];
const MANAGE_SECURITY = 0x22;
/** Of PACE and BAC, of chip and active authentication, and the rest of a long answer. */
const PROOFS = [0x84, 0x82, 0x86, 0x88, 0xc0];
const PACE = 0xc1a4;
const CHIP_AUTHENTICATION = [0x41a4, 0x41a6];
/** 83 01 and 1 for the machine readable zone, 2 for the card access number. */
const PRINTED_PASSWORDS = ["830101", "830102"];

function isAllowedCommand({ ins, p1, p2, data }: HeardCommand): boolean {
  if (ins === SELECT || READS.includes(ins) || PROOFS.includes(ins)) return true;
  const template = p1 * 256 + p2;
  if (ins !== MANAGE_SECURITY) return false;
  if (CHIP_AUTHENTICATION.includes(template)) return true;
  const hex = Buffer.from(data).toString("hex");
  return template === PACE && PRINTED_PASSWORDS.some((password) => hex.includes(password));
}

/** What was asked that should not have been, in words; empty for a lane that keeps the rules. */
export function excesses(situation: Situation, heard: readonly HeardCommand[]): readonly string[] {
  const commands = heard.filter((command) => !isAllowedCommand(command)).map(({ ins }) => `command ${ins}`);
  const allowed = [...OF_ACCESS, ...allowedFiles(situation)];
  const files = filesIn(heard);
  const needless = files.filter((file) => !allowed.includes(file)).map((file) => `file ${file}`);
  const ranks = files.flatMap((file) =>
    allowed.includes(file) ? Math.max(OF_ACCESS.length - 1, allowed.indexOf(file)) : [],
  );
  const isOrdered = ranks.every((rank, index) => index === 0 || rank >= (ranks[index - 1] ?? 0));
  return [...commands, ...needless, ...(isOrdered ? [] : [`order ${files.join(" ")}`])];
}
