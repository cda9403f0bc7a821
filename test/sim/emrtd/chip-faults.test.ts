/** Every fault of a virtual chip before the gate's reader: those of attackers are refused for their own reason, those of States are read. */
import { describe, expect, test } from "vitest";
import type { DocumentError } from "../../../src/emrtd/document-request.ts";
import { CHIP_FAULTS, type ChipFault } from "../../../src/sim/emrtd/chip-faults.ts";
import { contentOf } from "../../../src/sim/emrtd/documents/content-of.ts";
import type { ProfileName } from "../../../src/sim/emrtd/documents/profiles.table.ts";
import { examine, passwordOf } from "../../emrtd/whole-document.ts";
import { bad, good } from "../../good.ts";

const badKey = { kind: "hostileChip", why: "publicKey" } as const;
const ownKeyBack = { kind: "hostileChip", why: "reflectedKey" } as const;
const wrongCode = { kind: "answerForged", check: "mac" } as const;
const EVERY_WAY: readonly ProfileName[] = ["cnie", "cie", "passport-bac"];
const GENERIC: readonly ProfileName[] = ["cnie", "cie"];
const PACE: readonly ProfileName[] = ["cnie", "cie", "passport-im", "identity-dh-im"];
const ON_CURVES: readonly ProfileName[] = ["cnie", "passport-im"];

type Refusal = readonly [fault: ChipFault, profiles: readonly ProfileName[], error: DocumentError];

const REFUSED: readonly Refusal[] = [
  ["wrongMac", EVERY_WAY, wrongCode],
  ["counterAhead", EVERY_WAY, wrongCode],
  ["wrongStatus", EVERY_WAY, { kind: "answerForged", check: "status" }],
  ["bareStatus", EVERY_WAY, { kind: "sessionDropped", sw: 0x9000 }],
  ["clearAnswer", ["cnie", "cie"], { kind: "sessionDropped", sw: 0x9000 }],
  ["clearAnswer", ["passport-bac"], { kind: "answerMalformed", at: "objects" }],
  ["sessionDropped", EVERY_WAY, { kind: "sessionDropped", sw: 0x6988 }],
  ["nonce8", ["cnie"], { kind: "paceMalformed", step: "nonce" }],
  ["nonce24", ["cnie"], { kind: "paceMalformed", step: "nonce" }],
  ["nonce16", ["passport-im"], { kind: "paceMalformed", step: "nonce" }],
  ["mapKeyInvalid", GENERIC, badKey],
  ["mapKeyNeutral", GENERIC, badKey],
  ["mapKeyOrderTwo", GENERIC, badKey],
  ["mapKeyOutside", GENERIC, badKey],
  ["mapKeyReflected", GENERIC, ownKeyBack],
  ["agreeKeyInvalid", PACE, badKey],
  ["agreeKeyNeutral", PACE, badKey],
  ["agreeKeyOrderTwo", PACE, badKey],
  ["agreeKeyOutside", PACE, badKey],
  ["agreeKeyReflected", PACE, ownKeyBack],
  ["wrongToken", PACE, { kind: "hostileChip", why: "token" }],
  ["bacWithdrawn6A88", ["passport-bac"], { kind: "bacWithdrawn", sw: 0x6a88 }],
  ["bacWithdrawn6985", ["passport-bac"], { kind: "bacWithdrawn", sw: 0x6985 }],
  ["bacWithdrawn6982", ["passport-bac"], { kind: "bacWithdrawn", sw: 0x6982 }],
  ["bacWrongMac", ["passport-bac"], { kind: "hostileChip", why: "mac" }],
  ["bacWrongNonce", ["passport-bac"], { kind: "hostileChip", why: "nonce" }],
  ["bacReflectedKey", ["passport-bac"], ownKeyBack],
  ["cardAccess6A82", ["cnie"], { kind: "bacWithdrawn", sw: 0x6a88 }],
  ["cardAccess6283", ["cnie"], { kind: "bacWithdrawn", sw: 0x6a88 }],
  ["cardAccess6A82", ["passport-aa"], { kind: "paceWithheld" }],
  ["noTravelApplication", EVERY_WAY, { kind: "notTravelDocument", sw: 0x6a82 }],
  ["dataGroupsRefused", EVERY_WAY, { kind: "notTravelDocument", sw: 0x6982 }],
  ["emptyReads", EVERY_WAY, { kind: "fileMalformed", file: "DG1", why: "answer" }],
  ["chipAuthentication6F00", ["cnie", "cie"], { kind: "chipUnproven" }],
  ["chipAuthentication6A80", ["cnie", "cie"], { kind: "chipUnproven" }],
  ["chipAuthentication6A88", ["cnie", "cie"], { kind: "chipUnproven" }],
  ["chipAuthenticationIdle", ["cnie", "cie", "passport-im"], { kind: "chipRefuted" }],
  ["active6D00", ["passport-bac"], { kind: "activeAuthenticationUnsupported", sw: 0x6d00 }],
  ["active6A81", ["passport-aa"], { kind: "activeAuthenticationUnsupported", sw: 0x6a81 }],
  ["activeReplay", ["passport-bac", "passport-aa"], { kind: "chipSignatureWrong" }],
];

type Tolerance = readonly [fault: ChipFault, profiles: readonly ProfileName[]];

const READ: readonly Tolerance[] = [
  ["nonce8", ["cie"]],
  ["nonce16", ["cnie"]],
  ["nonce24", ["cie"]],
  ["nonce32", ["cie", "identity-dh-im"]],
  ["bareMapAnswer", ["passport-im", "identity-dh-im"]],
  ["authorityNames", PACE],
  ["parametersWanted", PACE],
  ["parametersGuessed", PACE],
  ["chainingRefused", PACE],
  ["extendedLeRefused", ON_CURVES],
  ["leRefused", EVERY_WAY],
  ["triesTold", PACE],
  ["masterFile6A86", EVERY_WAY],
  ["masterFile6A87", EVERY_WAY],
  ["masterFile6D00", EVERY_WAY],
  ["cardAccess6A82", ["passport-bac"]],
  ["cardAccess6283", ["passport-bac"]],
  ["shortIdentifier6982", EVERY_WAY],
  ["shortIdentifier6A82", EVERY_WAY],
  ["shortIdentifier6A86", EVERY_WAY],
  ["shortIdentifier6B00", EVERY_WAY],
  ["shortIdentifier6D00", EVERY_WAY],
  ["longRead192", EVERY_WAY],
  ["longRead160", EVERY_WAY],
  ["longRead112", EVERY_WAY],
  ["longRead96", EVERY_WAY],
  ["shortReads", EVERY_WAY],
  ["zeroReads", EVERY_WAY],
  ["exactLe", EVERY_WAY],
  ["partsByGetResponse", EVERY_WAY],
  ["activeComplement", ["passport-bac"]],
  ["activeShort", ["passport-bac"]],
];

/** What only the transport shows, see `make-emrtd.test.ts`. */
const ELSEWHERE: readonly ChipFault[] = ["wtxFlood", "endlessChain", "longReadLink"];

/** Rows of the list of real-world defects that are seen in how a chip behaves. */
const ROWS: Partial<Record<ChipFault, number>> = {
  parametersWanted: 1,
  parametersGuessed: 1,
  leRefused: 2,
  masterFile6A86: 3,
  masterFile6A87: 3,
  masterFile6D00: 3,
  cardAccess6A82: 4,
  cardAccess6283: 4,
  extendedLeRefused: 6,
  longRead192: 7,
  longRead160: 7,
  longRead112: 7,
  longRead96: 7,
  bareStatus: 8,
  bacWithdrawn6A88: 9,
  bacWithdrawn6985: 9,
  bacWithdrawn6982: 9,
  noTravelApplication: 10,
  dataGroupsRefused: 10,
  chipAuthentication6F00: 14,
  partsByGetResponse: 16,
};
const title = (fault: ChipFault): string =>
  ROWS[fault] === undefined ? fault : `§12 row ${ROWS[fault]}: ${fault}`;

const refused = REFUSED.map(([fault, profiles, error]) => ({ fault, profiles, error, title: title(fault) }));
const lived = READ.map(([fault, profiles]) => ({ fault, profiles, title: title(fault) }));

describe.each(refused)("$title", ({ fault, profiles, error }) => {
  test.each(profiles)("of %s is refused for its own reason", async (profile) => {
    const { result, application } = await examine({ card: "emrtd", profile, fault }, byZone(profile));
    expect(bad(result)).toEqual(error);
    expect([application.unexpected, application.tripped]).toEqual([[], []]);
  });
});

describe.each(lived)("$title", ({ fault, profiles }) => {
  test.each(profiles)("of %s is lived with", async (profile) => {
    const { result, application } = await examine({ card: "emrtd", profile, fault }, byZone(profile));
    const file = contentOf(profile).application.get(0x0101);
    expect(good(result).files.get("DG1")).toEqual(file);
    expect([application.unexpected, application.tripped]).toEqual([[], []]);
  });
});

/** With the zone BAC would be possible, if the reader took it where it must not. */
const byZone = (profile: ProfileName) => ({ password: passwordOf({ card: "emrtd", profile }, "MRZ") });

test("every fault is met", () => {
  const met = [...REFUSED.map(([fault]) => fault), ...READ.map(([fault]) => fault), ...ELSEWHERE];
  expect([...new Set(met)].toSorted()).toEqual(CHIP_FAULTS.toSorted());
});

test.each([1, 2, 5])(
  "a session that breaks behind %i sound answers is refused then",
  async (soundAnswers) => {
    const spec = { card: "emrtd", profile: "passport-us", fault: "wrongMac", soundAnswers } as const;
    expect(bad((await examine(spec)).result)).toEqual(wrongCode);
  },
);
