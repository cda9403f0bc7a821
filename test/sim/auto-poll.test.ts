import { describe, expect, test } from "vitest";
import { commandFrame, NODE, packet, SpiHost } from "./spi-host.ts";

const CIE = { card: "cie", family: "gemalto", nis: "123456789012" } as const;
const TRANSIT = { card: "transit", uid: "DEADBEEF" } as const;
const NOBODY = "6100";
const SYNTAX_ERROR = /^0000FF01FF7F8100/;
/** One target, by the type that found it. */
const FOUND = { isoDep: /^610120..01000820/, mifare: /^610110090100040804DEADBEEF$/, any: /^610100/ };

async function started() {
  const host = await new SpiHost().start();
  const autoPoll = async (parameters: string): Promise<string> =>
    packet(await host.command(commandFrame(`60${parameters}`), 70));
  return { host, autoPoll };
}

describe("InAutoPoll", () => {
  test("a card with ISO-DEP is of type 20, one without is of type 10, both are of type 00", async () => {
    const { host, autoPoll } = await started();
    const { card } = host.board.place(NODE, CIE);
    expect(await autoPoll("010120")).toMatch(FOUND.isoDep);
    host.board.remove(NODE, card);
    const { card: again } = host.board.place(NODE, CIE);
    expect(await autoPoll("010110")).toBe(NOBODY);
    expect(await autoPoll("010100")).toMatch(FOUND.any);
    host.board.remove(NODE, again);
    host.board.place(NODE, TRANSIT);
    expect(await autoPoll("010120")).toBe(NOBODY);
    expect(await autoPoll("01012010")).toMatch(FOUND.mifare);
  });

  test("every round gives each type its periods of 150 ms", async () => {
    const { host, autoPoll } = await started();
    await autoPoll("010104");
    const before = host.timeline.nowUs();
    expect(await autoPoll("0302040311")).toBe(NOBODY);
    const tookUs = host.timeline.nowUs() - before;
    expect(tookUs).toBeGreaterThan(3 * 3 * 2 * 150_000);
    expect(tookUs).toBeLessThan(3 * 3 * 2 * 150_000 + 10_000);
  });

  test("without an end, a card is found whenever it comes, at the next turn of its type", async () => {
    const { host } = await started();
    await host.write(commandFrame("60FF010420"));
    await host.falls();
    await host.read(6);
    await host.pass(60_000_000);
    host.board.place(NODE, CIE);
    expect(await host.falls(300_000 + 10_000)).toBe(true);
    expect(packet(await host.read(70))).toMatch(FOUND.isoDep);
  });

  test.each([
    ["no round", "000120"],
    ["no period", "010020"],
    ["too long a period", "011020"],
    ["a type that no PN532 knows", "010105"],
  ])("%s is a syntax error", async (_what, parameters) => {
    const { host } = await started();
    expect(await host.command(commandFrame(`60${parameters}`), 8)).toMatch(SYNTAX_ERROR);
  });
});
