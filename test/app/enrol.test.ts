// `varco enrol` and what it shows, on the virtual board with the simulator's cards, and the trust store filled by its
// own command.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { addCommand } from "../../src/app/commands/credentials-add.ts";
import { listCommand } from "../../src/app/commands/credentials-list.ts";
import { enrolCommand } from "../../src/app/commands/enrol.ts";
import { explainCommand } from "../../src/app/commands/explain.ts";
import { exportCommand } from "../../src/app/commands/journal-export.ts";
import { trustImportCommand } from "../../src/app/commands/trust-import.ts";
import type { BoardServer } from "../../src/sim/board-server.ts";
import type { CieSpec } from "../../src/sim/cards/cie-spec.ts";
import { authority } from "../../src/sim/pki/authority.ts";
import { type CommandWorld, commandWorld, NODE } from "./command-world.ts";
import { matching } from "./matchers.ts";

const NIS = "123456789012";
const MEMBER = { group: "members", ref: "M-1042" };
const JSON_FLAG = new Set(["json"]);
const servers: BoardServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const atChipDoor = (text: string): string =>
  text.replace("level: identifier", "level: originalChip").replace(/^ *nisOnly:.*\n/m, "");

interface Desk {
  readonly world: CommandWorld;
  readonly server: BoardServer;
}

/** Its members show their chip, staff pass by their number. */
const atStepUpDoor = (text: string): string =>
  text.replace(
    /^( *)level: identifier/m,
    "$1level: identifier\n$1stepUp: [{ level: originalChip, groups: [members] }]",
  );
/** A document would do as well. */
const atDocumentDoor = (text: string): string =>
  text
    .replace(
      /^( *)level: identifier/m,
      "$1level: verifiedDocument\n$1alsoAccepts: [originalChip]\n$1document: { keypad: { device: /dev/input/event0 } }",
    )
    .replace(/^ *nisOnly:.*\n/m, "");

async function desk(
  options: { readonly trust?: "none"; readonly config?: (text: string) => string } = {},
): Promise<Desk> {
  const world = await commandWorld(options.config ?? atChipDoor);
  const server = await world.startBoard();
  servers.push(server);
  if (options.trust === "none") return { world, server };
  const files = [1, 2] as const;
  const positionals = files.map((generation) => join(world.folder, `csca-${generation}.cer`));
  for (const generation of files)
    await writeFile(
      join(world.folder, `csca-${generation}.cer`),
      authority("self-made").countrySigner(generation).certificate,
    );
  expect(await world.run(trustImportCommand, { positionals })).toMatchObject({ exit: 0 });
  return { world, server };
}

function put({ server }: Desk, change: Partial<CieSpec> = {}): void {
  server.board.remove(NODE);
  server.board.place(NODE, { card: "cie", family: "gemalto", nis: NIS, key: 0, ...change });
}

async function types({ world }: Desk): Promise<readonly string[]> {
  const { out } = await world.run(exportCommand);
  return out.map((line) => (JSON.parse(line) as { readonly type: string }).type);
}

describe("enrol", () => {
  test("shows every check with its result, pins the chip and admits its holder", async () => {
    const here = await desk();
    put(here);
    const { exit, out } = await here.world.run(enrolCommand, { texts: MEMBER });
    expect(exit).toBe(0);
    expect(out.slice(0, 9).every((line) => line.startsWith("  ok "))).toBe(true);
    expect(out.join("\n")).toMatch(/signature over the object is right \(generation 2\)/);
    expect(out.at(-1)).toMatch(/^card#[0-9a-f]{4} is enrolled: .*; it is on the allow list$/);
    expect((await types(here)).slice(-2)).toEqual(["acs.config.chipPinned", "acs.config.credentials"]);
    const listed = await here.world.run(listCommand, { flags: JSON_FLAG });
    expect(JSON.parse(listed.out[0] ?? "")).toMatchObject({
      list: "allow",
      chip: "pinned",
      reference: "M-1042",
    });
    const explained = await here.world.run(explainCommand, { positionals: ["M-1042"] });
    expect(explained.out[0]).toMatch(/denied at lane-1: acs:ChipAuthenticationFailed, by chip\/key/);
    const proven = await here.world.run(explainCommand, {
      positionals: ["M-1042"],
      texts: { level: "originalChip" },
    });
    expect(proven.out[0]).toMatch(/granted at lane-1: originalChip/);
  });

  test("explain by the card itself proves the chip, as the gate would", async () => {
    const here = await desk();
    put(here);
    expect(await here.world.run(enrolCommand, { texts: MEMBER })).toMatchObject({ exit: 0 });
    const own = await here.world.run(explainCommand, { flags: new Set(["tap"]) });
    expect(own.out[0]).toMatch(/granted at lane-1: originalChip/);
    put(here, { attack: "nisOnly" });
    const copy = await here.world.run(explainCommand, { flags: new Set(["tap"]) });
    expect(copy).toMatchObject({ exit: 1 });
    expect(copy.out[0]).toMatch(/acs:ChipAuthenticationFailed/);
  });

  test("a second time with the same chip changes nothing and says so", async () => {
    const here = await desk();
    put(here);
    await here.world.run(enrolCommand, { texts: MEMBER });
    const before = (await types(here)).length;
    const again = await here.world.run(enrolCommand);
    expect(again).toMatchObject({ exit: 0 });
    expect(again.out.at(-1)).toMatch(/was enrolled before, with this very chip/);
    expect(await types(here)).toHaveLength(before);
  });

  test.each<[NonNullable<CieSpec["attack"]>, string]>([
    ["ownKey", "keySigned"],
    ["copiedSod", "numberSigned"],
    ["selfMadeCsca", "signer"],
    ["expiredSigner", "signer"],
    ["replay", "chipProof"],
    ["nisOnly", "publicKey"],
    ["tinyKey", "publicKey"],
    ["asn1Bomb", "signedObject"],
  ])(
    "%s fails at the check %s; those behind it are not reached, and the journal has the alarm",
    async (attack, check) => {
      const here = await desk();
      put(here, { attack });
      const { exit, out } = await here.world.run(enrolCommand, { texts: MEMBER, flags: JSON_FLAG });
      expect(exit).toBe(1);
      const told = JSON.parse(out[0] ?? "") as {
        readonly result: string;
        readonly admitted: boolean;
        readonly checks: readonly { readonly check: string; readonly result: string }[];
      };
      expect(told).toMatchObject({ result: "notGenuine", admitted: false });
      const failed = told.checks.findIndex(({ result }) => result === "failed");
      expect(told.checks[failed]?.check).toBe(check);
      expect(told.checks.slice(0, failed).every(({ result }) => result === "passed")).toBe(true);
      expect(told.checks.slice(failed + 1).every(({ result }) => result === "notReached")).toBe(true);
      const alarm = attack === "selfMadeCsca" ? "signerUnknown" : "cardNotGenuine";
      expect((await types(here)).at(-1)).toBe(`acs.security.${alarm}`);
    },
  );

  test("a genuine card with another key is an alarm, and takes the other's place only by the operator's word", async () => {
    const here = await desk();
    put(here);
    await here.world.run(enrolCommand, { texts: MEMBER });
    put(here, { key: 1 });
    const other = await here.world.run(enrolCommand, { texts: MEMBER });
    expect(other.exit).toBe(1);
    expect(other.out.at(-1)).toMatch(/NOT enrolled: another chip is pinned/);
    expect((await types(here)).at(-1)).toBe("acs.security.chipKeyChanged");
    const replaced = await here.world.run(enrolCommand, { flags: new Set(["replace"]) });
    expect(replaced.exit).toBe(0);
    const tapped = await here.world.run(explainCommand, { flags: new Set(["tap"]) });
    expect(tapped.out[0]).toMatch(/granted/);
  });

  test("with an empty trust store nobody is enrolled, and it says what to do", async () => {
    const here = await desk({ trust: "none" });
    put(here);
    const { exit, err } = await here.world.run(enrolCommand, { texts: MEMBER });
    expect(exit).toBe(3);
    expect(err.join("\n")).toMatch(/varco trust import/);
  });

  test("what belongs to an admission is asked for with a group", async () => {
    const { world } = await desk({ trust: "none" });
    expect(await world.run(enrolCommand, { texts: { ref: "M-1" } })).toMatchObject({ exit: 2 });
    expect(await world.run(enrolCommand, { texts: { group: "nobodys" } })).toMatchObject({ exit: 2 });
  });
});

describe("credentials add --tap at a door that wants the chip", () => {
  test.each([
    ["always", atChipDoor],
    ["of its group", atStepUpDoor],
    ["or a document", atDocumentDoor],
  ])("%s, enrols: the number alone would admit nobody there", async (_, config) => {
    const here = await desk({ config });
    put(here);
    const { exit, out } = await here.world.run(addCommand, { texts: MEMBER, flags: new Set(["tap"]) });
    expect(exit).toBe(0);
    expect(out.at(-1)).toMatch(/is enrolled/);
    expect(await types(here)).toContain("acs.config.chipPinned");
  });

  test("of others alone, admits by the number", async () => {
    const here = await desk({ config: atStepUpDoor });
    put(here);
    const staff = { texts: { group: "staff" }, flags: new Set(["tap"]) };
    expect((await here.world.run(addCommand, staff)).out).toEqual([matching(/is now on the allow list$/)]);
    expect(await types(here)).not.toContain("acs.config.chipPinned");
  });

  test("does not admit a forged card", async () => {
    const here = await desk();
    put(here, { attack: "ownKey" });
    expect(await here.world.run(addCommand, { texts: MEMBER, flags: new Set(["tap"]) })).toMatchObject({
      exit: 1,
    });
    expect(await types(here)).not.toContain("acs.config.credentials");
  });
});
