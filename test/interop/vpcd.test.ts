/**
 * The virtual card in a computer's reader, judged from outside: Debian's pcscd with vsmartcard's driver finds it, and the
 * programs of OpenSC speak to it. And the command that puts it there: how it begins, and how it ends.
 */
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { toHex } from "../../src/bytes/hex.ts";
import { cardOfProfile } from "../../src/sim/cards/card-profiles.ts";
import { contentOf } from "../../src/sim/emrtd/documents/content-of.ts";
import { SeededRandom } from "../../src/sim/seeded-random.ts";
import { ascii } from "../emrtd/pace-settings.ts";
import { answersTo, hasPcscd, openscTool, startPcscd, type VirtualReader } from "./pcscd.ts";
import { endAll, eventually, finished, freePort, startVarco, varco } from "./processes.ts";

const SEED = 7;
/** Many times what pcscd takes to look for cards again. */
const NOTICE_MS = 15_000;
const OK = "9000";
const SELECT_IAS = "00A4040C0DA0000000308000000009816001";
const SELECT_CIE = "00A4040C06A00000000039";
const READ_NIS = "00B081000C";
const SELECT_TRAVEL = "00A4040C07A0000002471001";
const READ_CARD_ACCESS = "00B09C0000";
const READ_DG1 = "00B0810000";
const SECURITY_NOT_SATISFIED = "6982";

afterAll(endAll);

describe.runIf(hasPcscd)("in the reader of pcscd", () => {
  let reader: VirtualReader;
  beforeAll(async () => {
    reader = await startPcscd();
  });
  afterAll(() => reader.stop());

  /** A card in one of the slots that pcscd has noticed; pulled with the test, and pcscd has noticed that too. */
  async function inserted(slot: 0 | 1, profile: string) {
    const words = ["--vpcd", reader.slots[slot], "--profile", profile, "--seed", String(SEED), "--json"];
    const card = startVarco(["sim", "card", ...words]);
    onTestFinished(async () => {
      card.kill("SIGTERM");
      expect(await finished(card)).toMatchObject({ exit: 0, err: "" });
      await noticed(slot, "No");
    });
    await eventually(() => card.out().includes("\n") || card.ending() !== undefined, "the card is there");
    await noticed(slot, "Yes");
    return JSON.parse(card.out()) as { readonly vpcd: string; readonly atr: string };
  }

  /** pcscd looks for cards a few times a second. */
  async function noticed(slot: 0 | 1, card: "Yes" | "No"): Promise<void> {
    const line = new RegExp(`^${slot} +${card} +Virtual PCD 00 0${slot}$`, "m");
    const until = performance.now() + NOTICE_MS;
    while (performance.now() < until) {
      if (line.test((await openscTool("--list-readers")).out)) return;
    }
    throw new Error(`pcscd never says ${card} of slot ${slot}`);
  }

  const atrIn = async (slot: 0 | 1): Promise<string> =>
    (await openscTool("--reader", String(slot), "--atr")).out.trim().replaceAll(":", "").toUpperCase();

  test.each(["gemalto", "stm2", "itj4d", "cie-b", "phone", "payment", "cnie", "passport-de"])(
    "%s is known by the ATR that the command told",
    async (profile) => {
      const { vpcd, atr } = await inserted(0, profile);
      expect(vpcd).toBe(reader.slots[0]);
      expect(atr).toMatch(/^3B8[0-9A-F]8001/);
      expect(await atrIn(0)).toBe(atr);
    },
  );

  test("a CIE gives its number on the service side", async () => {
    await inserted(0, "stm2");
    const spec = cardOfProfile("stm2", new SeededRandom(SEED));
    const nis = spec?.card === "cie" ? spec.nis : "";
    expect(await answersTo(0, SELECT_IAS, SELECT_CIE, READ_NIS)).toEqual([OK, OK, toHex(ascii(nis)) + OK]);
  });

  test("a travel document shows how it wants to be approached, and nothing of its holder", async () => {
    await inserted(0, "cnie");
    const file = toHex(contentOf("cnie").masterFile.get(0x011c) ?? new Uint8Array(0));
    const [cardAccess = "", , dg1] = await answersTo(0, READ_CARD_ACCESS, SELECT_TRAVEL, READ_DG1);
    expect(cardAccess).toMatch(new RegExp(`^${file}(9000|6282)$`));
    expect(dg1).toBe(SECURITY_NOT_SATISFIED);
  });

  test("both slots have a card, each its own", async () => {
    const first = await inserted(0, "stm2");
    const second = await inserted(1, "itj4d");
    expect(first.atr).not.toBe(second.atr);
    expect([await atrIn(0), await atrIn(1)]).toEqual([first.atr, second.atr]);
    expect((await answersTo(0, SELECT_IAS))[0]).toBe(OK);
    expect((await answersTo(1, READ_CARD_ACCESS))[0]).not.toBe(OK);
  });

  test.each(["stm2", "itj4d", "cnie", "passport-bac"])(
    "%s stands all drivers of OpenSC that ask what it is, and answers as before",
    async (profile) => {
      const { atr } = await inserted(0, profile);
      const probes = [READ_CARD_ACCESS, SELECT_TRAVEL, SELECT_IAS, SELECT_CIE];
      const before = await answersTo(0, ...probes);
      for (const question of ["--name", "--serial"]) await openscTool("--reader", "0", question);
      expect(await answersTo(0, ...probes)).toEqual(before);
      expect(await atrIn(0)).toBe(atr);
    },
  );

  test("a reset makes the card forget what was selected", async () => {
    await inserted(0, "stm2");
    expect(await answersTo(0, SELECT_IAS, SELECT_CIE)).toEqual([OK, OK]);
    await openscTool("--reader", "0", "--reset");
    expect((await answersTo(0, READ_NIS))[0]).not.toMatch(/9000$/);
  });
});

test.runIf(hasPcscd)("the card says when the reader goes", async () => {
  const reader = await startPcscd();
  const card = startVarco(["sim", "card", "--vpcd", reader.slots[0], "--profile", "stm2"]);
  await eventually(() => card.out().includes("\n"), "the card is there");
  await reader.stop();
  const { exit, err } = await finished(card);
  expect(exit).toBe(0);
  expect(err).toContain("the reader has closed");
});

describe("the command", () => {
  test("says when nothing listens", async () => {
    const there = `127.0.0.1:${await freePort()}`;
    const said = await varco("sim", "card", "--vpcd", there, "--profile", "stm2");
    expect(said).toMatchObject({ exit: 3, out: "" });
    expect(said.err).toContain(`no virtual reader listens at ${there}`);
  });

  test.each([
    ["no place", ["--profile", "stm2"], "--vpcd takes"],
    ["a place without a port", ["--vpcd", "localhost", "--profile", "stm2"], "--vpcd takes"],
    ["a port that is none", ["--vpcd", "localhost:65536", "--profile", "stm2"], "--vpcd takes"],
    ["an unknown card", ["--vpcd", "localhost:1", "--profile", "gold"], "--profile takes"],
    ["a card without APDUs", ["--vpcd", "localhost:1", "--profile", "transit"], "--profile takes"],
    ["a seed that is none", ["--vpcd", "localhost:1", "--profile", "stm2", "--seed", "x"], "--seed takes"],
  ])("refuses %s", async (_, words, complaint) => {
    const said = await varco("sim", "card", ...words);
    expect(said).toMatchObject({ exit: 2, out: "" });
    expect(said.err).toContain(complaint);
  });
});
