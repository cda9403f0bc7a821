/**
 * Documents at a reader whose ISO-DEP engine was chosen: the link is made as fast as chip and card sustain before the first
 * command, and what does not hold is given up for less, in the same presentation.
 */
import { afterEach, describe, expect, test } from "vitest";
import { PERSONS } from "../../src/sim/emrtd/documents/holders.table.ts";
import type { EmrtdSpec } from "../../src/sim/emrtd/emrtd-spec.ts";
import { hold, lane, leave, node } from "./one-lane.ts";

afterEach(leave);

const { anna } = PERSONS;
const cnie: EmrtdSpec = { card: "emrtd", profile: "cnie" };

/** A holder types and taps; how long the radio was on the air for him, and the rows. */
async function passage(
  isoDep?: "firmware" | "software",
  prepare = (_: Awaited<ReturnType<typeof lane>>) => {},
) {
  const here = await lane("spi", isoDep === undefined ? {} : { reader: { isoDep } });
  prepare(here);
  here.gate.type(`${anna.can}\r`);
  await hold(here, cnie);
  const { radioUs = 0, commands = 0 } = here.gate.board.snapshotTap(node(here.gate)) ?? {};
  return { here, rows: here.rows(), openings: here.openings(), radioMs: radioUs / 1_000, commands };
}

describe("a document", () => {
  test("is read over the link that was found where nobody chose, and faster over one that was chosen", async () => {
    const seen: number[] = [];
    for (const isoDep of [undefined, "firmware", "software"] as const) {
      const { rows, openings, radioMs } = await passage(isoDep);
      expect(rows).toEqual(["access.granted"]);
      expect(openings).toBe(1);
      seen.push(radioMs);
      leave();
    }
    const [asFound = 0, firmware = 0, software = 0] = seen;
    expect(firmware).toBeLessThan(asFound * 0.5);
    expect(software).toBeLessThan(firmware);
  });

  test.each([200, 100, 50, 40])(
    "on a chip that carries frames of up to %i bytes is granted in the same presentation",
    async (longest) => {
      const { here, rows, openings } = await passage("software", ({ gate }) => {
        gate.board.reader(node(gate)).faults.longestFastFrameBytes = longest;
      });
      expect(rows).toEqual(["access.granted"]);
      expect(openings).toBe(1);
      // What was learned holds for the next one.
      here.gate.type(`${anna.can}\r`);
      await hold(here, cnie);
      expect(here.rows()).toEqual(["access.granted", "access.granted"]);
    },
  );
});
