// A gate that looks at seals, as `varco run` and `varco doctor` see it: without their makers in the trust store it does not start,
// with them it does, and goes by the store as it is at each moment.
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { importCommand } from "../../src/app/commands/credentials-import.ts";
import { doctorCommand } from "../../src/app/commands/doctor.ts";
import { trustRemoveCommand } from "../../src/app/commands/trust-remove.ts";
import type { Check } from "../../src/app/doctor/check.ts";
import { runCommand } from "../../src/app/run.ts";
import { ARRIVALS } from "../../src/sim/arrivals.table.ts";
import { type BoardServer, startBoardServer } from "../../src/sim/board-server.ts";
import { documentSeal } from "../../src/sim/seal/document-seal.ts";
import { good } from "../good.ts";
import { type CommandWorld, commandWorld, NODE } from "./command-world.ts";
import { containing } from "./matchers.ts";
import { trustSealers } from "./seal-files.ts";

const SCANNER = "/dev/ttyACM0";
const RELAY_LINE = 17;
const READY_MS = 10_000;
const { lucas, camille } = ARRIVALS;
const SEAL_DOOR = `level: documentSeal
    sealOnly: acceptsCopiedSeals
    document: { scanner: { serial: { node: ${SCANNER} } } }
`;

let world: CommandWorld;
let server: BoardServer;

beforeEach(async () => {
  world = await commandWorld((text) =>
    text
      .replace(/level: identifier\n\s*nisOnly: acceptsCopiedNumbers.*\n/, SEAL_DOOR)
      .replace("level: info", "level: error"),
  );
  const wiring = [{ bus: "spi", node: NODE, clockHz: 2_000_000, irqLine: 25, resetLine: 24 }] as const;
  const socketPath = join(world.folder, "board.sock");
  server = good(await startBoardServer({ socketPath, wiring, entries: [SCANNER], seed: 1 }));
});
afterEach(() => server.close());

const run = (signal?: AbortSignal) =>
  world.run(runCommand, { texts: { "state-dir": join(world.folder, "state") } }, signal);

const openings = (): number =>
  server.board.pins.edges().filter(({ line, level }) => line === RELAY_LINE && level === "high").length;

const show = (seal: string): void => server.board.type(SCANNER, new TextEncoder().encode(`${seal}\r`));

async function doctorOf(name: string) {
  const { out } = await world.run(doctorCommand, { flags: new Set(["json"]) });
  const { checks } = JSON.parse(out[0] ?? "") as { checks: readonly Check[] };
  return checks.find((check) => check.name === name);
}

describe("without the makers of seals", () => {
  beforeEach(async () => {
    const list = await world.write("list.csv", "identifier,group\n000000000017,members\n");
    expect(await world.run(importCommand, { positionals: [list] })).toMatchObject({ exit: 0 });
  });

  test("it does not start, and says what to import", async () => {
    expect(await run()).toMatchObject({ exit: 3, err: [containing("varco trust import")] });
  });

  test("the doctor says so, and asks for no country signers where no door demands a chip", async () => {
    const remedy: unknown = containing("varco trust import");
    expect(await doctorOf("makers of seals")).toMatchObject({ status: "fail", remedy });
    expect(await doctorOf("trust store")).toMatchObject({ found: "no door demands a chip" });
  });
});

describe("with them", () => {
  beforeEach(async () => {
    await trustSealers(world);
    const rows = [lucas, camille].map(({ documentNumber }) => `FRA,${documentNumber},members`);
    const list = await world.write("list.csv", ["issuer,document_number,group", ...rows, ""].join("\n"));
    expect(await world.run(importCommand, { positionals: [list] })).toMatchObject({ exit: 0 });
  });

  test("the doctor counts them", async () => {
    expect(await doctorOf("makers of seals")).toMatchObject({
      status: "ok",
      found: containing("3 signers of FR05, last import 20"),
    });
  });

  test("a seal opens, and another no more once its maker was taken out of the store", async () => {
    const stopping = new AbortController();
    const running = run(stopping.signal);
    await expect
      .poll(
        () => {
          show(documentSeal(lucas));
          return openings();
        },
        { timeout: READY_MS, interval: 500 },
      )
      .toBe(1);
    const removed = await world.run(trustRemoveCommand, { texts: { source: "sealer-1.cer" } });
    expect(removed).toMatchObject({ exit: 0 });
    const red = (): boolean =>
      server.board.pins.edges().some(({ line, level }) => line === 6 && level === "high");
    expect(red()).toBe(false);
    await expect
      .poll(
        () => {
          show(documentSeal(camille));
          return red();
        },
        { timeout: READY_MS, interval: 500 },
      )
      .toBe(true);
    expect(openings()).toBe(1);
    stopping.abort();
    expect((await running).exit).toBe(0);
  }, 30_000);
});
