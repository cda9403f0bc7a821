// `varco explain` about seals: what a door would make of one that is shown alone, or beside the document at its reader.
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { importCommand } from "../../src/app/commands/credentials-import.ts";
import { explainCommand } from "../../src/app/commands/explain.ts";
import { exportCommand } from "../../src/app/commands/journal-export.ts";
import { simCardCommand } from "../../src/app/commands/sim-card.ts";
import { trustImportCommand } from "../../src/app/commands/trust-import.ts";
import { ARRIVALS } from "../../src/sim/arrivals.table.ts";
import { arrival } from "../../src/sim/arrivals.ts";
import type { BoardServer } from "../../src/sim/board-server.ts";
import { documentSeal, type SealOptions } from "../../src/sim/seal/document-seal.ts";
import { type CommandWorld, commandWorld, NODE } from "./command-world.ts";
import { trustSealers } from "./seal-files.ts";

const listed = arrival("lucas");
const SCANNER = "scanner: { serial: { node: /dev/ttyACM0 } }";
const DOORS = {
  alone: `level: documentSeal\n    sealOnly: acceptsCopiedSeals\n    document: { ${SCANNER} }`,
  beside: `level: verifiedDocument\n    document: { ${SCANNER}, seal: demanded }`,
  number: "level: identifier\n    nisOnly: acceptsCopiedNumbers",
} as const;

let world: CommandWorld;
let server: BoardServer | undefined;

/** A gate with one such door, Lucas on its list, and States and makers of seals in its store. */
async function gateWith(door: keyof typeof DOORS): Promise<void> {
  world = await commandWorld((text) =>
    text.replace("level: identifier", DOORS[door]).replace(/^ *nisOnly:.*# .*\n/m, ""),
  );
  const states = join(world.folder, "states.pem");
  expect(await world.run(simCardCommand, { texts: { states } })).toMatchObject({ exit: 0 });
  expect(await world.run(trustImportCommand, { positionals: [states] })).toMatchObject({ exit: 0 });
  await trustSealers(world);
  const { issuer, documentNumber } = listed.holder;
  const row = `issuer,document_number,group\n${issuer},${documentNumber},members\n`;
  const list = await world.write("list.csv", row);
  expect(await world.run(importCommand, { positionals: [list] })).toMatchObject({ exit: 0 });
}

afterEach(async () => {
  await server?.close();
  server = undefined;
});

const sealOf = (options: SealOptions = {}) =>
  world.write("seal.txt", `${documentSeal(ARRIVALS.lucas, options)}\n`);

async function explained(texts: Readonly<Record<string, string>>, flags: readonly string[] = []) {
  const secret = listed.can ?? "";
  const { exit, out, err } = await world.run(explainCommand, { texts, flags: new Set(flags), secret });
  const { documentNumber, familyNames } = listed.holder;
  for (const fact of [documentNumber, familyNames, "MOREAU"])
    expect([...out, ...err].join("\n")).not.toContain(fact);
  return { exit, out, err };
}

describe("a seal alone", () => {
  test("of a listed holder is granted by the rules that the gate asks, and nothing is written", async () => {
    await gateWith("alone");
    const before = await world.run(exportCommand);
    const { exit, out } = await explained({ seal: await sealOf(), at: "2026-12-25T10:00" });
    expect(exit).toBe(0);
    expect(out[0]).toBe("granted at lane-1: documentSeal, by doors/lane-1/groups/members");
    expect(out).toContainEqual(
      expect.stringMatching(/doors\/lane-1\/level +the door demands documentSeal; proven: seal$/),
    );
    expect(await world.run(exportCommand)).toEqual(before);
  });

  test("that is refused is so before any rule is asked", async () => {
    await gateWith("alone");
    const { exit, out } = await explained({ seal: await sealOf({ fault: "tampered" }) }, ["json"]);
    expect(exit).toBe(1);
    expect(JSON.parse(out[0] ?? "")).toMatchObject({
      ...{ outcome: "denied", reason: "acs:DocumentAuthenticationFailed", rule: "seal" },
      considered: [{ compared: "the seal was refused: sealSignatureInvalid" }],
    });
  });

  test("is too little for a door that wants the chip as well", async () => {
    await gateWith("beside");
    const { exit, out } = await explained({ seal: await sealOf() });
    expect([exit, out[0]]).toEqual([1, "denied at lane-1: acs:SecurityLevelTooLow, by doors/lane-1/level"]);
  });

  test("is what `documentSeal` stands for where nothing is shown", async () => {
    await gateWith("alone");
    const { out } = await explained({ level: "documentSeal" }, []).then(() =>
      world.run(explainCommand, { positionals: ["stranger"], texts: { level: "documentSeal" } }),
    );
    expect(out[0]).toBe("denied at lane-1: CredentialNotFound, by allowList");
    const number = await world.run(explainCommand, { positionals: ["stranger"] });
    expect(number.out[0]).toBe("denied at lane-1: acs:SecurityLevelTooLow, by doors/lane-1/level");
  });
});

describe("a seal beside the document at the reader", () => {
  const BY_CAN = ["tap", "document", "can", "json"] as const;

  async function tapped(seal: SealOptions | undefined): Promise<object> {
    await gateWith("beside");
    server = await world.startBoard();
    const { spec } = listed;
    server.board.place(NODE, spec.card === "emrtd" ? { ...spec, latency: "none" } : spec);
    const texts = seal === undefined ? {} : { seal: await sealOf(seal) };
    const { exit, out } = await explained(texts, BY_CAN);
    const explanation: unknown = JSON.parse(out[0] ?? "");
    return { exit, ...(typeof explanation === "object" ? explanation : {}) };
  }

  test("that agrees with the chip: granted on all proofs", async () => {
    const told = await tapped({});
    expect(told).toMatchObject({ exit: 0, outcome: "granted", level: "verifiedDocument" });
    expect(JSON.stringify(told)).toContain("proven: cardAccess, documentSignature, documentChip, seal");
  });

  test.each<[SealOptions | undefined, string, string]>([
    [undefined, "acs:SecurityLevelTooLow", "sealMissing"],
    [{ fault: "otherNumber" }, "acs:DocumentAuthenticationFailed", "sealNumberDiffers"],
    [{ fault: "testAuthority" }, "acs:TrustAnchorMissing", "sealTestAuthority"],
  ])("%j: %s, %s", async (seal, reason, detail) => {
    expect(await tapped(seal)).toMatchObject({
      ...{ exit: 1, outcome: "denied", reason, rule: "document/seal" },
      considered: [{ decided: true, compared: `the document was refused: ${detail}` }],
    });
  });
});

test.each([
  ["a name besides", { positionals: ["M-1"], texts: { seal: "-" } }, "name a REFERENCE or TAG"],
  ["a level besides", { texts: { seal: "-", level: "documentSeal" } }, "--level"],
  ["a tap without a document", { texts: { seal: "-" }, flags: new Set(["tap"]) }, "--seal goes alone"],
])("wrong usage: %s", async (_, invocation, complaint) => {
  await gateWith("alone");
  const { exit, err } = await world.run(explainCommand, invocation);
  expect({ exit, err }).toEqual({ exit: 2, err: [expect.stringContaining(complaint)] });
});

test("at a door that looks at no seals there is nothing to be explained", async () => {
  await gateWith("number");
  const { exit, err } = await world.run(explainCommand, { texts: { seal: "-" } });
  expect({ exit, err }).toEqual({ exit: 2, err: [expect.stringContaining("looks at none")] });
});

test("a file that is not there is told by its error", async () => {
  await gateWith("alone");
  const { exit, err } = await explained({ seal: join(world.folder, "nothing") });
  expect({ exit, err }).toEqual({ exit: 3, err: [expect.stringContaining("ENOENT")] });
});
