// `varco read` on a serial port: the real adapter and driver against the virtual chip on a pseudo-terminal.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readCommand } from "../../src/app/commands/read.ts";
import { simChipCommand } from "../../src/app/commands/sim-chip.ts";
import { lockReader } from "../../src/app/process-lock.ts";
import { hasSocat } from "../socat.ts";
import { type CommandWorld, commandWorld } from "./command-world.ts";
import { containing } from "./matchers.ts";

const socat = hasSocat("varco read is not tried on a pseudo-terminal");

/** Runs `action` while a chip with this card is served on a link, and gives what came of it; `told` is what the chip said. */
async function withChip<T>(
  world: CommandWorld,
  card: string,
  action: (link: string) => Promise<T>,
  told: string[] = [],
): Promise<T> {
  const link = join(world.folder, "pn532");
  const stopping = new AbortController();
  const texts = { hsu: link, card, seed: "7" };
  const served = world.run(simChipCommand, { texts, flags: new Set(["json"]) }, stopping.signal);
  try {
    await expect.poll(() => execFileSync("ls", [world.folder]).toString()).toContain("pn532");
    return await action(link);
  } finally {
    stopping.abort();
    told.push(...(await served).out);
  }
}

test.runIf(socat)("of a virtual document the chip tells what opens it, and of no other card", async () => {
  const world = await commandWorld();
  const told: string[] = [];
  for (const card of ["cnie", "itj4d"]) await withChip(world, card, () => Promise.resolve(), told);
  const [document, other] = told.map((line) => JSON.parse(line) as object);
  expect(document).toMatchObject({ can: "314159", mrz: "CA00000AA 850712 440229", uid: containing("08") });
  expect(other).not.toHaveProperty("can");
  expect(other).not.toHaveProperty("mrz");
});

test.runIf(socat)("reads a card twice in a row over one link, and never says its number", async () => {
  const world = await commandWorld();
  await withChip(world, "itj4d", async (link) => {
    for (let round = 0; round < 2; round++) {
      const { exit, out, err } = await world.run(readCommand, {
        texts: { hsu: link },
        flags: new Set(["json"]),
      });
      expect({ exit, err }).toEqual({ exit: 0, err: [containing("hold the card")] });
      expect(JSON.parse(out[0] ?? "")).toMatchObject({ kind: "nis", proofs: ["nisRead"] });
      expect(out.join("")).not.toMatch(/\d{12}/);
    }
  });
});

test.runIf(socat)("a card of another kind is told", async () => {
  const world = await commandWorld();
  const { exit, err } = await withChip(world, "transit", (link) =>
    world.run(readCommand, { texts: { hsu: link } }),
  );
  expect(exit).toBe(1);
  expect(err).toContain("this is no identity card: its chip takes no commands");
});

test("a port that is not there", async () => {
  const world = await commandWorld();
  const texts = { hsu: join(world.folder, "absent") };
  const { exit, err } = await world.run(readCommand, { texts });
  expect({ exit, err }).toMatchObject({ exit: 3, err: [containing("does not exist")] });
});

test("a port that the running gate has is left alone", async () => {
  const world = await commandWorld();
  const node = join(world.folder, "taken");
  const lock = await lockReader(node, "");
  const { exit, err } = await world.run(readCommand, { texts: { hsu: node } });
  if (lock.ok) await lock.value.release();
  expect({ exit, err }).toMatchObject({ exit: 3, err: [containing("another varco process")] });
});
