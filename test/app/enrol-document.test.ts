// `varco enrol --document` on the virtual board: a CIE with both its sides, the trust store filled by its own command for
// both; and the checks of a document by themselves.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { enrolCommand } from "../../src/app/commands/enrol.ts";
import { documentChecksOf } from "../../src/app/commands/enrol-document-checks.ts";
import { exportCommand } from "../../src/app/commands/journal-export.ts";
import { trustImportCommand } from "../../src/app/commands/trust-import.ts";
import { loadConfig } from "../../src/config/load-config.ts";
import { deriveScopeKey, pseudonym } from "../../src/crypto/pseudonym.ts";
import { unseal } from "../../src/crypto/sealed.ts";
import { loadSiteKey } from "../../src/crypto/site-key.ts";
import { openDatabase } from "../../src/journal/database.ts";
import type { BoardServer } from "../../src/sim/board-server.ts";
import type { CieDocument, CieSpec } from "../../src/sim/cards/cie-spec.ts";
import { PERSONS } from "../../src/sim/emrtd/documents/holders.table.ts";
import { authority } from "../../src/sim/pki/authority.ts";
import { documentTrust } from "../../src/sim/pki/document-trust.ts";
import { good } from "../good.ts";
import { type CommandWorld, commandWorld, NODE } from "./command-world.ts";

const NIS = "123456789012";
const { anna } = PERSONS;
const BOTH = { flags: new Set(["document"]), texts: { group: "members", ref: "M-1" }, secret: anna.can };
const AS_JSON = { ...BOTH, flags: new Set(["document", "json"]) };

let world: CommandWorld;
let server: BoardServer;

beforeEach(async () => {
  world = await commandWorld((text) =>
    text.replace("level: identifier", "level: originalChip").replace(/^ *nisOnly:.*\n/m, ""),
  );
  server = await world.startBoard();
  const service = ([1, 2] as const).map((generation) => authority("self-made").countrySigner(generation));
  const all = [...service.map(({ certificate }) => certificate), ...documentTrust().certificates];
  const positionals = all.map((_, index) => join(world.folder, `csca-${index}.cer`));
  for (const [index, file] of positionals.entries()) await writeFile(file, all[index] ?? "");
  expect(await world.run(trustImportCommand, { positionals })).toMatchObject({ exit: 0 });
});
afterEach(() => server.close());

function put(document: CieDocument = {}, change: Partial<CieSpec> = {}): void {
  server.board.remove(NODE);
  const whole = { latency: "none", ...document } as const;
  server.board.place(NODE, { card: "cie", family: "gemalto", nis: NIS, key: 0, document: whole, ...change });
}

async function types(): Promise<readonly string[]> {
  const { out } = await world.run(exportCommand);
  return out.map((line) => (JSON.parse(line) as { readonly type: string }).type);
}

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What is kept of the card: the pseudonym of its document, and its access number unsealed. */
async function enrolled() {
  const { config } = good(await loadConfig(world.configFile));
  const siteKey = good(loadSiteKey(config.siteKey));
  const scopeKey = deriveScopeKey(siteKey, config);
  const own = pseudonym(scopeKey, "nis", ascii(NIS));
  const database = good(openDatabase(join(config.stateDirectory, "varco.db"), { busyTimeoutMs: 100 }));
  const row = database.connection
    .prepare<[Uint8Array], { readonly document: Uint8Array | null; readonly sealed_can: Uint8Array | null }>(
      "SELECT document, sealed_can FROM chip_pin WHERE pseudonym = ?",
    )
    .get(own);
  database.close();
  if (row === undefined) return undefined;
  const context = { siteKey, purpose: "cardAccessNumber", pseudonym: own } as const;
  const can = row.sealed_can === null ? undefined : unseal(new Uint8Array(row.sealed_can), context);
  const expected = pseudonym(scopeKey, "doc", ascii(`ITA${anna.documentNumber}`));
  return {
    document: row.document === null ? undefined : Buffer.compare(row.document, expected) === 0,
    can: can && new TextDecoder().decode(can),
  };
}

describe("enrol --document", () => {
  test("examines both sides in one presentation, shows every check, and keeps chip, document and number in one step", async () => {
    put();
    const { exit, out, err } = await world.run(enrolCommand, BOTH);
    expect(exit).toBe(0);
    expect(out.slice(0, 13).every((line) => line.startsWith("  ok "))).toBe(true);
    expect(out.at(-1)).toMatch(/is enrolled: .*; its document is enrolled with it; it is on the allow list$/);
    expect(await enrolled()).toEqual({ document: true, can: anna.can });
    expect((await types()).slice(-3)).toEqual([
      "acs.config.chipPinned",
      "acs.config.documentEnrolled",
      "acs.config.credentials",
    ]);
    for (const secret of [NIS, anna.can, anna.documentNumber])
      expect([...out, ...err].join("\n")).not.toContain(secret);
  });

  test("adds the document to a card that was enrolled without it", async () => {
    put();
    expect(await world.run(enrolCommand, { texts: { group: "members" } })).toMatchObject({ exit: 0 });
    expect(await enrolled()).toEqual({ document: undefined, can: undefined });
    const again = await world.run(enrolCommand, { ...BOTH, texts: {} });
    expect(again.out.at(-1)).toMatch(
      /was enrolled before, with this very chip; its document is enrolled with it$/,
    );
    expect(await enrolled()).toEqual({ document: true, can: anna.can });
  });

  test("with a wrong number enrols nothing, says so, and accuses nobody", async () => {
    put();
    const before = await types();
    const { exit, out } = await world.run(enrolCommand, { ...AS_JSON, secret: "000000" });
    expect(exit).toBe(1);
    expect(JSON.parse(out[0] ?? "")).toMatchObject({
      result: "documentUnsound",
      document: false,
      admitted: false,
    });
    expect(await enrolled()).toBeUndefined();
    expect(await types()).toEqual(before);
  });

  test.each([
    ["is a copy", { fault: "copied" }, "documentChip", "cloneSuspected"],
    ["was changed", { fault: "tamperedDg1" }, "documentData", "cardNotGenuine"],
    ["is signed by nobody who is known", { fault: "unknownAuthority" }, "documentSigned", "signerUnknown"],
    ["has expired", { fault: "documentExpired" }, "documentData", undefined],
  ] as const)(
    "a document that %s enrols nothing of the card, however sound its chip",
    async (_, document, check, alarm) => {
      put(document);
      const { exit, out } = await world.run(enrolCommand, AS_JSON);
      expect(exit).toBe(1);
      const told = JSON.parse(out[0] ?? "") as {
        readonly result: string;
        readonly checks: readonly {
          readonly check: string;
          readonly result: string;
          readonly remedy?: string;
        }[];
      };
      expect(told.result).toBe("documentUnsound");
      const failed = told.checks.filter(({ result }) => result === "failed");
      expect(failed).toMatchObject([{ check, remedy: /./ }]);
      expect(await enrolled()).toBeUndefined();
      if (alarm !== undefined) expect((await types()).at(-1)).toBe(`acs.security.${alarm}`);
    },
  );

  test("a card whose service side is not sound is not asked for its document", async () => {
    put({}, { attack: "ownKey" });
    const { exit, out } = await world.run(enrolCommand, AS_JSON);
    expect(exit).toBe(1);
    const told = JSON.parse(out[0] ?? "") as {
      readonly checks: readonly { readonly check: string; readonly result: string }[];
    };
    expect(told).toMatchObject({ result: "notGenuine" });
    expect(told.checks.slice(-4).map(({ result }) => result)).toEqual(Array<string>(4).fill("notReached"));
  });

  test("a card without a document says so", async () => {
    server.board.place(NODE, { card: "cie", family: "gemalto", nis: NIS, key: 0 });
    const { exit, out } = await world.run(enrolCommand, BOTH);
    expect(exit).toBe(1);
    expect(out.join("\n")).toMatch(/FAILED {2}its document opens by the number on the front/);
    expect(await enrolled()).toBeUndefined();
  });

  test("asks for the six digits", async () => {
    put();
    expect(await world.run(enrolCommand, { ...BOTH, secret: "12345" })).toMatchObject({ exit: 2 });
  });
});

describe("the checks of a document", () => {
  const results = (side: Parameters<typeof documentChecksOf>[0]) =>
    documentChecksOf(side).map(({ check, result }) => [check, result]);

  test("that has no means to prove its chip: everything else holds, and that is told", () => {
    const reached = new Set(["access", "signature", "data"] as const);
    const side = { examined: { ok: false, error: { kind: "chipWithoutProof" } }, reached } as const;
    expect(results(side)).toEqual([
      ["documentOpens", "passed"],
      ["documentSigned", "passed"],
      ["documentChip", "failed"],
      ["documentData", "passed"],
    ]);
  });

  test("whose number cannot be right fails at what was read", () => {
    const reached = new Set(["access", "signature", "chipAuthentication", "data"] as const);
    const side = { examined: { ok: false, error: { kind: "numberUnreadable" } }, reached } as const;
    expect(results(side).at(-1)).toEqual(["documentData", "failed"]);
  });
});
