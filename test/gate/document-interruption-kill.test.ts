/**
 * The gate's process killed in the midst of every exchange with a document, as by `kill -9` or a power cut, and started anew on
 * the files as they were at that instant. The presentation is lost, and with it what was entered; a try that was begun stays
 * counted, so that nobody guesses by pulling the plug; the journal is whole, and the lane serves whoever comes next.
 */
import { copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadOrCreateSigner } from "../../src/crypto/signing-key.ts";
import { systemRandom } from "../../src/crypto/system-random.ts";
import { verifyChain } from "../../src/journal/verify-chain.ts";
import { arrival } from "../../src/sim/arrivals.ts";
import { good } from "../good.ts";
import type { DocumentStage, Ear } from "./document-stage.ts";
import { HOLDERS, Holder, laneForAll, NEXT, type Way } from "./document-torn.ts";

/** At both readers during every exchange; else during some. */
const ALL = process.env["INTERRUPT_ALL"] !== undefined;
const LIMIT_MS = ALL ? 1_800_000 : 60_000;
/** In everyday runs. */
const STEP = { enrolment: 6, digits: 2, zone: 3 } as const satisfies Readonly<Record<Way, number>>;

const GRANTED = "access.granted";
const BLOCKED = "access.denied acs:Blocked passwordTries";
/** By then a lane has started, found the card that lies there, and asked for its digits. */
const ASKED_MS = 3_000;
/** Lamps and relay are off by then. */
const REST_MS = 3_000;
/** So long after a start who was there last is taken to be there still. */
const UNSEEN_MS = 12_000;
const PATIENCE_US = 60_000_000;
/** At a door, until it takes no more. */
const GUESSES = 10;
/** From EF.CardAccess to the answer that tells whether the password was right: that, EF.ATR/INFO, MSE, four steps. */
const TO_THE_TOKEN = 7;
const taps = arrival(NEXT.taps);

const READ_BINARY = 0xb0;
const DATABASE = "varco.db";
/** The shared memory of the log is gone with the machine, and SQLite makes it anew. */
const LEFT_BEHIND = ["", "-wal"] as const;
const fileOf = (stage: DocumentStage, name: string): string => join(stage.gate.folder, name);

/** Ends the process at this instant: what it had not written yet is lost, and it writes no more. */
function kill(stage: DocumentStage): void {
  for (const end of LEFT_BEHIND) copyFileSync(fileOf(stage, DATABASE + end), fileOf(stage, `image${end}`));
  stage.gate.kill();
  rmSync(fileOf(stage, `${DATABASE}-shm`), { force: true });
  for (const end of LEFT_BEHIND) copyFileSync(fileOf(stage, `image${end}`), fileOf(stage, DATABASE + end));
}

function expectWholeJournal(stage: DocumentStage, round: string): void {
  const { publicKey } = good(loadOrCreateSigner(fileOf(stage, "journal.key"), systemRandom));
  expect(verifyChain(stage.gate.database, publicKey), round).toMatchObject({ ok: true });
}

/** A document is read from here on; the number that it may have is asked for before, by selections on its side. */
const firstOfDocument = ({ commands, heard }: Ear): number =>
  commands - heard.length + heard.findIndex(({ ins }) => ins === READ_BINARY) + 1;

function* exchangesOf(way: Way, exchanges: number, shift: number): Generator<number> {
  const step = ALL ? 1 : STEP[way];
  for (let exchange = 1 + (shift % step); exchange <= exchanges; exchange += step) yield exchange;
}

describe.each([
  ["spi", 0],
  ["i2c", 1],
] as const)("at a reader on %s", (bus, shift) => {
  let stage: DocumentStage;

  beforeAll(async () => {
    stage = await laneForAll({ bus });
  });
  afterAll(() => stage.close());

  /** What happens after the restart. Cards take turns, since the last one known is not let in twice by a restart. */
  const ENDS: readonly ((holder: Holder, card: Ear) => Promise<void>)[] = [
    async function itIsTakenAwayAndAnotherComes(_, card) {
      stage.remove(card);
      await stage.gate.pass(UNSEEN_MS);
      await stage.present(taps);
    },
    async function itLiesThereStill(holder, card) {
      if (holder.isEntering) {
        await stage.gate.pass(ASKED_MS);
        expect(stage.rows()).toEqual([]);
        await holder.enter();
      }
      await stage.decision();
      stage.remove(card);
    },
  ];

  /** A process that knows nothing yet of any kind of document, and takes nobody to be there still. */
  async function startAnew(): Promise<void> {
    stage.gate.kill();
    await stage.gate.start();
    await stage.gate.pass(UNSEEN_MS);
  }

  test.each(Object.entries(HOLDERS))(
    "during every exchange with %s",
    { timeout: LIMIT_MS },
    async (_, kind) => {
      const holder = new Holder(stage, kind);
      await startAnew();
      const whole = await holder.present();
      const exchanges = whole.commands;
      // The password of an enrolment is no guess, and is not counted.
      const firstCounted = holder.isEntering ? firstOfDocument(whole) : Number.POSITIVE_INFINITY;
      for (const [index, exchange] of [...exchangesOf(kind.by, exchanges, shift)].entries()) {
        const round = `killed during exchange ${exchange} of ${exchanges}`;
        await startAnew();
        const openings = stage.openings();
        const card = await holder.interrupt(exchange, () => kill(stage));
        const begun = exchange >= firstCounted ? 1 : 0;
        await stage.gate.start();
        expect(stage.triesOnRecord(), round).toBe(begun);
        await ENDS[index % ENDS.length]?.(holder, card);
        await stage.gate.pass(REST_MS);
        expect(stage.rows(), round).toEqual([GRANTED]);
        expect(stage.openings() - openings, round).toBe(1);
        expect(stage.lit(), round).toEqual([]);
        expect(stage.takeTries(), round).toBe(begun);
        expectWholeJournal(stage, round);
      }
    },
  );

  test("nobody guesses by pulling the plug: what the chip has heard is on record", async () => {
    const { arrival: holder } = new Holder(stage, HOLDERS["a CNIe by its digits"]);
    await startAnew();
    const card = stage.place(holder);
    await stage.gate.pass(ASKED_MS);
    for (let guess = 1; guess <= GUESSES; guess++) {
      let isKilled = false;
      card.during(card.commands + TO_THE_TOKEN, () => {
        kill(stage);
        isKilled = true;
      });
      stage.type(`00000${guess % 10}`);
      // With each wrong one the chip takes longer for the next.
      await stage.gate.timeline.runUntil(() => isKilled, stage.nowUs + PATIENCE_US);
      expect(isKilled).toBe(true);
      await stage.gate.start();
      await stage.gate.pass(ASKED_MS);
      expect(stage.triesOnRecord()).toBe(guess);
      expect(card.made.emrtd?.wrongPasswords).toBe(guess);
    }
    stage.type(holder.can ?? "");
    await stage.gate.pass(ASKED_MS);
    stage.remove(card);
    expect(stage.rows()).toEqual([BLOCKED]);
  });
});
