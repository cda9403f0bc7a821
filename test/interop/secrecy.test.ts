// One demo at trace level, with everything that it leaves behind: output, logs, journal, MQTT traffic,
// configuration. No number, no key, and no pseudonym where it does not belong may be found in any of it.
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tellBicyclePark } from "../../src/app/demo/bicycle-park.ts";
import { tellStadium, VISITORS } from "../../src/app/demo/stadium.ts";
import { type Person, tellStory } from "../../src/app/demo/story.ts";
import { deriveScopeKey, pseudonym } from "../../src/crypto/pseudonym.ts";
import { loadSiteKey } from "../../src/crypto/site-key.ts";
import { endAll, eventually, startVarco } from "./processes.ts";
import { findSecrets, type Material, type Secret } from "./secret-scan.ts";

const SEED = 42;
const DEMO_LIMIT_MS = 180_000;
/** The write-ahead log disappears with the gate; copies are taken while it is in use. */
const COPY_AFTER_LINES = [5, 10, 15] as const;
/** These two files are the keys' own place. */
const KEY_FILES = ["site.key", "state/journal.key"] as const;
/** PKCS #8 puts this many bytes before the seed of an Ed25519 key. */
const PKCS8_HEAD_BYTES = 16;

const folder = mkdtempSync(join(tmpdir(), "varco-secrecy-"));
const text = (content: string): Uint8Array => new TextEncoder().encode(content);
let persons: readonly Person[] = [];
let materials: readonly Material[] = [];
let numbers: readonly Secret[] = [];
let keys: readonly Secret[] = [];
let pseudonyms: readonly Secret[] = [];
/** Between what the State has signed on the back of a card and its signature. */
const SEAL_DIVIDER = "\x1f";
const seals = [
  ...tellStadium().map(({ entry }) => entry?.seal),
  ...tellBicyclePark().map(({ seal }) => seal),
];
/** What stands on the documents that the stadium sees: numbers and zones; fiscal codes and numbers of the cards, of which some have one; and seals, in halves. */
const onDocuments: readonly Secret[] = [
  ...VISITORS.flatMap(({ holder, mrzLines }, index) =>
    [holder.documentNumber, holder.fiscalCode, holder.nis, ...mrzLines].flatMap((fact) =>
      fact === undefined ? [] : { name: `document ${index}`, bytes: text(fact) },
    ),
  ),
  ...[...new Set(seals.flatMap((seal) => seal?.split(SEAL_DIVIDER) ?? []))].map((half, index) => ({
    name: `half of a seal ${index}`,
    bytes: text(half),
  })),
];

beforeAll(async () => {
  const story = tellStory(SEED);
  persons = story.persons;
  const words = ["demo", "--seed", `${SEED}`, "--keep", folder, "--log-level", "trace", "--json"];
  const demo = startVarco(words);
  const lines = (): number => demo.out().split("\n").length - 1;
  for (const count of COPY_AFTER_LINES) {
    await eventually(
      () => lines() >= count || demo.ending() !== undefined,
      "the demo goes on",
      DEMO_LIMIT_MS,
    );
    copyIfThere(join(folder, "state", "varco.db-wal"), join(folder, `log-${count}.db-wal`));
  }
  await eventually(() => demo.ending() !== undefined, "the end of the demo", DEMO_LIMIT_MS);
  expect(demo.ending()).toBe(0);
  materials = [
    ...filesOf(folder),
    { name: "standard output", content: text(demo.out()) },
    { name: "standard error", content: text(demo.err()) },
  ];
  collectSecrets(story.scenes.flatMap(({ card }) => (card.card === "transit" ? [card.uid] : [])));
}, DEMO_LIMIT_MS + 30_000);

afterAll(() => {
  endAll();
  rmSync(folder, { recursive: true });
});

describe("the demo at trace level", () => {
  test("left the material that is looked through", () => {
    const names = materials.map(({ name }) => name);
    for (const name of ["gate.log", "board.log", "mqtt.jsonl", "gate.yaml", "state/varco.db"])
      expect(names).toContain(name);
    expect(names.some((name) => name.endsWith("-wal"))).toBe(true);
    for (const { name, content } of materials)
      if (name !== "standard error") expect(content.length, name).toBeGreaterThan(0);
    for (const name of KEY_FILES) expect(statSync(join(folder, name)).mode & 0o077).toBe(0);
    expect(numbers).toHaveLength(persons.length + 2);
  });

  test("shows APDUs by header and length", () => {
    const log = readFileSync(join(folder, "gate.log"), "utf8");
    expect(log).toContain("00A4040C Lc=13");
    expect(log).toContain("00B08100");
  });

  test("shows no card's number and no key anywhere", () => {
    expect(findSecrets([...numbers, ...keys], materials)).toEqual([]);
  });

  test("shows nothing that stands on a document, or opens one", () => {
    expect(findSecrets(onDocuments, materials)).toEqual([]);
    expect(materials.flatMap(({ name, content }) => (saysOfVisitors(content) ? name : []))).toEqual([]);
    expect(saysOfVisitors(text(`{"can":"${VISITORS[0]?.can ?? ""}"}`))).toBe(true);
    expect(saysOfVisitors(text(`holder ${VISITORS[0]?.holder.givenNames.toLowerCase() ?? ""}`))).toBe(true);
  });

  test("shows pseudonyms nowhere but in the database's own columns and in the events for the back end", () => {
    expect(findSecrets(pseudonyms, materials.map(withoutRightfulPlaces))).toEqual([]);
    const found = findSecrets(pseudonyms, materials).map(({ material, form }) => `${form} in ${material}`);
    expect(new Set(found)).toContain("base64 in mqtt.jsonl");
    expect(new Set(found)).toContain("raw in state/varco.db");
  });
});

describe("a planted leak is found", () => {
  const digits = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
  const FORMS: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>> = {
    "as it is": (bytes) => bytes,
    "in lower case hex": (bytes) => text(Buffer.from(bytes).toString("hex")),
    "in upper case hex": (bytes) => text(Buffer.from(bytes).toString("hex").toUpperCase()),
    "in hex, byte by byte": (bytes) => text(Buffer.from(bytes).toString("hex").replace(/..\B/g, "$& ")),
    "in base64": (bytes) => text(Buffer.from(bytes).toString("base64")),
    "in base64url": (bytes) => text(Buffer.from(bytes).toString("base64url")),
    "in base64 of a longer text": (bytes) =>
      text(Buffer.concat([text("nis="), bytes, text(";")]).toString("base64")),
    "in base64 at the third offset": (bytes) =>
      text(Buffer.concat([text("id"), bytes, text(";")]).toString("base64")),
    reversed: (bytes) => Uint8Array.from(bytes).reverse(),
  };
  const FORMS_OF_DIGITS: typeof FORMS = {
    "split by blanks": (bytes) => text([...digits(bytes)].join(" ")),
    "in groups of four": (bytes) => text(digits(bytes).replace(/\d{4}\B/g, "$& ")),
    "as BCD": (bytes) => Buffer.from(digits(bytes), "hex"),
    "as BCD, halves swapped": (bytes) => Buffer.from(digits(bytes).replace(/(.)(.)/g, "$2$1"), "hex"),
    "in 16-bit characters": (bytes) => Buffer.from(digits(bytes), "utf16le"),
  };

  test.each(Object.entries({ ...FORMS, ...FORMS_OF_DIGITS }))("%s", (form, encode) => {
    const secrets = [...numbers, ...keys, ...pseudonyms].filter(
      ({ bytes }) => !(form in FORMS_OF_DIGITS) || /^\d+$/.test(digits(bytes)),
    );
    expect(secrets.length).toBeGreaterThanOrEqual(persons.length);
    const plants = secrets.map(({ name, bytes }) => ({
      name: `a leak of ${name}`,
      content: Buffer.concat([text('{"msg":"'), encode(bytes), text('"}\n')]),
    }));
    const found = findSecrets(secrets, plants);
    for (const { name } of secrets)
      expect(found).toContainEqual(expect.objectContaining({ secret: name, material: `a leak of ${name}` }));
  });

  test("a single line among all that the demo left", () => {
    const [first] = numbers;
    if (first === undefined) throw new Error("no numbers");
    const planted = materials.map(({ name, content }) => ({
      name,
      content:
        name === "gate.log" ? Buffer.concat([content, text('{"nis":"'), first.bytes, text('"}\n')]) : content,
    }));
    expect(findSecrets([...numbers, ...keys], planted)).toEqual([
      { secret: first.name, form: "raw", material: "gate.log" },
    ]);
  });

  test("a pseudonym on the live topic", () => {
    const [first] = pseudonyms;
    if (first === undefined) throw new Error("no pseudonyms");
    const payload = JSON.stringify({
      personal: { pseudonym: Buffer.from(first.bytes).toString("base64url") },
    });
    const line = (topic: string) =>
      text(`${JSON.stringify({ topic: `acs/v1/site/gate/${topic}`, payload })}\n`);
    const traffic = (topic: string) => withoutRightfulPlaces({ name: "mqtt.jsonl", content: line(topic) });
    expect(findSecrets(pseudonyms, [traffic("live/access")])).toHaveLength(1);
  });
});

/** Numbers of the cards (the transit pass has only a UID), both keys, and the pseudonyms made from them. */
function collectSecrets(uids: readonly string[]): void {
  const siteKey = loadSiteKey({ id: "demo", file: join(folder, "site.key") });
  if (!siteKey.ok) throw new Error("the demo left no site key");
  const scopeKey = deriveScopeKey(siteKey.value, { site: "demo-gym", scope: "gym" });
  const pem = readFileSync(join(folder, "state", "journal.key"), "latin1");
  const pkcs8 = Buffer.from(pem.split("\n")[1] ?? "", "base64");
  numbers = [
    ...persons.map(({ nis }, index) => ({ name: `number ${index}`, bytes: text(nis) })),
    ...uids.flatMap((uid) => [
      { name: "UID in upper case", bytes: text(uid.toUpperCase()) },
      { name: "UID in lower case", bytes: text(uid.toLowerCase()) },
    ]),
  ];
  keys = [
    { name: "site key", bytes: siteKey.value.key.reveal() },
    { name: "scope key", bytes: scopeKey.key.reveal() },
    { name: "journal key", bytes: pkcs8.subarray(PKCS8_HEAD_BYTES) },
  ];
  pseudonyms = [
    ...persons.map(({ nis }, index) => ({
      name: `pseudonym ${index}`,
      bytes: pseudonym(scopeKey, "nis", text(nis)),
    })),
    ...VISITORS.map(({ holder: { issuer, documentNumber } }, index) => ({
      name: `pseudonym of document ${index}`,
      bytes: pseudonym(scopeKey, "doc", text(`${issuer.padEnd(3, "<")}${documentNumber}`)),
    })),
  ];
}

/** Digits and names are short: as words of their own, and not in the middle of something longer, they are meant. */
function saysOfVisitors(content: Uint8Array): boolean {
  const words = VISITORS.flatMap(({ can, holder }) => [can ?? [], holder.givenNames.split(" ")].flat());
  const alone = new RegExp(`(?<![0-9A-Za-z+/_-])(?:${words.join("|")})(?![0-9A-Za-z+/_-])`, "i");
  return alone.test(Buffer.from(content).toString("latin1"));
}

function filesOf(root: string): readonly Material[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ name: relative(root, file), file }))
    .filter(({ name }) => !KEY_FILES.some((key) => key === name))
    .map(({ name, file }) => ({ name, content: readFileSync(file) }));
}

/** The database holds pseudonyms as bytes in columns of their own, events carry them in `personal`. */
function withoutRightfulPlaces({ name, content }: Material): Material {
  const latin1 = Buffer.from(content).toString("latin1");
  if (name === "mqtt.jsonl") {
    const lines = latin1.split("\n").filter((line) => line !== "");
    return { name, content: text(lines.map(withoutPersonalPart).join("\n")) };
  }
  if (!name.includes(".db")) return { name, content };
  const bytes = pseudonyms.reduce(
    (rest, secret) => rest.replaceAll(Buffer.from(secret.bytes).toString("latin1"), ""),
    latin1,
  );
  return { name, content: Buffer.from(bytes, "latin1") };
}

function withoutPersonalPart(line: string): string {
  const { topic, payload } = JSON.parse(line) as { readonly topic: string; readonly payload: string };
  if (!topic.includes("/event/")) return line;
  const events = JSON.parse(payload) as readonly Readonly<Record<string, unknown>>[];
  return JSON.stringify(events.map(({ personal: _, ...rest }) => rest));
}

function copyIfThere(from: string, to: string): void {
  if (existsSync(from)) copyFileSync(from, to);
}
