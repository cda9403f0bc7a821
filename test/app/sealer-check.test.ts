// What the doctor says of the makers of visible seals: how old they are, how long their signers count, whether what they took
// back is known; and of those on the deny list whom a seal alone does not show.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { addCommand } from "../../src/app/commands/credentials-add.ts";
import { trustImportCommand } from "../../src/app/commands/trust-import.ts";
import { trustRemoveCommand } from "../../src/app/commands/trust-remove.ts";
import { checkTrust } from "../../src/app/doctor/trust-check.ts";
import { loadConfig } from "../../src/config/load-config.ts";
import { parseCertificate } from "../../src/pki/certificate.ts";
import { DAY_MS } from "../../src/time/civil-date.ts";
import { instant } from "../../src/time/time.ts";
import { good } from "../good.ts";
import {
  authorityMaker,
  type Maker,
  revocationListBy,
  rootMaker,
  signerMaker,
} from "../seal/sealer-makers.ts";
import { commandWorld } from "./command-world.ts";
import { containing, matching } from "./matchers.ts";
import { csca, pem } from "./trust-files.ts";

const FR05 = authorityMaker();
const FR06 = authorityMaker("FR06", { under: rootMaker() });
/** Until 2027, and until 2030. */
const FIRST = signerMaker(FR05);
const SECOND = signerMaker(FR05, "0002", { validity: { from: "20260601080000Z", to: "20300101080000Z" } });
const LIST = revocationListBy(FR05, { revoked: [] });

const ALONE = "level: documentSeal\n    sealOnly: acceptsCopiedSeals\n    document: { scanner: SCANNER }\n";
const BESIDE = "level: verifiedDocument\n    document: { scanner: SCANNER, seal: demanded }\n";
const SCANNER = "{ serial: { node: /dev/ttyACM0 } }";
const LABORATORY = "trust: { laboratory: acceptsTestCards }";
const REQUIRED = "trust: { crl: require }";

interface Store {
  readonly door?: string;
  /** A section of the configuration, in place of the example's. */
  readonly trust?: string;
  readonly makers?: readonly Maker[];
  readonly lists?: readonly Uint8Array[];
}

/** A gate with these makers of seals in its store, and the checks of its doctor. */
async function gate({ door = ALONE, trust = "", makers = [FR05, FIRST], lists = [] }: Store = {}) {
  const world = await commandWorld((text) =>
    text
      .replace(/level: identifier\n\s*nisOnly: acceptsCopiedNumbers.*\n/, door.replace("SCANNER", SCANNER))
      .replace(/^trust:\n(?: .*\n)+/m, "")
      .concat(trust, "\n"),
  );
  const bring = (content: string | Uint8Array, name: string, ...flags: readonly string[]) => {
    const file = join(world.folder, name);
    writeFileSync(file, content);
    return world.run(trustImportCommand, { positionals: [file], flags: new Set(flags) });
  };
  const seals = (...certificates: readonly Maker[]) =>
    bring(
      certificates.map(({ certificate }) => pem("CERTIFICATE", certificate)).join(""),
      "seals.pem",
      ...["seals", "laboratory"],
    );
  const deny = (way: string, secret: string, ref?: string) =>
    world.run(addCommand, { secret, flags: new Set([way, "deny"]), texts: ref === undefined ? {} : { ref } });
  expect(await seals(...makers)).toMatchObject({ exit: 0 });
  for (const [index, list] of lists.entries()) await bring(list, `list-${index}.crl`);
  const { config } = good(await loadConfig(world.configFile));
  const checks = (now: number) => checkTrust(config, instant(now));
  const checkAt = (name: string, now: number) => checks(now).find((check) => check.name === name);
  return { world, bring, seals, deny, checkAt, check: (name: string) => checkAt(name, Date.now()) };
}

const remedy = (text: string) => containing(text) as unknown;

describe("makers of seals", () => {
  const NAME = "makers of seals";

  test("are counted with the day on which the last of them came", async () => {
    const { check } = await gate({ makers: [FR05, FIRST, SECOND] });
    expect(check(NAME)).toEqual({
      ...{ name: NAME, status: "ok" },
      found: matching(/^2 signers of FR05, last import \d{4}-\d\d-\d\d$/) as unknown,
    });
  });

  test("of which none came for half a year deserve a look", async () => {
    const { checkAt } = await gate();
    expect(checkAt(NAME, Date.now() + 179 * DAY_MS)).toMatchObject({ status: "ok" });
    const after = Date.now() + 181 * DAY_MS;
    expect(checkAt(NAME, after)).toMatchObject({
      status: "warn",
      remedy: remedy("the current trusted list"),
    });
  });

  test("are no younger for country signers that came later, nor these for them", async () => {
    const { bring, checkAt } = await gate({ door: BESIDE });
    await bring(csca("self-made"), "csca.cer");
    const after = Date.now() + 181 * DAY_MS;
    for (const name of [NAME, "trust store"]) expect(checkAt(name, after)).toMatchObject({ status: "warn" });
    expect(checkAt("trust store", after)?.found).toMatch(/^1 certificates of 1 countries/);
  });

  test("for tests are not counted, and where they count that is no gate for people", async () => {
    const test00 = authorityMaker("FR00");
    const makers = [FR05, FIRST, test00, signerMaker(test00)];
    expect((await gate({ makers })).check(NAME)?.found).toMatch(/^1 signers of FR05,/);
    expect((await gate({ makers, trust: LABORATORY })).check(NAME)).toMatchObject({
      status: "warn",
      found: matching(/^2 signers of FR00, FR05, .*; seals of test authorities are accepted$/),
      remedy: remedy("trust.laboratory"),
    });
  });
});

describe("the signers", () => {
  const NAME = "seals' signers";
  const AT_THE_END = Date.UTC(2026, 11, 15);

  test("count until the last of each authority ends", async () => {
    const { checkAt } = await gate({ makers: [FR05, FIRST, SECOND] });
    expect(checkAt(NAME, AT_THE_END)).toEqual({ name: NAME, status: "ok", found: "FR05 until 2030-01-01" });
  });

  test.each([
    ["within a month", AT_THE_END],
    ["already", Date.UTC(2027, 5, 1)],
  ])("of an authority the last of which ends %s have to be followed by others", async (_, now) => {
    const { checkAt, seals } = await gate();
    expect(checkAt(NAME, now)).toMatchObject({
      status: "warn",
      found: "FR05 until 2027-01-01",
      remedy: remedy("newer signers"),
    });
    await seals(SECOND);
    expect(checkAt(NAME, now)).toMatchObject({ status: "ok" });
  });

  test("count no longer than their authority", async () => {
    const late = signerMaker(FR05, "0003", { validity: { from: "20260101080000Z", to: "20490101080000Z" } });
    const { checkAt } = await gate({ makers: [FR05, late] });
    const found = "FR05 until 2036-05-15";
    expect(checkAt(NAME, AT_THE_END)).toMatchObject({ status: "ok", found });
    expect(checkAt(NAME, Date.UTC(2036, 4, 1))).toMatchObject({ status: "warn", found });
  });

  test("count for nothing without it", async () => {
    const { world, check } = await gate({ makers: [FR05, FIRST] });
    const { fingerprint } = good(parseCertificate(FR05.certificate));
    await world.run(trustRemoveCommand, { positionals: [fingerprint] });
    expect(check(NAME)).toMatchObject({ status: "warn", found: "FR05 without its own certificate" });
  });
});

describe("the revocation lists", () => {
  const NAME = "seals' revocation lists";
  const TODAY = Date.UTC(2026, 6, 1);
  const both = [rootMaker(), FR05, FIRST, FR06, signerMaker(FR06)];

  test("need not be held where that is no condition, and what it means is told", async () => {
    const { checkAt } = await gate();
    expect(checkAt(NAME, TODAY)).toMatchObject({
      status: "ok",
      found: containing("its authority has taken back"),
    });
  });

  test("have to be held where they are required, of each authority", async () => {
    expect((await gate({ trust: REQUIRED })).checkAt(NAME, TODAY)).toMatchObject({
      status: "warn",
      found: "0 held, 0 overdue, none of FR05",
      remedy: remedy("seals of these authorities are refused"),
    });
    const held = { makers: both, lists: [LIST] };
    const found = "1 held, 0 overdue, none of FR06";
    expect((await gate(held)).checkAt(NAME, TODAY)).toMatchObject({ status: "ok", found });
    expect((await gate({ ...held, trust: REQUIRED })).checkAt(NAME, TODAY)).toMatchObject({
      status: "warn",
      found,
    });
    expect((await gate({ lists: [LIST], trust: REQUIRED })).checkAt(NAME, TODAY)).toMatchObject({
      status: "ok",
      found: "1 held, 0 overdue",
    });
  });

  test("are overdue once the next was to come", async () => {
    const { checkAt } = await gate({ lists: [LIST] });
    expect(checkAt(NAME, Date.UTC(2027, 1, 1))).toMatchObject({
      status: "warn",
      found: "1 held, 1 overdue",
      remedy: "import the current lists with varco trust import",
    });
  });
});

describe("the deny list", () => {
  const NAME = "deny list";
  const PERSON = "ROSSI; ADA; 1980-02-29";

  test("is no matter where no seal opens alone", async () => {
    const { check, bring, deny } = await gate({ door: BESIDE });
    await bring(csca("self-made"), "csca.cer");
    await deny("name", PERSON);
    expect(check("makers of seals")).toMatchObject({ status: "ok" });
    expect(check(NAME)).toBeUndefined();
  });

  test("of numbers is met by a seal", async () => {
    const { check, deny } = await gate();
    await deny("document", "FRA X4RTBPFW4");
    expect(check(NAME)).toMatchObject({ status: "ok" });
  });

  test.each([
    ["name", PERSON],
    ["fiscal-code", "BNCGNN85C21F205H"],
  ])("by %s is not, until the number of the document is on it under the same reference", async (way, who) => {
    const { check, deny } = await gate();
    expect(await deny(way, who, "D-1")).toMatchObject({ exit: 0 });
    const missing = { status: "warn", found: containing("1 denied by name or fiscal code alone") };
    expect(check(NAME)).toMatchObject({ ...missing, remedy: remedy("--document --deny") });
    await deny("document", "FRA X4RTBPFW4", "D-2");
    expect(check(NAME)).toMatchObject(missing);
    await deny("document", "FRA 12AB34567", "D-1");
    expect(check(NAME)).toMatchObject({ status: "ok" });
  });
});
