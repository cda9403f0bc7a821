/**
 * A lane that takes documents, at the level of traces, with everything that it leaves behind: log, database with its write-ahead
 * log, rows for the back end, condition of the door. Holders of every kind of document come, with right and wrong passwords,
 * unusable entries, false documents and cards that slip away. Nothing that they entered, nothing of their documents and no key
 * of a session is in any of it. Privacy rules, 1 and §8.
 */
// First of all: it watches functions that others take hold of when they are loaded.
import "./watched-secrets.ts";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Log, LogFields } from "../../src/ports/log.ts";
import { ARRIVAL_NAMES, type Arrival, arrival } from "../../src/sim/arrivals.ts";
import { findSecrets, type Material, type Secret } from "../interop/secret-scan.ts";
import type { DocumentStage } from "./document-stage.ts";
import { enterFor, HOLDERS, Holder, laneForAll } from "./document-torn.ts";
import { watchedSecrets } from "./watched-secrets.ts";

const ENTRY_ENDS_MS = 5_000;
const SCENES_MS = 120_000;
/** Shorter words may be parts of others. */
const MIN_WORD = 5;
/** Six digits that open nothing here, and entries that are none. */
const WRONG_DIGITS = "860753";
const UNUSABLE = ["7531908", "P<XXXUNREADABLE<<ZONE<<<<", "97O31Q"] as const;
const FALSE_ONES = [
  ["lucas", "tamperedDg1"],
  ["chiara", "copied"],
  ["camille", "unknownAuthority"],
] as const;

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const lines: string[] = [];
const at = (level: string) => (event: string, fields?: LogFields) =>
  void lines.push(JSON.stringify({ level, event, ...fields }), inspect(fields, { depth: null }));
const log: Log = {
  ...{ trace: at("trace"), debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") },
};

let stage: DocumentStage;
let keys: readonly Uint8Array[] = [];
let unwiped: readonly string[] = [];
let materials: readonly Material[] = [];

/** What is printed on the document, and what its files say, whole and in words. */
function personal({ can, mrzLines, holder }: Arrival): readonly string[] {
  const { fiscalCode, nis, documentNumber, familyNames, givenNames, birth } = holder;
  const words = [...mrzLines.flatMap((line) => line.split("<")), familyNames, givenNames];
  const whole = [can, fiscalCode, nis, documentNumber, birth, birth.replaceAll("-", ""), ...mrzLines];
  return [...whole, ...words].filter((fact) => fact !== undefined).filter((fact) => fact.length >= MIN_WORD);
}

const secretsOf = (facts: readonly string[]): readonly Secret[] =>
  [...new Set(facts)].map((fact, index) => ({ name: `fact ${index}`, bytes: bytes(fact) }));

beforeAll(async () => {
  stage = await laneForAll({
    bus: "spi",
    document: "match: [document, fiscalCode, name], bac: withoutPace",
    log,
  });
  for (const name of ARRIVAL_NAMES) {
    const person = arrival(name);
    await enterFor(stage, person, person.can === undefined ? "zone" : "digits");
    await stage.present(person);
  }
  for (const [name, fault] of FALSE_ONES) {
    await enterFor(stage, arrival(name), "digits");
    await stage.present(arrival(name, fault));
  }
  for (const unusable of UNUSABLE) {
    stage.type(unusable);
    // A line that could be the first of a zone is waited for the next.
    await stage.gate.pass(ENTRY_ENDS_MS);
  }
  stage.type(WRONG_DIGITS);
  await stage.present(arrival("lucas"));
  const holder = new Holder(stage, HOLDERS["a CNIe by its digits"]);
  await holder.tear(6);
  await holder.forget();
  ({ values: keys, left: unwiped } = watchedSecrets());
  materials = leftBehind();
}, SCENES_MS);

afterAll(() => stage.close());

function leftBehind(): readonly Material[] {
  const file = (name: string) => ({ name, content: readFileSync(join(stage.gate.folder, name)) });
  const { gate } = stage.gate;
  const condition = gate.doors.map((door) => [gate.condition(door), gate.readerReport(door)]);
  return [
    { name: "log", content: bytes(lines.join("\n")) },
    { name: "rows", content: bytes(JSON.stringify(stage.gate.events().map(({ data }) => data))) },
    { name: "condition", content: bytes(inspect(condition, { depth: null })) },
    file("varco.db"),
    file("varco.db-wal"),
  ];
}

test("the lane left what is looked through, and did all that", () => {
  for (const { name, content } of materials) expect(content.length, name).toBeGreaterThan(0);
  const rows = stage.rows();
  const reasons = ["InvalidPIN", "acs:DocumentExpired", "acs:ChipAuthenticationFailed", "acs:ReadIncomplete"];
  for (const reason of ["access.granted", ...reasons])
    expect(
      rows.some((row) => row.includes(reason)),
      reason,
    ).toBe(true);
  const unusable = lines.filter((line) => line.includes('"entryUnusable"'));
  expect(unusable).toHaveLength(UNUSABLE.length);
  expect(lines.some((line) => line.includes('"apdu"'))).toBe(true);
});

test("nothing of any holder, and nothing that was entered, is anywhere", () => {
  const facts = [...ARRIVAL_NAMES.flatMap((name) => personal(arrival(name))), WRONG_DIGITS, ...UNUSABLE];
  expect(facts.length).toBeGreaterThan(ARRIVAL_NAMES.length * MIN_WORD);
  expect(findSecrets(secretsOf(facts), materials)).toEqual([]);
});

test("no key of a session is anywhere, and none stays in memory", () => {
  expect(keys.length).toBeGreaterThan(ARRIVAL_NAMES.length);
  const secrets = keys.map((key, index) => ({ name: `key ${index}`, bytes: key }));
  expect(findSecrets(secrets, materials)).toEqual([]);
  expect(unwiped).toEqual([]);
});

test("what is planted is found", () => {
  const [fact = ""] = personal(arrival("lucas"));
  const [key = new Uint8Array(0)] = keys;
  const secrets = [...secretsOf([fact]), { name: "key", bytes: key }];
  const planted = materials.map(({ name, content }) => ({
    name,
    content: Buffer.concat([
      content,
      bytes(`{"why":"${fact}"}`),
      Buffer.from(Buffer.from(key).toString("hex")),
    ]),
  }));
  const found = new Set(
    findSecrets(secrets, planted).map(({ secret, material }) => `${secret} in ${material}`),
  );
  expect(found.size).toBe(secrets.length * materials.length);
});
