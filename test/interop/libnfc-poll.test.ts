// The virtual chip judged by two more of libnfc's programs: nfc-poll has the chip itself look for cards and then
// asks a card for signs of life until it is taken away; pn53x-diagnose has the chip test itself.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { VirtualBoard } from "../../src/sim/board.ts";
import { cardOfProfile, identityOf } from "../../src/sim/cards/card-profiles.ts";
import { HastyTimeline } from "../../src/sim/hasty-timeline.ts";
import { SeededRandom } from "../../src/sim/seeded-random.ts";
import { offerTerminal } from "../../src/sim/terminal-host.ts";
import { bytesOf, hasLibnfc, libnfc, saidBy, startLibnfc } from "./libnfc.ts";
import { endAll, eventually, finished, startVarco } from "./processes.ts";

const folder = mkdtempSync(join(tmpdir(), "varco-poll-"));
const seeds = new SeededRandom(532);
let links = 0;

afterAll(() => {
  endAll();
  rmSync(folder, { recursive: true, force: true });
});

/** A chip on a pseudo-terminal whose card this test puts down and takes away. */
async function chip(profile: string) {
  links += 1;
  const link = join(folder, `pn532-${links}`);
  const timeline = new HastyTimeline();
  const wiring = [{ bus: "hsu", node: link }] as const;
  const board = new VirtualBoard({ timeline, wiring, seed: seeds.next() });
  const offered = await offerTerminal(board, { node: link, onNews: () => undefined });
  if (!offered.ok) throw new Error(offered.error.kind);
  onTestFinished(async () => {
    timeline.close();
    await offered.value.close();
  });
  const spec = cardOfProfile(profile, seeds);
  const place = () => (spec === undefined ? {} : identityOf(board.place(link, spec).card));
  return { link, place, remove: () => board.remove(link), chip: board.reader(link).chip };
}

describe.runIf(hasLibnfc)("nfc-poll", () => {
  test.each(["itj4d", "stm2", "phone", "payment", "transit"])(
    "finds %s with its ATQA, UID, SAK and ATS, and sees it taken away",
    async (profile) => {
      const { link, place, remove, chip: virtual } = await chip(profile);
      const { atqa, uid, sak, ats } = place();
      const poll = startLibnfc("nfc-poll", link, ["-v"]);
      await eventually(() => poll.out().includes("Waiting for card removing"), "the card is found");
      expect(poll.ending()).toBeUndefined();
      remove();
      const said = saidBy(await finished(poll));
      expect(said.exit).toBe(0);
      expect(said.text).toContain("ISO/IEC 14443A (106 kbps) target:");
      expect([bytesOf(said, "ATQA"), bytesOf(said, "UID ("), bytesOf(said, "SAK")]).toEqual([atqa, uid, sak]);
      // libnfc leaves out the length that an ATS begins with.
      expect(bytesOf(said, "ATS")).toBe(ats?.slice(2));
      expect(said.text).toMatch(/Waiting for card removing\.\.\.done\.\n$/);
      expect(said.complaints).toEqual(["nfc_initiator_target_is_present: Target Released"]);
      expect(virtual.unhandled).toEqual([]);
    },
  );

  test("finds a card of type B, and sees it taken away", async () => {
    const { link, place, remove } = await chip("cie-b");
    const { atqb } = place();
    const poll = startLibnfc("nfc-poll", link, ["-v"]);
    await eventually(() => poll.out().includes("Waiting for card removing"), "the card is found");
    remove();
    const said = saidBy(await finished(poll));
    expect(said.exit).toBe(0);
    const parts = ["PUPI", "Application Data", "Protocol Info"].map((label) => bytesOf(said, label));
    expect(`50${parts.join("")}`).toBe(atqb);
    expect(said.text).toMatch(/done\.\n$/);
  });

  test("finds nothing where nothing lies", async () => {
    const { link, chip: virtual } = await chip("none");
    const said = await libnfc("nfc-poll", link);
    expect(said).toMatchObject({ exit: 0, complaints: [] });
    expect(said.text).toMatch(/No target found\.\n$/);
    expect(virtual.unhandled).toEqual([]);
  });
});

describe.runIf(hasLibnfc)("pn53x-diagnose", () => {
  test("the line, the ROM and the RAM are good, twice", async () => {
    const { link, chip: virtual } = await chip("none");
    for (const run of [1, 2]) {
      const said = await libnfc("pn53x-diagnose", link, []);
      expect({ run, exit: said.exit, complaints: said.complaints }).toEqual({ run, exit: 0, complaints: [] });
      const tests = said.text.split("\n").filter((line) => line.startsWith(" "));
      expect(tests).toEqual([" Communication line test: OK", " ROM test: OK", " RAM test: OK"]);
    }
    expect(virtual.unhandled).toEqual([]);
  });
});

describe.runIf(hasLibnfc)("the command that serves a virtual chip", () => {
  async function served(card: string) {
    links += 1;
    const link = join(folder, `served-${links}`);
    const running = startVarco(["sim", "chip", "--hsu", link, "--json", "--card", card]);
    onTestFinished(async () => {
      running.kill("SIGTERM");
      await running.ended;
    });
    await eventually(() => running.out().includes("\n"), "the chip is ready");
    return { link, ready: JSON.parse(running.out()) as { readonly uid?: string; readonly ats?: string } };
  }

  test("is found well by pn53x-diagnose", async () => {
    const { link } = await served("none");
    const said = await libnfc("pn53x-diagnose", link, []);
    expect(said).toMatchObject({ exit: 0, complaints: [] });
    expect(said.text.match(/test: OK/g)).toHaveLength(3);
  });

  test("shows its card to nfc-poll, which waits for it to go", async () => {
    const { link, ready } = await served("stm2");
    const poll = startLibnfc("nfc-poll", link, ["-v"]);
    await eventually(() => poll.out().includes("Waiting for card removing"), "the card is found");
    expect(poll.ending()).toBeUndefined();
    poll.kill("SIGKILL");
    const said = saidBy(await finished(poll));
    expect([bytesOf(said, "UID ("), bytesOf(said, "ATS")]).toEqual([ready.uid, ready.ats?.slice(2)]);
  });
});
