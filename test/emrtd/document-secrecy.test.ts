/**
 * What readings of documents leave behind: log entries at the level of traces and the values of errors, of every kind of
 * document, wrong password, fault of a chip and fault of a document. No password, no datum of the holder, no key and no byte
 * of a file is in them, and what was secret in memory is zeros afterwards. ICAO Doc 9303-11; privacy rules, §8.
 */
import { inspect } from "node:util";
import pino from "pino";
import { describe, expect, test } from "vitest";
import type { DocumentSuite, SuiteName } from "../../src/crypto/document-suite.ts";
import type { DataGroupName } from "../../src/emrtd/lds/data-groups.ts";
import type { Log, LogFields } from "../../src/ports/log.ts";
import type { Random } from "../../src/ports/random.ts";
import type { ChipFault } from "../../src/sim/emrtd/chip-faults.ts";
import type { ChipContent } from "../../src/sim/emrtd/content.ts";
import { typedFields } from "../../src/sim/emrtd/documents/mrz.ts";
import type { ProfileName } from "../../src/sim/emrtd/documents/profiles.table.ts";
import type { EmrtdSpec } from "../../src/sim/emrtd/emrtd-spec.ts";
import { SeededRandom } from "../../src/sim/seeded-random.ts";
import type { DrawnSecret } from "../fuzz/document-keys.ts";
import { type Finding, findSecrets, type Material, type Secret } from "../interop/secret-scan.ts";

const { suite } = await import("../../src/crypto/document-suite.ts");
const SUITES: readonly SuiteName[] = ["3DES", "AES-128", "AES-192", "AES-256"];

/** What passed through key derivation: the arrays themselves, and what was in them. */
interface Derivation {
  /** Its owner wipes it. */
  readonly password: Uint8Array;
  readonly arrays: Uint8Array[];
  readonly values: Secret[];
}

let derivation: Derivation = { password: new Uint8Array(0), arrays: [], values: [] };

function noted(name: string, array: Uint8Array): Uint8Array {
  derivation.arrays.push(array);
  derivation.values.push({ name, bytes: array.slice() });
  return array;
}

/** Keys, the secrets they come of, and the nonce of PACE, which is what the key of a password opens. */
function watch(cipher: DocumentSuite): void {
  const { kdf, decryptCbc } = cipher;
  let passwordKey: Uint8Array | undefined;
  const watched: Pick<DocumentSuite, "kdf" | "decryptCbc"> = {
    kdf: (secret, counter) => {
      const key = noted(`key ${counter}`, kdf(secret, counter));
      derivation.values.push({ name: `secret of key ${counter}`, bytes: secret.slice() });
      if (secret.buffer !== derivation.password.buffer) derivation.arrays.push(secret);
      if (counter === 3) passwordKey = key;
      return key;
    },
    decryptCbc: (key, data, iv) => {
      const plain = decryptCbc(key, data, iv);
      return key === passwordKey ? noted("nonce", plain) : plain;
    },
  };
  Object.assign(cipher, watched);
}

// Some modules take the functions out of the suite when they are loaded, so that these come first.
for (const name of SUITES) watch(suite(name));

const { EphemeralKeys } = await import("../../src/emrtd/pace-keys.ts");
const { CHIP_FAULTS } = await import("../../src/sim/emrtd/chip-faults.ts");
const { CONTENT_FAULTS, canBefall } = await import("../../src/sim/emrtd/documents/content-faults.ts");
const { PROFILES } = await import("../../src/sim/emrtd/documents/profiles.table.ts");
const { examine, passwordOf } = await import("./whole-document.ts");
const { contentOfSpec } = await import("../fuzz/document-recording.ts");
const { NotingKeys } = await import("../fuzz/document-keys.ts");
const { PROFILE_NAMES } = await import("../../src/sim/emrtd/parse-emrtd-spec.ts");

const text = (content: string): Uint8Array => new TextEncoder().encode(content);

/** Every entry as it was given, and as the gate's own log prints it. */
class KeepingLog implements Log {
  readonly lines: string[] = [];
  readonly #printed = pino(
    { level: "trace", base: null, messageKey: "event" },
    { write: (line: string) => void this.lines.push(line) },
  );
  readonly trace = this.#at("trace");
  readonly debug = this.#at("debug");
  readonly info = this.#at("info");
  readonly warn = this.#at("warn");
  readonly error = this.#at("error");

  #at(level: "trace" | "debug" | "info" | "warn" | "error"): Log["trace"] {
    return (event: string, fields: LogFields = {}) => {
      this.lines.push(inspect({ level, event, fields }, { depth: null, maxArrayLength: null }));
      this.#printed[level](fields, event);
    };
  }
}

interface Left {
  readonly materials: readonly Material[];
  readonly secrets: readonly Secret[];
  /** Arrays that held secrets and are not zeros. */
  readonly unwiped: readonly string[];
  /** Of the error, or `read`. */
  readonly kind: string;
}

interface Presentation {
  readonly spec: EmrtdSpec;
  readonly password?: ReturnType<typeof passwordOf>;
  readonly wanted?: readonly DataGroupName[];
}

/** Every group that a reader can ask for, so that none passes unseen. */
const ALL_GROUPS: readonly DataGroupName[] = ["DG2", "DG7", "DG11", "DG12", "DG13", "DG16"];

async function present({ spec, password = passwordOf(spec), wanted = [] }: Presentation): Promise<Left> {
  derivation = { password: password.key, arrays: [], values: [] };
  const log = new KeepingLog();
  const random = new WatchedRandom(new SeededRandom(11));
  const notes: DrawnSecret[] = [];
  const keys = new NotingKeys(new EphemeralKeys(new SeededRandom(12)), notes);
  const { result, steps } = await examine(spec, { log, random, keys, wanted, password });
  const error = result.ok ? undefined : result.error;
  const arrays = [...derivation.arrays, ...keys.handedOut, ...random.keys];
  return {
    materials: [
      { name: "log", content: text(log.lines.join("\n")) },
      { name: "error", content: text(`${JSON.stringify(error)} ${inspect(error, { depth: null })}`) },
      { name: "steps", content: text(JSON.stringify(steps.map(({ kind }) => kind))) },
    ],
    secrets: [
      ...derivation.values,
      ...notes.map((note, index) => ({ name: `ephemeral secret ${index}`, bytes: secretOf(note) })),
      { name: "password", bytes: password.key },
      ...personal(spec),
      ...partsOfFiles(contentOfSpec(spec)),
    ],
    unwiped: arrays.filter(isNotWiped).map(({ length }) => `${length} bytes`),
    kind: error?.kind ?? "read",
  };
}

const isNotWiped = (array: Uint8Array): boolean => array.some((byte) => byte !== 0);

function secretOf(note: DrawnSecret): Uint8Array {
  if (note.kind === "challenge") return note.challenge;
  return note.kind === "pair" ? note.pair.secret : note.secret;
}

/** The only sixteen bytes that a reading draws by itself are its half of the key of BAC. */
class WatchedRandom implements Random {
  readonly keys: Uint8Array[] = [];
  readonly #inner: Random;

  constructor(inner: Random) {
    this.#inner = inner;
  }

  bytes(lengthBytes: number): Uint8Array {
    const bytes = this.#inner.bytes(lengthBytes);
    if (lengthBytes === 16) this.keys.push(bytes);
    return bytes;
  }
}

const DG1 = 0x0101;
const DG1_HEAD_BYTES = 5;
/** Shorter words may be parts of others. */
const MIN_WORD = 4;

/** What is printed on the document and what its files say of the holder, whole and in parts. */
function personal(spec: EmrtdSpec): readonly Secret[] {
  const { can, mrzInformation, application } = contentOfSpec(spec);
  const zone = Buffer.from(application.get(DG1)?.subarray(DG1_HEAD_BYTES) ?? []).toString("latin1");
  const plan = PROFILES[spec.profile];
  const { details = {}, ...rest } = "mrz" in plan.holder ? {} : plan.holder;
  const words = [...Object.values(rest), ...Object.values(details)].join(" ").split(/[^\p{L}\d]+/u);
  const facts = [
    can ?? "",
    zone,
    mrzInformation,
    ...typedFields(mrzInformation),
    ...words,
    ...zone.split("<"),
  ];
  return [...new Set(facts)]
    .filter(({ length }) => length >= MIN_WORD)
    .map((fact, index) => ({ name: `personal datum ${index}`, bytes: text(fact) }));
}

const PART_BYTES = 16;
const PARTS = 12;

/** Pieces of every data group, evenly spread: a leak of a file is found by any of them. */
const partsOfFiles = ({ application }: ChipContent): readonly Secret[] =>
  [...application]
    .filter(([id]) => id > 0x0100 && id <= 0x0110)
    .flatMap(([id, file]) =>
      Array.from({ length: PARTS }, (_, index) => {
        const from = Math.floor(((file.length - PART_BYTES) * index) / PARTS);
        return {
          name: `part ${index} of DG${id & 0xff}`,
          bytes: file.slice(Math.max(0, from)).slice(0, PART_BYTES),
        };
      }),
    );

/** What the scan of texts finds, in bytes that were printed as characters too, and arrays of bytes as JSON and the console print them: their numbers in a row. */
function findings(secrets: readonly Secret[], materials: readonly Material[]): readonly Finding[] {
  const printed = secrets.flatMap(({ name, bytes }) => {
    const row = `,${bytes.join()},`;
    return materials
      .filter(({ content }) => rowOfNumbers(content).includes(row))
      .map(({ name: material }) => ({ secret: name, form: "numbers", material }));
  });
  const asCharacters = materials.map(({ name, content }) => {
    const characters = Buffer.from(Buffer.from(content).toString("utf8"), "latin1");
    return { name, content: Uint8Array.from(characters) };
  });
  return [...findSecrets(secrets, materials), ...findSecrets(secrets, asCharacters), ...printed];
}

const rowOfNumbers = (content: Uint8Array): string =>
  Buffer.from(content)
    .toString("latin1")
    .replaceAll(/"\d+":|\s/g, "")
    .replaceAll(/[[\]{}]/g, ",");

async function expectNothing(presentation: Presentation): Promise<Left> {
  const left = await present(presentation);
  const { profile, fault = "none" } = presentation.spec;
  expect(findings(left.secrets, left.materials), `${profile}, ${fault}`).toEqual([]);
  expect(left.unwiped, `${profile}, ${fault}`).toEqual([]);
  return left;
}

describe("nothing secret is left", () => {
  test.each(PROFILE_NAMES)("of %s, read with all that it has", async (profile) => {
    const left = await expectNothing({ spec: { card: "emrtd", profile }, wanted: ALL_GROUPS });
    expect(left.kind).toBe("read");
    // The looking glass is at its place: a session's keys, the secret behind them, and the log of every command.
    expect(left.secrets.filter(({ name }) => name.startsWith("key ")).length).toBeGreaterThanOrEqual(3);
    const log = left.materials[0]?.content ?? new Uint8Array(0);
    expect(Buffer.from(log).toString("latin1")).toMatch(/"event":"apdu"/);
  });

  test.each(PROFILE_NAMES)("of %s, met with the password of another", async (profile) => {
    const spec = { card: "emrtd", profile } as const;
    const { reference } = passwordOf(spec);
    const stranger = reference === "CAN" ? text("654321") : passwordOf(STRANGER[profile] ?? OTHER, "MRZ").key;
    const left = await expectNothing({ spec, password: { reference, key: stranger } });
    expect(left.kind).toBe("wrongPassword");
  });

  test.each(CHIP_FAULTS)("of a chip with the fault %s", async (fault) => {
    const password = passwordOf({ card: "emrtd", profile: profileWith(fault) });
    await expectNothing({ spec: { card: "emrtd", profile: profileWith(fault), fault }, password });
  });

  test.each(CONTENT_FAULTS)("of a document with the fault %s", async (fault) => {
    const profile = PROFILE_NAMES.find((name) => canBefall(fault, name)) ?? "cnie";
    await expectNothing({ spec: { card: "emrtd", profile, fault }, wanted: ["DG2", "DG11"] });
  });
});

const OTHER: EmrtdSpec = { card: "emrtd", profile: "passport-bac" };
/** Whose specimen has the same holder as that one. */
const STRANGER: Partial<Record<ProfileName, EmrtdSpec>> = {
  "passport-bac": { card: "emrtd", profile: "passport-us" },
  "passport-aa": { card: "emrtd", profile: "passport-us" },
};

/** The kind of document whose reading meets the fault. */
function profileWith(fault: ChipFault): ProfileName {
  if (fault.startsWith("bac")) return "passport-bac";
  return fault.startsWith("active") ? "passport-bac" : "cnie";
}

describe("a planted leak is found", () => {
  const FORMS: Readonly<Record<string, (bytes: Uint8Array) => string>> = {
    "as text": (bytes) => Buffer.from(bytes).toString("latin1"),
    "as hexadecimal": (bytes) => Buffer.from(bytes).toString("hex"),
    "as base64": (bytes) => Buffer.from(bytes).toString("base64"),
    "as JSON prints bytes": (bytes) => JSON.stringify(bytes),
    "as the console prints bytes": (bytes) => inspect(bytes, { maxArrayLength: null }),
  };

  test.each(Object.keys(FORMS))("of every secret, %s", async (form) => {
    const left = await present({ spec: { card: "emrtd", profile: "cie" }, wanted: ALL_GROUPS });
    const missed = left.secrets.filter((secret) => {
      const content = text(`{"event":"apdu","data":"${FORMS[form]?.(secret.bytes) ?? ""}"}`);
      return findings([secret], [{ name: "planted", content }]).length === 0;
    });
    expect(missed.map(({ name }) => name)).toEqual([]);
  });

  test("in the log, in one field of one entry", async () => {
    const left = await present({ spec: { card: "emrtd", profile: "cie" } });
    const log = new KeepingLog();
    log.trace("apdu", { command: "00B08100", data: "314159" });
    const planted = { name: "log", content: text(log.lines.join("\n")) };
    const found = findings(left.secrets, [...left.materials, planted]).map(({ secret }) => secret);
    expect(new Set(found)).toEqual(new Set(["secret of key 3", "password", "personal datum 0"]));
  });

  test("and so would be one that stays in memory: what is zeros afterwards was none before", async () => {
    const left = await present({ spec: { card: "emrtd", profile: "cnie" } });
    const names = ["key 1", "key 2", "key 3", "nonce", "ephemeral secret 0", "secret of key 1"];
    for (const name of names) {
      const values = left.secrets.filter((secret) => secret.name === name).map(({ bytes }) => bytes);
      expect(values.length, name).toBeGreaterThan(0);
      expect(values.every(isNotWiped), name).toBe(true);
    }
    expect(derivation.arrays.length).toBeGreaterThan(names.length);
  });
});
