/**
 * A document that slips away while it is read, at every exchange: for good, for a moment, or with somebody else's card in its
 * place; at readers on SPI and on I2C, in virtual time. Nobody is let in but by a whole reading, what was entered serves the
 * document that it was entered for, nothing secret stays in memory, and the lane is clean for whoever comes next.
 */
// First of all: it watches functions that others take hold of when they are loaded.
import "./watched-secrets.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { arrival } from "../../src/sim/arrivals.ts";
import type { DocumentStage, Ear } from "./document-stage.ts";
import { enterFor, HOLDERS, Holder, laneForAll, NEXT, type Way } from "./document-torn.ts";
import { watchedSecrets } from "./watched-secrets.ts";

/** At both readers every exchange with everything that may follow; else at either every other one, with one thing. */
const ALL = process.env["INTERRUPT_ALL"] !== undefined;
const LIMIT_MS = ALL ? 3_600_000 : 60_000;

const INCOMPLETE = "access.denied acs:ReadIncomplete tries:1";
const GRANTED = "access.granted";
const BLINKS_MS = [30, 60, 100, 150, 200] as const;

interface Sequel {
  readonly rows: readonly string[];
  /** Guesses that no holder has made: at the chip of somebody else, who came at once. */
  readonly guesses?: number;
}

/** Once the card is gone: what happens, and what it comes to. */
type Follow = (holder: Holder, card: Ear, exchange: number) => Promise<Sequel>;

/** MSE:Set AT of PACE. */
const paceRuns = ({ heard }: Ear): number =>
  heard.filter(({ ins, p1, p2 }) => ins === 0x22 && p1 === 0xc1 && p2 === 0xa4).length;

const types = arrival(NEXT.types);
const taps = arrival(NEXT.taps);
/** A card was found, has no number, and its digits are waited for. */
const ASKED_MS = 3_000;
/** Longer than what was entered for a document that slipped away is kept, from its last exchange on. */
const TOO_LATE_MS = 6_500;

const SEQUELS: Readonly<Record<string, Follow>> = {
  async "it stays away, and the next holder enters his own"({ stage }) {
    await stage.gate.pass(TOO_LATE_MS);
    await enterFor(stage, types, "digits");
    const next = await stage.present(types);
    expect([paceRuns(next), next.made.emrtd?.wrongPasswords]).toEqual([1, 0]);
    return { rows: [INCOMPLETE, GRANTED] };
  },
  async "it stays away, and the next holder enters when asked"({ stage }) {
    await stage.gate.pass(TOO_LATE_MS);
    const next = stage.place(types);
    await stage.gate.pass(ASKED_MS);
    await enterFor(stage, types, "digits");
    await stage.decision();
    stage.remove(next);
    expect([paceRuns(next), next.made.emrtd?.wrongPasswords]).toEqual([1, 0]);
    return { rows: [INCOMPLETE, GRANTED] };
  },
  async "it stays away, and nobody comes"({ stage }) {
    await stage.decision();
    return { rows: [INCOMPLETE] };
  },
  async "it is back within two seconds, without a new entry"({ stage }, card) {
    await stage.decision();
    stage.placeAgain(card);
    await stage.decision();
    stage.remove(card);
    return { rows: [INCOMPLETE, GRANTED] };
  },
  async "the link blinks: one presentation, one decision"({ stage }, card, exchange) {
    await stage.gate.pass(BLINKS_MS[exchange % BLINKS_MS.length] ?? 0);
    stage.placeAgain(card);
    await stage.decision();
    stage.remove(card);
    return { rows: [GRANTED] };
  },
  async "somebody who only taps comes at once"({ stage }) {
    await stage.decision();
    const next = await stage.present(taps);
    expect([paceRuns(next), next.made.emrtd?.wrongPasswords]).toEqual([1, 0]);
    return { rows: [INCOMPLETE, GRANTED] };
  },
  async "somebody comes at once, and enters before"({ stage }) {
    await enterFor(stage, types, "digits");
    await stage.decision();
    const next = await stage.present(types);
    expect([paceRuns(next), next.made.emrtd?.wrongPasswords]).toEqual([1, 0]);
    return { rows: [INCOMPLETE, GRANTED] };
  },
  async "somebody comes at once, and enters when asked"({ stage, isEntering }) {
    await stage.decision();
    const next = stage.place(types);
    await stage.gate.pass(ASKED_MS);
    await enterFor(stage, types, "digits");
    await stage.decision();
    stage.remove(next);
    const guesses = isEntering ? 1 : 0;
    expect(paceRuns(next)).toBe(1 + guesses);
    return { rows: [INCOMPLETE, GRANTED], guesses };
  },
};

/** In everyday runs the CIE, whose arithmetic takes the simulator half a second, is torn at some of its exchanges. */
const STEP = { enrolment: 5, digits: 2, zone: 2 } as const satisfies Readonly<Record<Way, number>>;

/** Each exchange with what follows it here. */
function* rounds(way: Way, exchanges: number, shift: number): Generator<readonly [number, string]> {
  const names = Object.keys(SEQUELS);
  const step = ALL ? 1 : STEP[way];
  for (let exchange = 1 + (shift % step); exchange <= exchanges; exchange += step) {
    if (ALL) for (const name of names) yield [exchange, name];
    else yield [exchange, names[(exchange + shift) % names.length] ?? ""];
  }
}

describe.each([
  ["spi", 0],
  ["i2c", 3],
] as const)("at a reader on %s", (bus, shift) => {
  let stage: DocumentStage;

  beforeAll(async () => {
    stage = await laneForAll({ bus });
  });
  afterAll(() => stage.close());

  /** The lane is as before all this, but for what `rows` say, and nothing secret is left. */
  async function expectClean(holder: Holder, round: string, { rows, guesses = 0 }: Sequel): Promise<void> {
    await holder.forget();
    expect(stage.rows(), round).toEqual(rows);
    expect(stage.lit(), round).toEqual([]);
    expect(stage.takeTries(), round).toBe(guesses);
    const { values, left } = watchedSecrets();
    expect(left, round).toEqual([]);
    expect(values.length, round).toBeGreaterThan(0);
  }

  const grants = (rows: readonly string[]): number => rows.filter((row) => row === GRANTED).length;

  test.each(Object.entries(HOLDERS))("%s, torn at every exchange", { timeout: LIMIT_MS }, async (_, kind) => {
    const holder = new Holder(stage, kind);
    // The first of a kind is asked for its number, and for what it can stand.
    await holder.present();
    const { commands: exchanges } = await holder.present();
    for (const [exchange, name] of rounds(kind.by, exchanges, shift)) {
      const round = `${name}, after exchange ${exchange} of ${exchanges}`;
      const before = stage.openings();
      const card = await holder.tear(exchange);
      const sequel = (await SEQUELS[name]?.(holder, card, exchange)) ?? { rows: [] };
      await expectClean(holder, round, sequel);
      expect(stage.openings() - before, round).toBe(grants(sequel.rows));
      expect(card.made.emrtd?.wrongPasswords, round).toBe(0);
    }
  });

  test("torn between its number and its document, while it is activated anew", async () => {
    const holder = new Holder(stage, HOLDERS["an enrolled CIE"]);
    const whole = await holder.present();
    const ofNumber = whole.commands - whole.heard.length;
    for (const afterMs of ALL ? [2, 16, 18, 20, 22, 24, 26, 28, 30, 33, 36] : [18 + shift]) {
      const card = await holder.tear(ofNumber, afterMs * 1_000);
      await stage.decision();
      stage.placeAgain(card);
      await stage.decision();
      stage.remove(card);
      await expectClean(holder, `${afterMs} ms after its number`, { rows: [INCOMPLETE, GRANTED] });
    }
  });

  test("torn while it is found", async () => {
    const holder = new Holder(stage, HOLDERS["a CNIe by its digits"]);
    for (const lengthBytes of ALL ? [0, 2, 4, 6, 8, 10, 12] : [4 * shift]) {
      await holder.enter();
      stage.gate.board.reader(stage.node).antenna.tearAfter(lengthBytes);
      const card = stage.place(holder.arrival);
      await stage.gate.pass(3_000);
      stage.placeAgain(card);
      await stage.decision();
      stage.remove(card);
      await expectClean(holder, `after ${lengthBytes} bytes on the air`, { rows: [GRANTED] });
    }
  });

  test("taken away while the lane waits for its digits", async () => {
    const holder = new Holder(stage, HOLDERS["a CNIe by its digits"]);
    const card = stage.place(holder.arrival);
    await stage.gate.pass(3_000);
    stage.remove(card);
    await stage.decision();
    const next = await stage.present(taps);
    expect(paceRuns(next)).toBe(1);
    await expectClean(holder, "", { rows: [INCOMPLETE, GRANTED] });
  });
});
