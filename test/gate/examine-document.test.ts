/** Whole travel documents before the gate: every kind, every copy, every oddity, and what is asked twice. */
import { describe, expect, test } from "vitest";
import { toHex } from "../../src/bytes/hex.ts";
import { DocumentFamilies } from "../../src/emrtd/read-manner.ts";
import { TrustAnchors } from "../../src/pki/trust-anchors.ts";
import type { ChipContent } from "../../src/sim/emrtd/content.ts";
import {
  CONTENT_FAULTS,
  type ContentFault,
  canBefall,
  outcomeOf,
} from "../../src/sim/emrtd/documents/content-faults.ts";
import { contentOf } from "../../src/sim/emrtd/documents/content-of.ts";
import { PERSONS } from "../../src/sim/emrtd/documents/holders.table.ts";
import { makeContent } from "../../src/sim/emrtd/documents/make-content.ts";
import { PROFILES, type ProfileName } from "../../src/sim/emrtd/documents/profiles.table.ts";
import { PROFILE_NAMES } from "../../src/sim/emrtd/parse-emrtd-spec.ts";
import { documentAnchors, type ExamineOptions, examine, passwordOf } from "../emrtd/whole-document.ts";
import { bad, good } from "../good.ts";

const document = (profile: ProfileName, fault?: ContentFault) =>
  ({ card: "emrtd", profile, ...(fault === undefined ? {} : { fault }) }) as const;

/**
 * How it is opened, how its chip proves itself, and in how many exchanges all is known without a photograph: in short answers,
 * and in answers as long as the chip announces, if it does; asking for that is one of them.
 */
const KINDS: readonly (readonly [
  ProfileName,
  access: string,
  chip: string | undefined,
  short: number,
  announced: number,
])[] = [
  ["cnie", "PACE ECDH-GM AES-256", "chipAuthentication", 21, 13],
  ["cie", "PACE DH-GM 3DES", "chipAuthentication", 24, 13],
  ["passport-de", "PACE ECDH-CAM AES-128", "chipAuthenticationMapping", 25, 12],
  ["passport-bac", "BAC", "activeAuthentication", 19, 19],
  ["passport-fr", "PACE ECDH-GM AES-256", "chipAuthentication", 20, 12],
  ["passport-nl", "PACE ECDH-GM AES-256", "chipAuthentication", 23, 15],
  ["passport-us", "BAC", undefined, 15, 15],
  ["passport-im", "PACE ECDH-IM AES-256", "chipAuthentication", 21, 14],
  ["passport-aa", "PACE ECDH-GM AES-192", "activeAuthentication", 18, 18],
  ["passport-be", "PACE ECDH-GM AES-128", "chipAuthentication", 20, 13],
  ["identity-dh-im", "PACE DH-IM AES-128", "chipAuthentication", 22, 13],
];

describe("a sound document", () => {
  test("of every kind is in the table", () => {
    expect(KINDS.map(([profile]) => profile).sort()).toEqual([...PROFILE_NAMES].sort());
  });

  test.each(KINDS)("%s: %s, chip %s, %i exchanges or %i", async (profile, access, chip, short, announced) => {
    const families = new DocumentFamilies();
    families.remember(contentOf(profile).historicalBytes, { readBytes: 223, bySelection: false });
    const inShort = await examine(document(profile), { families });
    expect({ ok: inShort.result.ok, exchanges: inShort.commands.length }).toEqual({
      ok: true,
      exchanges: short,
    });
    const { result, commands, application, activations, steps } = await examine(document(profile));
    const reading = good(result);
    const by = reading.access;
    expect(by.protocol === "BAC" ? "BAC" : `PACE ${by.profile.mapping} ${by.profile.suite}`).toBe(access);
    expect(reading.chip).toBe(chip);
    expect([...reading.proofs]).toEqual(
      chip === undefined
        ? ["cardAccess", "documentSignature"]
        : ["cardAccess", "documentSignature", "documentChip"],
    );
    expect({ exchanges: commands.length, activations }).toEqual({ exchanges: announced, activations: 0 });
    expect([application.unexpected, application.tripped]).toEqual([[], []]);
    expect(steps.at(-1)).toEqual({ kind: "data" });
  });

  test.each(PROFILE_NAMES)("%s gives no more than was asked for", async (profile) => {
    const { result } = await examine(document(profile));
    const allowed = ["DG1", "DG14", "DG15", "SOD"];
    expect([...good(result).files.keys()].filter((name) => !allowed.includes(name))).toEqual([]);
  });

  test("gives its photograph and details where they are wanted, and nothing that it lacks", async () => {
    const { result, application } = await examine(document("passport-nl"), {
      wanted: ["DG2", "DG7", "DG11", "DG12", "DG16"],
    });
    const { files, signed } = good(result);
    expect([...files.keys()].sort()).toEqual(["DG1", "DG11", "DG12", "DG14", "DG2", "SOD"]);
    expect([...signed.verified].sort((left, right) => left - right)).toEqual([1, 2, 11, 12, 14]);
    expect(application.tripped).toEqual([]);
  });
});

describe("a copy of a document is refused for what it is", () => {
  const refusals = (fault: ContentFault, kinds: Readonly<Partial<Record<ProfileName, object>>>) =>
    PROFILE_NAMES.filter((profile) => canBefall(fault, profile)).map(
      (profile) => [profile, fault, kinds[profile] ?? kinds.cnie ?? {}] as const,
    );
  const byMapping = { kind: "chipKeyMismatch" };
  const bySignature = { kind: "chipSignatureWrong" };
  const changed = (dataGroup: number) => ({ kind: "dataGroupChanged", dataGroup });
  const withheld = (dataGroup: number) => ({ kind: "dataGroupWithheld", dataGroup });

  test.each([
    ...refusals("copied", {
      cnie: { kind: "chipRefuted" },
      "passport-de": byMapping,
      "passport-bac": bySignature,
      "passport-aa": bySignature,
    }),
    ...refusals("replacedKeys", {
      cnie: changed(14),
      "passport-de": byMapping,
      "passport-bac": changed(15),
      "passport-aa": changed(15),
    }),
    ...refusals("withoutKeyFiles", { cnie: withheld(14), "passport-bac": withheld(15) }),
    ...refusals("weakenedCardAccess", { cnie: { kind: "paceWithheld" } }),
  ])("%s, %s", async (profile, fault, reason) => {
    expect(bad((await examine(document(profile, fault))).result)).toEqual(reason);
  });
});

describe("a document made of two of one State", () => {
  const plan = PROFILES["passport-de"];
  const [one, other] = [makeContent(plan), makeContent({ ...plan, holder: PERSONS.anna, keyOwner: "copy" })];
  const password = { reference: "CAN", key: new TextEncoder().encode(one.can) } as const;
  const read = async (application: ChipContent["application"]) =>
    (await examine(document("passport-de"), { content: { ...one, application }, password })).result;

  test("is one where both parts are one's", async () => {
    expect(good(await read(one.application)).chip).toBe("chipAuthenticationMapping");
  });

  test("is found out: the mapping's key is not signed with the holder's data", async () => {
    expect(bad(await read(other.application)).kind).toBe("chipRefuted");
  });

  test("and so it is with the one's DG14 among the other's files, or with none", async () => {
    const dg14 = 0x010e;
    const swapped = new Map([...other.application, [dg14, one.application.get(dg14) ?? new Uint8Array(0)]]);
    expect(bad(await read(swapped))).toEqual({ kind: "dataGroupChanged", dataGroup: 14 });
    const without = new Map([...other.application].filter(([file]) => file !== dg14));
    expect(bad(await read(without))).toEqual({ kind: "dataGroupWithheld", dataGroup: 14 });
  });
});

describe("an oddity of real States is read", () => {
  const anchors = documentAnchors({ outside: true, crl: "require" });
  const oddities = CONTENT_FAULTS.filter((fault) => outcomeOf(fault) === "read").flatMap((fault) =>
    PROFILE_NAMES.filter((profile) => canBefall(fault, profile))
      .slice(0, 2)
      .map((profile) => [fault, profile] as const),
  );

  test.each(oddities)("%s, on %s", async (fault, profile) => {
    const spec = document(profile, fault);
    const { result } = await examine(spec, {
      anchors,
      password: passwordOf(spec, "MRZ"),
      wanted: ["DG2", "DG11", "DG12"],
    });
    expect(good(result).proofs.has("documentSignature")).toBe(true);
  });
});

describe("what is asked again", () => {
  const attempts = async (spec: Parameters<typeof examine>[0], options: ExamineOptions = {}) => {
    const { result, activations, commands } = await examine(spec, options);
    return { result, activations, exchanges: commands.length };
  };

  test("§12 row 7: a chip that dies of a long read is activated anew and asked for less", async () => {
    const { result, activations } = await attempts({ ...document("cnie"), fault: "longReadLink" });
    expect(good(result).chip).toBe("chipAuthentication");
    expect(activations).toBeGreaterThan(0);
  });

  test.each(["chipAuthentication6F00", "chipAuthentication6A80"] as const)(
    "§12 row 14: a chip whose chip authentication fails (%s) proves itself by active authentication",
    async (fault) => {
      const { result, activations } = await attempts({ ...document("passport-be"), fault });
      expect([good(result).chip, activations]).toEqual(["activeAuthentication", 1]);
    },
  );

  test("but a hand that trembles teaches nothing about its kind", async () => {
    const families = new DocumentFamilies();
    const { historicalBytes } = contentOf("cnie");
    let wasLost = false;
    const { result, activations } = await attempts(document("cnie"), {
      families,
      tap: (command, answer) => {
        const isLongRead = command[0] === 0x0c && command[1] === 0xb0 && answer.length > 200;
        if (!isLongRead || wasLost) return answer;
        wasLost = true;
        return new Uint8Array(0);
      },
    });
    expect([result.ok, activations]).toEqual([true, 1]);
    expect(families.mannerFor(historicalBytes).now.readBytes).toBe(223);
  });

  test("a chip that drops the session at its first long read is no copy", async () => {
    const { result } = await attempts(document("passport-im"), {
      tap: (command, answer) =>
        command[0] === 0x0c && command[1] === 0xb0 && answer.length > 200
          ? Uint8Array.of(0x67, 0x00)
          : answer,
    });
    expect(good(result).chip).toBe("chipAuthentication");
  });

  test("a document that nobody vouches for leaves nothing to remember", async () => {
    const families = new DocumentFamilies();
    const { historicalBytes } = contentOf("cnie");
    const spec = { ...document("cnie"), fault: "longRead112" } as const;
    const untrusted = new TrustAnchors({
      anchors: [],
      revocationLists: [],
      crl: "warn",
      testAnchors: "refuse",
    });
    expect(bad((await attempts(spec, { families, anchors: untrusted })).result).kind).toBe("noTrustAnchor");
    expect(families.mannerFor(historicalBytes).now.readBytes).toBe(223);
    expect((await attempts(spec, { families })).result.ok).toBe(true);
    expect(families.mannerFor(historicalBytes).now.readBytes).toBe(112);
  });

  test("a chip that breaks PACE off is asked once more, and no more", async () => {
    let refusals = 0;
    const { result, activations } = await attempts(document("cnie"), {
      tap: (command, answer) => {
        if (command[1] !== 0x22) return answer;
        refusals += 1;
        return Uint8Array.of(0x69, 0x85);
      },
    });
    expect(bad(result)).toEqual({ kind: "paceRefused", step: "set", sw: 0x6985 });
    expect({ refusals, activations }).toEqual({ refusals: 2, activations: 1 });
  });

  test("a wrong password is not", async () => {
    const password = { reference: "CAN", key: new TextEncoder().encode("000000") } as const;
    const { result, activations } = await attempts(document("cnie"), { password });
    expect(bad(result)).toEqual({ kind: "wrongPassword" });
    expect(activations).toBe(0);
  });

  test("nor is a card that has gone", async () => {
    const { result } = await attempts({ ...document("cnie"), tearAfterApdu: 9 });
    expect(bad(result).kind).toBe("cardLost");
  });
});

describe("fingerprints and irises", () => {
  test("are never addressed, whatever is read of whatever document", async () => {
    for (const profile of PROFILE_NAMES) {
      const { application, commands } = await examine(document(profile), {
        wanted: ["DG1", "DG2", "DG7", "DG11", "DG12", "DG13", "DG14", "DG15", "DG16"],
      });
      expect(application.tripped).toEqual([]);
      expect(commands.map(toHex).filter((command) => /^..B08[34]/.test(command))).toEqual([]);
    }
  });
});
