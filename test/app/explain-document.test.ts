// `varco explain --tap --document`: what a door that reads documents would say to the one held to its reader, on the virtual
// board, and that asking changes nothing.
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { importCommand } from "../../src/app/commands/credentials-import.ts";
import { explainCommand } from "../../src/app/commands/explain.ts";
import { exportCommand } from "../../src/app/commands/journal-export.ts";
import { simCardCommand } from "../../src/app/commands/sim-card.ts";
import { trustImportCommand } from "../../src/app/commands/trust-import.ts";
import { type Arrival, arrival } from "../../src/sim/arrivals.ts";
import type { BoardServer } from "../../src/sim/board-server.ts";
import { type CommandWorld, commandWorld, NODE } from "./command-world.ts";

const listed = arrival("lucas");
const stranger = arrival("camille");
const BY_CAN = new Set(["tap", "document", "can"]);
const BY_ZONE = new Set(["tap", "document", "mrz", "json"]);

let world: CommandWorld;
let server: BoardServer | undefined;

beforeEach(async () => {
  world = await commandWorld((text) =>
    text
      .replace("level: identifier", "level: verifiedDocument\n    document: { countries: [FRA, D] }")
      .replace(/^ *nisOnly:.*\n/m, ""),
  );
  const states = join(world.folder, "states.pem");
  expect(await world.run(simCardCommand, { texts: { states } })).toMatchObject({ exit: 0 });
  expect(await world.run(trustImportCommand, { positionals: [states] })).toMatchObject({ exit: 0 });
  const { issuer, documentNumber } = listed.holder;
  const list = await world.write(
    "list.csv",
    `issuer,document_number,group\n${issuer},${documentNumber},members\n`,
  );
  expect(await world.run(importCommand, { positionals: [list] })).toMatchObject({ exit: 0 });
});
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function explained(person: Arrival, flags: ReadonlySet<string>, texts: { readonly at?: string } = {}) {
  server = await world.startBoard();
  const { spec } = person;
  server.board.place(NODE, spec.card === "emrtd" ? { ...spec, latency: "none" } : spec);
  const secret = flags.has("can") ? (person.can ?? "") : person.mrzLines.join("");
  const { exit, out, err } = await world.run(explainCommand, { flags, texts, secret });
  const { documentNumber, givenNames } = person.holder;
  for (const fact of [documentNumber, givenNames, secret])
    expect([...out, ...err].join("\n")).not.toContain(fact);
  return { exit, out, err };
}

test("a listed holder is granted by the rules that the gate asks, and nothing is written", async () => {
  const before = await world.run(exportCommand);
  const { exit, out } = await explained(listed, BY_CAN, { at: "2026-12-25T10:00" });
  expect(exit).toBe(0);
  expect(out[0]).toBe("granted at lane-1: verifiedDocument, by doors/lane-1/groups/members");
  expect(out).toContainEqual(
    expect.stringMatching(
      /doors\/lane-1\/level +the door demands verifiedDocument; proven: cardAccess, documentSignature, documentChip$/,
    ),
  );
  expect(await world.run(exportCommand)).toEqual(before);
});

test("somebody on no list is denied for that, whatever his document proves", async () => {
  const { exit, out, err } = await explained(stranger, BY_ZONE);
  expect({ exit, err }).toMatchObject({ exit: 1 });
  expect(JSON.parse(out[0] ?? "")).toMatchObject({ outcome: "denied", reason: "CredentialNotFound" });
});

describe("a document that fails is denied before any rule is asked", () => {
  test.each([
    ["copied", arrival("lucas", "copied"), {}, "acs:ChipAuthenticationFailed", "chipRefuted"],
    ["run out by then", listed, { at: "2045-01-01T12:00" }, "acs:DocumentExpired", "documentExpired"],
    ["of a country that the door does not take", arrival("sanne"), {}, "Unauthorized", "country"],
  ] as const)("%s", async (_what, person, texts, reason, detail) => {
    const { exit, out } = await explained(person, BY_ZONE, texts);
    expect(exit).toBe(1);
    expect(JSON.parse(out[0] ?? "")).toMatchObject({
      ...{ outcome: "denied", reason, rule: "document" },
      considered: [{ rule: "document", decided: true, compared: `the document was refused: ${detail}` }],
    });
  });
});

describe("wrong usage", () => {
  test.each([
    ["no password", ["tap", "document"], /either --can or --mrz/],
    ["no card", ["document", "can"], /--document goes with --tap|name a REFERENCE/],
    ["no document", ["tap", "can"], /go with --tap --document/],
    ["five digits", ["tap", "document", "can"], /six digits; see varco explain --help/],
  ])("%s", async (_what, flags, words) => {
    const { exit, err } = await world.run(explainCommand, { flags: new Set(flags), secret: "12345" });
    expect(exit).toBe(2);
    expect(err.join("\n")).toMatch(words);
  });

  test("a door that reads none", async () => {
    const other = await commandWorld();
    const list = await other.write("list.csv", "identifier,group\n000000000017,members\n");
    await other.run(importCommand, { positionals: [list] });
    const { exit, err } = await other.run(explainCommand, { flags: BY_CAN, secret: "123456" });
    expect([exit, ...err]).toEqual([2, expect.stringMatching(/the door lane-1 reads none/)]);
  });
});
