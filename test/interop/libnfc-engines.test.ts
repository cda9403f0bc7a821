// Three ways to the same virtual card give the same answers: libnfc over the chip's own ISO-DEP engine, our driver over the
// same, and our driver with its own engine. A fourth hands our engine's blocks to libnfc, which carries them as raw frames.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { openSerialLine } from "../../drivers/bus/hsu.ts";
import { createHsuLink } from "../../drivers/pn532/hsu-link.ts";
import { IsoDepSession } from "../../drivers/pn532/iso-dep.ts";
import { createPn532Reader } from "../../drivers/pn532/reader.ts";
import { SystemClock } from "../../src/app/system-clock.ts";
import { hex, toHex } from "../../src/bytes/hex.ts";
import { silentLog } from "../../src/ports/log.ts";
import { VirtualBoard } from "../../src/sim/board.ts";
import { cardOfProfile } from "../../src/sim/cards/card-profiles.ts";
import { HastyTimeline } from "../../src/sim/hasty-timeline.ts";
import { SeededRandom } from "../../src/sim/seeded-random.ts";
import { offerTerminal } from "../../src/sim/terminal-host.ts";
import { good } from "../good.ts";
import { hasLibnfc, libnfc } from "./libnfc.ts";
import { endAll } from "./processes.ts";

const folder = mkdtempSync(join(tmpdir(), "varco-engines-"));
const SEED = 4;
const BAUD = 115_200;
let links = 0;

afterAll(() => {
  endAll();
  rmSync(folder, { recursive: true, force: true });
});

/** The same card each time, on a chip at a pseudo-terminal of its own. */
async function chipWith(profile: string): Promise<string> {
  links += 1;
  const link = join(folder, `pn532-${links}`);
  const timeline = new HastyTimeline();
  const board = new VirtualBoard({ timeline, wiring: [{ bus: "hsu", node: link }], seed: SEED });
  const offered = await offerTerminal(board, { node: link, onNews: () => undefined });
  if (!offered.ok) throw new Error(offered.error.kind);
  onTestFinished(async () => {
    timeline.close();
    await offered.value.close();
  });
  const spec = cardOfProfile(profile, new SeededRandom(SEED));
  if (spec === undefined) throw new Error("no such card");
  board.place(link, spec);
  return link;
}

/** Short and long answers, commands of more than one block, refusals. */
const SELECT_IAS = "00A4040C0DA0000000308000000009816001";
const SELECT_CIE = "00A4040C06A00000000039";
const READ_SOD = ["00B08600E6", "00B000E6E6", "00B001CCE6", "00B08600FF", "00B0820000"];
/** More than a block of 64 bytes holds, and as much as a line of libnfc's shell. */
const LONG_COMMAND = `00A4040C44${"A0".repeat(0x44)}`;
const CARDS: readonly (readonly [string, readonly string[]])[] = [
  ["gemalto", [SELECT_IAS, SELECT_CIE, "00B081000C", ...READ_SOD, LONG_COMMAND, "00B081000C"]],
  ["stm2", [SELECT_IAS, SELECT_CIE, "00B081000C", ...READ_SOD]],
  ["cnie", ["00B09C0000", "00B09C0010", "00A4040C07A0000002471001", LONG_COMMAND, "00B0810000"]],
  ["payment", ["00A404000E325041592E5359532E444446303100", LONG_COMMAND]],
];

async function byOurDriver(
  link: string,
  isoDep: "firmware" | "software",
  apdus: readonly string[],
): Promise<readonly string[]> {
  const clock = new SystemClock();
  const line = good(await openSerialLine({ node: link, baud: BAUD }));
  const reader = createPn532Reader({
    link: createHsuLink({ line, clock, baud: BAUD }),
    clock,
    log: silentLog,
    isoDep,
  });
  try {
    good(await reader.start());
    const card = good(await reader.poll(new AbortController().signal));
    if (card === undefined) throw new Error("the card was not found");
    expect(good(await card.raiseSpeed())).toMatchObject({ kbits: 424, isoDep });
    const answers: string[] = [];
    for (const apdu of apdus) answers.push(toHex(good(await card.channel.transceive(hex(apdu)))));
    return answers;
  } finally {
    await reader.stop();
    await line.close();
  }
}

/** What the chip answered to each command, behind its response code. */
async function byLibnfc(link: string, commands: readonly string[]): Promise<readonly string[]> {
  const script = join(folder, "script");
  writeFileSync(script, commands.map((command) => `${spaced(command)}\n`).join(""));
  const said = await libnfc("pn53x-tamashell", link, [script]);
  expect(said).toMatchObject({ exit: 0, complaints: [] });
  return said.text
    .split("\n")
    .filter((line) => line.startsWith("Rx:"))
    .map((line) => line.slice("Rx:".length).replaceAll(" ", "").toUpperCase());
}

const spaced = (command: string): string => command.replaceAll(/..(?=.)/g, "$& ");

/** By InDataExchange: status 00 before each answer. */
async function byChipAndLibnfc(link: string, apdus: readonly string[]): Promise<readonly string[]> {
  const [found = "", ...answers] = await byLibnfc(link, ["4A0100", ...apdus.map((apdu) => `4001${apdu}`)]);
  expect(found.slice(0, 4)).toBe("0101");
  return answers.map((answer) => {
    expect(answer.slice(0, 2)).toBe("00");
    return answer.slice(2);
  });
}

/** The blocks of our own engine for these APDUs, on a card whose answers are known to be the right ones. */
function* dialogue(apdus: readonly string[], heard: () => Uint8Array): Generator<string, readonly string[]> {
  const session = new IsoDepSession({ cardFrameBytes: 256, readerFrameBytes: 256, frameWaitingExponent: 8 });
  const answers: string[] = [];
  for (const apdu of apdus) {
    const exchange = session.exchange(hex(apdu), 256);
    let step = exchange.next();
    while (step.done !== true) {
      yield toHex(step.value.block);
      step = exchange.next({ kind: "block", bytes: heard() });
    }
    answers.push(toHex(good(step.value)));
  }
  return answers;
}

/** libnfc carries one block at a time: each further one is asked for by all those before it, on the same card anew. */
async function blocksByLibnfc(profile: string, apdus: readonly string[]): Promise<readonly string[]> {
  const blocks: string[] = [];
  let last = new Uint8Array(0);
  const engine = dialogue(apdus, () => last);
  for (let step = engine.next(); ; step = engine.next()) {
    if (step.done === true) return step.value;
    blocks.push(step.value);
    const commands = ["1204", "4A0100", "42E080", ...blocks.map((block) => `42${block}`)];
    const answers = await byLibnfc(await chipWith(profile), commands);
    const answer = answers.at(-1) ?? "";
    expect(answer.slice(0, 2)).toBe("00");
    last = Uint8Array.from(hex(answer.slice(2)));
  }
}

describe.runIf(hasLibnfc)("the same answers", { timeout: 60_000 }, () => {
  test.each(CARDS)("%s: by libnfc, by our driver, and by our own engine", async (profile, apdus) => {
    const byTheirs = await byChipAndLibnfc(await chipWith(profile), apdus);
    expect(byTheirs).toHaveLength(apdus.length);
    expect(await byOurDriver(await chipWith(profile), "firmware", apdus)).toEqual(byTheirs);
    expect(await byOurDriver(await chipWith(profile), "software", apdus)).toEqual(byTheirs);
  });

  test("our engine's blocks, carried by libnfc in raw frames", async () => {
    const apdus = [SELECT_IAS, SELECT_CIE, "00B081000C", "00B08600FF", LONG_COMMAND];
    const byTheirs = await byChipAndLibnfc(await chipWith("gemalto"), apdus);
    expect(await blocksByLibnfc("gemalto", apdus)).toEqual(byTheirs);
  });
});
