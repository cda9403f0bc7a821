/**
 * What must hold when a document's file is hostile: every reader of files gives what it announces, made of the file's own
 * bytes, or a refusal that tells nothing of them; and no signed object is believed but one that a State has signed
 * (src/emrtd/lds, security-infos.ts, passive-authentication-sod.ts, card-security.ts).
 */
import { parseChipSigningKey } from "../../src/crypto/chip-signature.ts";
import { checkCardSecurity } from "../../src/emrtd/card-security.ts";
import { chipAuthenticationWays } from "../../src/emrtd/chip-authentication-choice.ts";
import { parseAtrInfo } from "../../src/emrtd/lds/atr-info.ts";
import { parseCom } from "../../src/emrtd/lds/com.ts";
import { LDS_FILES } from "../../src/emrtd/lds/data-groups.ts";
import { parseDg1 } from "../../src/emrtd/lds/dg1.ts";
import { parseDg2 } from "../../src/emrtd/lds/dg2.ts";
import { parseDg7 } from "../../src/emrtd/lds/dg7.ts";
import { parseDg11 } from "../../src/emrtd/lds/dg11.ts";
import { parseDg12 } from "../../src/emrtd/lds/dg12.ts";
import { parseDg13 } from "../../src/emrtd/lds/dg13.ts";
import { parseDg14 } from "../../src/emrtd/lds/dg14.ts";
import { parseDg15 } from "../../src/emrtd/lds/dg15.ts";
import { parseDg16 } from "../../src/emrtd/lds/dg16.ts";
import { parseDir } from "../../src/emrtd/lds/dir.ts";
import { choosePace } from "../../src/emrtd/pace-profile.ts";
import { authenticateSod } from "../../src/emrtd/passive-authentication-sod.ts";
import { parseSecurityInfos, type SecurityInfo } from "../../src/emrtd/security-infos.ts";
import { rawBytes } from "../../src/pki/asn1.ts";
import type { TrustAnchors } from "../../src/pki/trust-anchors.ts";
import { ok, type Result } from "../../src/result.ts";
import { NOW } from "../emrtd/whole-document.ts";
import { MAX_HOSTILE_BYTES } from "./document-mutations.ts";
import type { Check } from "./fuzz.ts";
import type { Witness } from "./witness.ts";

/** Reads a file to plain values: numbers, texts, bytes, and lists, sets, maps and records of them. */
type Read = (file: Uint8Array) => Result<unknown, { readonly kind: string }>;

/** A refusal is a few words. */
const MAX_REFUSAL_CHARACTERS = 120;
const MAX_ITEMS = 4_096;
const MAX_DEPTH = 12;

const READERS: Readonly<Record<string, Read>> = {
  COM: parseCom,
  DG1: parseDg1,
  DG2: parseDg2,
  DG7: parseDg7,
  DG11: parseDg11,
  DG12: parseDg12,
  DG13: parseDg13,
  DG14: (file) => waysOf(parseDg14(file)),
  DG15: (file) => {
    const key = parseDg15(file);
    if (!key.ok) return key;
    const parsed = parseChipSigningKey(key.value);
    return ok(typeof parsed === "string" ? parsed : parsed.kind);
  },
  DG16: parseDg16,
  Dir: (file) => ok(parseDir(file)),
  AtrInfo: (file) => ok(parseAtrInfo(file)),
  CardAccess: (file) => waysOf(parseSecurityInfos(file)),
};
const ANOTHERS = 1 / 4;

/** Each file has its own reader, and now and then another's, who looks at its tag. `readers` may have planted defects. */
export function filesCheck(readers: Readonly<Record<string, Read>> = READERS): Check {
  const all = Object.entries(readers);
  const byTag = new Map<number, (typeof all)[number]>();
  for (const each of all) {
    const tag = tagOf(each[0]);
    if (tag !== undefined) byTag.set(tag, each);
  }
  return {
    name: "files",
    run(input, witness, random) {
      const own = byTag.get(input[0] ?? 0);
      const another = random.chance(ANOTHERS) ? random.pick(all) : undefined;
      for (const [name, read] of [own, another].filter((each) => each !== undefined))
        look(name, read(input), witness);
    },
  };
}

const tagOf = (name: string): number | undefined =>
  Object.values(LDS_FILES).find((file) => file.name === name)?.tag;

/** The signed objects among honest files, by what they say; whatever else is accepted is a forgery. */
export function signedObjectsCheck(anchors: TrustAnchors, honest: readonly Uint8Array[]): Check {
  const readers = new Map<number | undefined, readonly [name: string, read: Read]>([
    [LDS_FILES.SOD.tag, ["SOD", (file) => sodOf(file, anchors)]],
    [LDS_FILES.CardSecurity.tag, ["CardSecurity", (file) => cardSecurityOf(file, anchors)]],
  ]);
  const known = new Set([...new Set(honest)].map((file) => said(readers.get(file[0])?.[1](file))));
  return {
    name: "signed objects",
    turn: { at: 1, of: 8 },
    once: true,
    run(input, witness) {
      const [name, read] = readers.get(input[0]) ?? [];
      if (name === undefined || read === undefined) return;
      const result = read(input);
      look(name, result, witness);
      if (result.ok) witness.holds(known.has(said(result)), "an object is believed that a State has signed");
    },
  };
}

function sodOf(sod: Uint8Array, anchors: TrustAnchors): ReturnType<Read> {
  const security = authenticateSod({ sod, anchors, at: NOW });
  if (!security.ok) return security;
  const { signer, anchor, securityObject, warnings } = security.value;
  // The signed part of the signer's certificate: what is around it may be written otherwise and say the same.
  return ok({ signer: signer.tbs, anchor: anchor.fingerprint, securityObject, warnings });
}

function cardSecurityOf(file: Uint8Array, anchors: TrustAnchors): ReturnType<Read> {
  const security = checkCardSecurity({ file, anchors, at: NOW });
  if (!security.ok) return security;
  const { infos, anchor, signerCountry, warnings } = security.value;
  return ok({ anchor, signerCountry, warnings, infos: infos.map(plain) });
}

/** What the infos lead to, without the keys and groups themselves. */
function waysOf(infos: Result<readonly SecurityInfo[], { readonly kind: string }>): ReturnType<Read> {
  if (!infos.ok) return infos;
  const pace = choosePace(infos.value);
  const ways = chipAuthenticationWays(infos.value).map(({ suite, keyId, key, form }) => ({
    suite,
    keyId,
    element: key.element,
    form: form.kind,
  }));
  const chosen = pace && { mapping: pace.mapping, suite: pace.suite, protocol: pace.protocol };
  return ok({ chosen, ways, infos: infos.value.map(plain) });
}

function plain(info: SecurityInfo): unknown {
  if (info.kind === "paceParameters") return { ...info, group: info.group !== undefined };
  return info.kind === "chipAuthenticationKey" ? { ...info, publicKey: rawBytes(info.publicKey) } : info;
}

/** Values that can be compared; maps and sets are spelled out. */
const said = (result: ReturnType<Read> | undefined): string | undefined =>
  JSON.stringify(result, (_, value: unknown) =>
    value instanceof Map || value instanceof Set || value instanceof Uint8Array ? [...value] : value,
  );

function look(name: string, result: ReturnType<Read>, witness: Witness): void {
  witness.word(`${name} ${result.ok ? "read" : "refused"}`);
  if (result.ok) {
    lookInto(result.value, witness, 0);
    return;
  }
  const words = JSON.stringify(result.error);
  witness.holds(words.length <= MAX_REFUSAL_CHARACTERS, "a refusal is short");
  witness.word(words);
}

/** Whatever was made of a file is bounded, and of the kinds that hold no state. */
function lookInto(value: unknown, witness: Witness, depth: number): void {
  witness.number(depth, 0, MAX_DEPTH);
  if (value === undefined) return;
  if (typeof value === "string") witness.number(value.length, 0, MAX_HOSTILE_BYTES);
  else if (typeof value === "number") witness.number(value, 0, Number.MAX_SAFE_INTEGER);
  else if (typeof value === "boolean") witness.flag(value);
  else if (value instanceof Uint8Array) witness.bytes(value, MAX_HOSTILE_BYTES);
  else lookIntoMany(value, witness, depth);
}

function lookIntoMany(value: unknown, witness: Witness, depth: number): void {
  const items = itemsOf(value);
  witness.holds(items !== undefined, "a value is plain");
  witness.number(items?.length ?? 0, 0, MAX_ITEMS);
  for (const item of items ?? []) lookInto(item, witness, depth + 1);
}

function itemsOf(value: unknown): readonly unknown[] | undefined {
  if (value instanceof Map) return [...value.entries()].map((entry): unknown => entry);
  if (value instanceof Set) return [...value.values()].map((entry): unknown => entry);
  if (typeof value !== "object" || value === null) return undefined;
  const items: readonly unknown[] = Object.values(value);
  return items;
}
