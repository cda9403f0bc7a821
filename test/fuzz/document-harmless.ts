/**
 * The lies that a reading may survive, because they change nothing that it ends with. Each has a name and a rule by which it
 * is known; a reading that is accepted after any other is a failure, and so is one that differs from the honest reading.
 */
import { concat, equalBytes } from "../../src/bytes/bytes.ts";
import { LDS_FILES } from "../../src/emrtd/lds/data-groups.ts";
import { choosePace } from "../../src/emrtd/pace-profile.ts";
import { parseSecurityInfos } from "../../src/emrtd/security-infos.ts";
import type { ExaminedDocument } from "../../src/gate/examine-document.ts";
import { inShortestForm } from "./document-mutations.ts";
import type { Recording } from "./document-recording.ts";
import { isFileStep, type Lie, type StepName, type Told } from "./document-replay-chip.ts";

interface Case {
  readonly preference: Recording["preference"];
  readonly step: StepName;
  /** Data and status of answers; of files the file, and 9000. */
  readonly honest: Said;
  readonly given: Said;
  /** It is a part of a file, or all of it, as the chip itself says it. */
  readonly isRead: boolean;
}

interface Said {
  readonly data: Uint8Array;
  readonly sw: number;
}

const OK = 0x9000;
const END_OF_FILE = 0x6282;
/** Wrong data, wrong or inconsistent P1-P2, reference not found. */
const DISPUTES: readonly number[] = [0x6a80, 0x6a86, 0x6a87, 0x6a88];
const WITHOUT_DATA: readonly string[] = ["application", "set", "chip set", "file selection"];
const MAY_BE_EMPTY: readonly string[] = ["map", "chip agree"];
const SIGNED: readonly string[] = ["SOD", "CardSecurity"];

/** In the order in which they are tried. */
const HARMLESS: Readonly<Record<string, (told: Case) => boolean>> = {
  "9000 or 6282 for the other of them": ({ honest, given }) =>
    equalBytes(honest.data, given.data) && isGood(honest) && isGood(given),
  "6Cxx, upon which the same is asked again": ({ given }) => given.sw >> 8 === 0x6c,
  "an EF.CardAccess that leads to the same": ({ step, preference, honest, given }) =>
    step === "CardAccess" && choiceOf(preference, honest) === choiceOf(preference, completed(given, honest)),
  "limits, which only say how much to ask for at once": ({ step }) => step === "AtrInfo",
  "a selection that is not looked at": ({ step }) => step === "file selection",
  "63Cx for 9000 to MSE:Set AT": ({ step, given }) => step === "set" && (given.sw & 0xfff0) === 0x63c0,
  "parameters disputed, upon which they are named by their number": ({ step, given }) =>
    step === "set" && DISPUTES.includes(given.sw),
  "a nonce refused, upon which PACE begins again": ({ step, given }) => step === "nonce" && given.sw !== OK,
  "data where none belongs": ({ step, honest, given }) =>
    WITHOUT_DATA.includes(step) && isGood(given) && isGood(honest),
  "no template for an empty one": ({ step, honest, given }) =>
    MAY_BE_EMPTY.includes(step) && isGood(given) && isGood(honest) && given.data.length === 0,
  "the same data objects, written otherwise": ({ honest, given }) =>
    isGood(given) && sameObjects(honest, given),
  "names of authorities behind the token": ({ step, given }) => step === "token" && isGood(given),
  "less of a file than was asked for": ({ isRead, honest, given }) =>
    isRead && isGood(given) && isPrefix(given.data, honest.data),
  "a read refused or without data, upon which it is asked for otherwise": ({ isRead, given }) =>
    isRead && (!isGood(given) || given.data.length === 0),
  "bytes behind a file's own length": ({ isRead, honest, given }) =>
    isRead && isPrefix(honest.data, given.data),
  "parts of a signed object that no signature covers": ({ step, isRead }) => isRead && SIGNED.includes(step),
};
const GIVEN_UP = "told in an attempt that was given up";

export const HARMLESS_NAMES: readonly string[] = [GIVEN_UP, ...Object.keys(HARMLESS)];

/** The name of what made the lie of this chip harmless; `undefined`: nothing did. */
export function whyHarmless(
  { preference }: Recording,
  { how }: Pick<Lie, "how">,
  told: Told | undefined,
): string | undefined {
  if (told === undefined) return GIVEN_UP;
  const isFile = how === "file";
  const honest = isFile ? { data: told.honest, sw: OK } : said(told.honest);
  const given = isFile ? { data: told.given, sw: OK } : said(told.given);
  const { step } = told;
  const isChips = isFile || how === "reply" || step === "CardAccess";
  const facts = { preference, step, honest, given, isRead: isChips && isFileStep(step) };
  return Object.entries(HARMLESS).find(([, holds]) => holds(facts))?.[0];
}

/**
 * In what an accepted reading differs from the honest one; `undefined`: in nothing that anybody would act on. The files are
 * those of the chip byte for byte, but for what no signature covers; another way for the chip to prove itself may have been
 * gone than the first.
 */
export function difference(
  reading: ExaminedDocument,
  { reading: honest, content }: Recording,
): string | undefined {
  const [facts, expected] = [factsOf(reading), factsOf(honest)];
  const changedFile = [...reading.files].find(([name, bytes]) => {
    const file = name.startsWith("DG") ? content.application.get(LDS_FILES[name].fid) : bytes;
    return file === undefined || !equalBytes(file, bytes);
  });
  return changedFile?.[0] ?? Object.keys(expected).find((name) => facts[name] !== expected[name]);
}

function factsOf({ access, proofs, signed }: ExaminedDocument): Readonly<Record<string, string>> {
  const { mrz, expiresOn, listed, anchor, signerCountry, warnings } = signed;
  const way = access.protocol === "PACE" ? { ...access.profile, group: undefined, isOnlyOne: undefined } : {};
  return {
    access: JSON.stringify([access.protocol, way]),
    proofs: [...proofs].join(),
    signed: JSON.stringify([mrz, expiresOn, [...listed], anchor, signerCountry, warnings]),
  };
}

const isGood = ({ sw }: Said): boolean => sw === OK || sw === END_OF_FILE;

const isPrefix = (short: Uint8Array, long: Uint8Array): boolean =>
  short.length > 0 && short.length < long.length && equalBytes(short, long.subarray(0, short.length));

function said(answer: Uint8Array): Said {
  const [sw1 = 0, sw2 = 0] = answer.subarray(-2);
  return { data: answer.subarray(0, -2), sw: sw1 * 256 + sw2 };
}

/** Where less came than the file has, the rest is read behind it. */
const completed = ({ data, sw }: Said, honest: Said): Said => ({
  data: concat(data, honest.data.subarray(data.length)),
  sw,
});

/** The way of PACE that is chosen by this EF.CardAccess, or none. */
function choiceOf(preference: Recording["preference"], { data, sw }: Said): string {
  const infos = parseSecurityInfos(data);
  const announced = isGood({ data, sw }) && infos.ok ? infos.value : [];
  const { mapping, suite, protocol, parameterId } = choosePace(announced, preference) ?? {};
  return JSON.stringify([mapping, suite, protocol && [...protocol], parameterId]);
}

function sameObjects(honest: Said, given: Said): boolean {
  const [before, after] = [inShortestForm(honest.data), inShortestForm(given.data)];
  return before !== undefined && after !== undefined && equalBytes(before, after);
}
