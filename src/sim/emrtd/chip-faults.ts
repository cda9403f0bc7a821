/**
 * In what ways a virtual document's chip departs from the ordinary: as attackers make it lie, as States' cards differ from
 * the book. Each departs in one thing, so that a test sees what that one thing does. What is false in the files is the
 * document's affair (`documents/`).
 * Governing text: ICAO Doc 9303-11; the cards on record are cited by what they were seen to do.
 */
import type { BadElement } from "./chip-group.ts";
import type { FalseSeal } from "./secure-channel.ts";

/** What a public key of PACE is replaced by: no element, or the reader's own key. */
export type FalseKey = BadElement | "reflected";

/** Everything absent is as the book says. */
export interface ChipBehaviour {
  /** How protected answers are sealed. */
  readonly seal?: FalseSeal;
  readonly nonceBytes?: 8 | 16 | 24 | 32;
  readonly mapKey?: FalseKey;
  readonly agreeKey?: FalseKey;
  readonly wrongToken?: true;
  /** Nothing but 90 00 where the object would be empty. */
  readonly bareMapAnswer?: true;
  /** Names of certification authorities behind the token, as cards with terminal authentication add them. */
  readonly authorityNames?: true;
  /** MSE:Set AT without the parameters' number is refused, or taken for the first that the chip has. */
  readonly parameters?: "wanted" | "guessed";
  /** The class byte of chaining is unknown. */
  readonly chainingRefused?: true;
  /** GENERAL AUTHENTICATE with an extended Le that the data do not ask for. */
  readonly extendedLeRefused?: true;
  /** SELECT and MSE with Le. */
  readonly leRefused?: true;
  /** A wrong password is told with the tries that are left. */
  readonly triesTold?: true;
  /** Said to EXTERNAL AUTHENTICATE of BAC, whatever comes. */
  readonly bacStatus?: number;
  readonly bac?: "mac" | "nonce" | "reflected";
  /** SELECT of the master file. */
  readonly masterFileStatus?: number;
  /** READ BINARY by short identifier. */
  readonly shortIdentifierStatus?: number;
  /** SELECT and READ BINARY of EF.CardAccess. */
  readonly cardAccessStatus?: number;
  /** SELECT of the travel application. */
  readonly applicationStatus?: number;
  /** Any data group, even inside a session. */
  readonly dataGroupStatus?: number;
  /** Inside a session an Le above `bytes` gets this status, or `link`: the card falls silent. */
  readonly longRead?: { readonly bytes: number; readonly gets: number | "link" };
  /** Most bytes that a read brings, whatever is asked. */
  readonly readBytes?: number;
  /** Inside a session a read with an Le above this brings nothing, with 90 00. */
  readonly emptyAboveBytes?: number;
  /** An Le above what is left in the file gets 6C and what is left. */
  readonly exactLe?: true;
  /** Answers with data wait for GET RESPONSE. */
  readonly partsByGetResponse?: true;
  /** Said to the command that brings the reader's key for chip authentication; the session goes on. */
  readonly chipAuthenticationStatus?: number;
  /** 6F 00 is said to it, and the session is over. */
  readonly chipAuthenticationDies?: true;
  /** Success is claimed and the old keys stay. */
  readonly chipAuthenticationIdle?: true;
  readonly activeStatus?: number;
  /** One challenge's answer for all; the number's other sign; a block a byte shorter than it may be. */
  readonly active?: "replay" | "complement" | "short";
  /** Waiting time is asked for without end, or answers have none. */
  readonly transport?: "wtxFlood" | "endlessChain";
}

const FAULTS = {
  /** Every protected answer has a wrong code. */
  wrongMac: { seal: "mac" },
  /** Every protected answer has a status inside that is not the one outside. */
  wrongStatus: { seal: "status" },
  /** Every protected answer has a code for the message after the next. */
  counterAhead: { seal: "counter" },
  /** 90 00 alone is said inside the session. */
  bareStatus: { seal: "bare" },
  /** The data are said inside the session without protection. */
  clearAnswer: { seal: "clear" },
  /** The session is forgotten. */
  sessionDropped: { seal: "dropped" },

  nonce8: { nonceBytes: 8 },
  nonce16: { nonceBytes: 16 },
  nonce24: { nonceBytes: 24 },
  nonce32: { nonceBytes: 32 },
  mapKeyInvalid: { mapKey: "invalid" },
  mapKeyNeutral: { mapKey: "neutral" },
  mapKeyOrderTwo: { mapKey: "orderTwo" },
  mapKeyOutside: { mapKey: "outside" },
  mapKeyReflected: { mapKey: "reflected" },
  agreeKeyInvalid: { agreeKey: "invalid" },
  agreeKeyNeutral: { agreeKey: "neutral" },
  agreeKeyOrderTwo: { agreeKey: "orderTwo" },
  agreeKeyOutside: { agreeKey: "outside" },
  /** The reader's key and then its token come back: without the one check a chip that knows nothing would pass. */
  agreeKeyReflected: { agreeKey: "reflected" },
  wrongToken: { wrongToken: true },
  bareMapAnswer: { bareMapAnswer: true },
  authorityNames: { authorityNames: true },
  /** As Ukrainian passports do. */
  parametersWanted: { parameters: "wanted" },
  /** As German and Polish cards do, which then drop the link. */
  parametersGuessed: { parameters: "guessed" },
  /** As some Italian passports do. */
  chainingRefused: { chainingRefused: true },
  /** As New Zealand's passports do. */
  extendedLeRefused: { extendedLeRefused: true },
  /** As German documents do. */
  leRefused: { leRefused: true },
  triesTold: { triesTold: true },

  /** BAC withdrawn, as Germany, the Netherlands and others have done it. */
  bacWithdrawn6A88: { bacStatus: 0x6a88 },
  bacWithdrawn6985: { bacStatus: 0x6985 },
  bacWithdrawn6982: { bacStatus: 0x6982 },
  bacWrongMac: { bac: "mac" },
  bacWrongNonce: { bac: "nonce" },
  bacReflectedKey: { bac: "reflected" },

  masterFile6A86: { masterFileStatus: 0x6a86 },
  masterFile6A87: { masterFileStatus: 0x6a87 },
  masterFile6D00: { masterFileStatus: 0x6d00 },
  shortIdentifier6982: { shortIdentifierStatus: 0x6982 },
  shortIdentifier6A82: { shortIdentifierStatus: 0x6a82 },
  shortIdentifier6A86: { shortIdentifierStatus: 0x6a86 },
  shortIdentifier6B00: { shortIdentifierStatus: 0x6b00 },
  shortIdentifier6D00: { shortIdentifierStatus: 0x6d00 },
  cardAccess6A82: { cardAccessStatus: 0x6a82 },
  /** As Malaysian passports do, which have no PACE. */
  cardAccess6283: { cardAccessStatus: 0x6283 },
  /** A German identity card: PACE and nothing to read behind it. */
  noTravelApplication: { applicationStatus: 0x6a82 },
  /** PACE and behind it nothing that an inspection without a certificate may read. */
  dataGroupsRefused: { dataGroupStatus: 0x6982 },

  longRead192: { longRead: { bytes: 192, gets: 0x6700 } },
  longRead160: { longRead: { bytes: 160, gets: 0x6b00 } },
  longRead112: { longRead: { bytes: 112, gets: 0x6282 } },
  longRead96: { longRead: { bytes: 96, gets: 0x6c60 } },
  longReadLink: { longRead: { bytes: 128, gets: "link" } },
  shortReads: { readBytes: 50 },
  zeroReads: { emptyAboveBytes: 128 },
  emptyReads: { emptyAboveBytes: 0 },
  exactLe: { exactLe: true },
  partsByGetResponse: { partsByGetResponse: true },

  /** As Norwegian passports do. */
  chipAuthentication6F00: { chipAuthenticationDies: true },
  chipAuthentication6A80: { chipAuthenticationStatus: 0x6a80 },
  chipAuthentication6A88: { chipAuthenticationStatus: 0x6a88 },
  chipAuthenticationIdle: { chipAuthenticationIdle: true },
  active6D00: { activeStatus: 0x6d00 },
  active6A81: { activeStatus: 0x6a81 },
  activeReplay: { active: "replay" },
  /** The other of two numbers with one square, which ISO/IEC 9796-2 lets a signer choose. */
  activeComplement: { active: "complement" },
  activeShort: { active: "short" },

  wtxFlood: { transport: "wtxFlood" },
  endlessChain: { transport: "endlessChain" },
} as const satisfies Readonly<Record<string, ChipBehaviour>>;

export type ChipFault = keyof typeof FAULTS;

export const isChipFault = (name: string): name is ChipFault => Object.hasOwn(FAULTS, name);

/** All of them, by name. */
export const CHIP_FAULTS: readonly ChipFault[] = Object.keys(FAULTS).filter(isChipFault);

/** How a chip with this fault behaves, or an ordinary one. */
export const behaviourOf = (fault: ChipFault | undefined): ChipBehaviour =>
  fault === undefined ? {} : FAULTS[fault];
