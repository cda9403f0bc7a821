/**
 * The reader's side of ISO-DEP against the virtual card's, which was written apart from it, over a link that loses,
 * damages, repeats and delays. ISO_DEP_SEEDS sets how many conversations are held, ISO_DEP_SEED the first of them.
 */
import { describe, expect, test } from "vitest";
import { parseAts } from "../../../drivers/pn532/ats.ts";
import {
  type BlockOut,
  type Heard,
  type IsoDepError,
  IsoDepSession,
} from "../../../drivers/pn532/iso-dep.ts";
import { type ReaderFrameBytes, ratsFrame } from "../../../drivers/pn532/iso-dep-activation.ts";
import { toHex } from "../../../src/bytes/hex.ts";
import type { Result } from "../../../src/result.ts";
import { type CardApplication, IsoDepCard } from "../../../src/sim/cards/iso-dep.ts";
import { SeededRandom } from "../../../src/sim/seeded-random.ts";
import { frameWaitingUs } from "../../../src/sim/timing.ts";

const SEEDS = Number(process.env["ISO_DEP_SEEDS"] ?? "10000");
const FIRST_SEED = Number(process.env["ISO_DEP_SEED"] ?? "1");
const FRAME_SIZES: readonly ReaderFrameBytes[] = [64, 128, 256];

/** Chances, for each exchange of blocks. */
interface Troubles {
  readonly commandLost: number;
  readonly answerLost: number;
  readonly answerDamaged: number;
  /** Heard in the next exchange instead. */
  readonly answerLate: number;
  /** Heard in the next exchange once more. */
  readonly answerTwice: number;
  /** Where nothing is to be heard. */
  readonly noise: number;
}

const NO_TROUBLES: Troubles = {
  commandLost: 0,
  answerLost: 0,
  answerDamaged: 0,
  answerLate: 0,
  answerTwice: 0,
  noise: 0,
};

/** Each kind of trouble is absent, seldom or frequent, whatever the others are. */
function anyTroubles(random: SeededRandom): Troubles {
  const chance = (): number => random.pick([0, 0, 0.02, 0.1, 0.3]);
  return {
    commandLost: chance(),
    answerLost: chance(),
    answerDamaged: chance(),
    answerLate: chance(),
    answerTwice: chance(),
    noise: chance(),
  };
}

const R_ACK = 0xa2;
const WTX = 0xf2;

/** Carries blocks, one answer to each, as a half-duplex radio does. An answer is heard one exchange late at most. */
class Link {
  /** What a card asked for by S(WTX) that the reader heard. */
  requestsForTime = 0;
  /** I-blocks to which R(ACK) of the block before was heard. */
  staleAcknowledgements = 0;
  /** Answers that came later than the reader was told to wait. */
  overdue = 0;
  blocks = 0;
  readonly #card: IsoDepCard;
  readonly #troubles: Troubles;
  readonly #random: SeededRandom;
  #held: Uint8Array | undefined;

  constructor(card: IsoDepCard, troubles: Troubles, random: SeededRandom) {
    this.#card = card;
    this.#troubles = troubles;
    this.#random = random;
  }

  exchange({ block, waitMs }: BlockOut): Heard {
    this.blocks += 1;
    const answer = this.#happens("commandLost") ? undefined : this.#card.receive(block);
    if (answer !== undefined && answer.workUs > waitMs * 1_000) this.overdue += 1;
    const heard = this.#hear(answer?.frame);
    if (heard.kind === "block") this.#count(block[0] ?? 0, heard.bytes[0] ?? 0);
    return heard;
  }

  #hear(frame: Uint8Array | undefined): Heard {
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) {
      // The reader hears one frame and listens no more: the newer one comes late, or was never heard.
      if (this.#random.chance(0.5)) this.#held = frame;
      return { kind: "block", bytes: held };
    }
    if (frame === undefined) return { kind: this.#happens("noise") ? "damaged" : "silence" };
    if (this.#happens("answerLost")) return { kind: "silence" };
    if (this.#happens("answerDamaged")) return { kind: "damaged" };
    const isLate = this.#happens("answerLate");
    if (isLate || this.#happens("answerTwice")) this.#held = frame;
    return isLate ? { kind: "silence" } : { kind: "block", bytes: frame };
  }

  #happens(trouble: keyof Troubles): boolean {
    return this.#random.chance(this.#troubles[trouble]);
  }

  #count(sent: number, heard: number): void {
    if (heard === WTX) this.requestsForTime += 1;
    const isStale = (sent & 0xe2) === 0x02 && (heard & 0xfe) === R_ACK && (sent & 1) !== (heard & 1);
    if (isStale) this.staleAcknowledgements += 1;
  }
}

/** An application with one answer ready; it keeps what it was told. */
class Application implements CardApplication {
  readonly heard: Uint8Array[] = [];
  #next: ReturnType<Application["process"]> = { response: new Uint8Array(0), workUs: 0 };

  /** From now on it answers so. */
  prepare(response: Uint8Array, workUs: number): void {
    this.#next = { response, workUs };
  }

  process(apdu: Uint8Array): { readonly response: Uint8Array; readonly workUs: number } {
    this.heard.push(apdu);
    return this.#next;
  }

  reset(): void {}
}

interface World {
  readonly session: IsoDepSession;
  readonly link: Link;
  readonly application: Application;
  readonly random: SeededRandom;
  readonly waitUs: number;
  readonly cardPartBytes: number;
  readonly readerPartBytes: number;
}

/** A card of any frame size and waiting time, activated without trouble. */
function makeWorld(seed: number, troublesOf: (random: SeededRandom) => Troubles): World {
  const random = new SeededRandom(seed);
  const application = new Application();
  const fwi = random.below(15);
  const card = new IsoDepCard(
    { historicalBytes: random.bytes(random.below(16)), fsci: random.below(9), fwi },
    application,
  );
  const readerFrameBytes = random.pick(FRAME_SIZES);
  const ats = parseAts(card.receive(ratsFrame(readerFrameBytes))?.frame ?? new Uint8Array(0));
  return {
    session: new IsoDepSession({ ...ats, readerFrameBytes }),
    link: new Link(card, troublesOf(random), random.fork()),
    application,
    random,
    waitUs: frameWaitingUs(fwi),
    cardPartBytes: ats.cardFrameBytes - 3,
    readerPartBytes: readerFrameBytes - 3,
  };
}

interface Told {
  readonly command: Uint8Array;
  readonly response: Uint8Array;
  readonly result: Result<Uint8Array, IsoDepError>;
  /** What the card's application was told meanwhile. */
  readonly heard: readonly Uint8Array[];
  readonly blocks: number;
  readonly requestsForTime: number;
  /** Blocks that command and response are made of. */
  readonly parts: { readonly command: number; readonly response: number };
}

/** One APDU of any length, short ones more often, and an answer that may take more than the frame waiting time. */
function tell(world: World): Told {
  const { session, link, application, random } = world;
  const command = random.bytes(4 + random.below(random.pick([20, 100, 600])));
  const response = random.bytes(2 + random.below(random.pick([20, 300, 1_200])));
  application.prepare(response, world.waitUs * random.pick([0.1, 0.5, 1, 3.3, 100]));
  const before = { told: application.heard.length, blocks: link.blocks, requests: link.requestsForTime };
  const expectedBytes = random.below(1_300);
  const dialogue = session.exchange(command, expectedBytes);
  let step = dialogue.next({ kind: "silence" });
  while (step.done !== true) step = dialogue.next(link.exchange(step.value));
  return {
    command,
    response,
    result: step.value,
    heard: application.heard.slice(before.told),
    blocks: link.blocks - before.blocks,
    requestsForTime: link.requestsForTime - before.requests,
    parts: {
      command: Math.ceil(command.length / world.cardPartBytes),
      response: Math.ceil(response.length / world.readerPartBytes),
    },
  };
}

/** Each block that gets further is sent three times at most, with two R-blocks between. */
const BLOCKS_FOR_PROGRESS = 5;

/** What is wrong with an exchange, whatever the link did. */
function complaints({ command, response, result, heard, blocks, requestsForTime, parts }: Told): string[] {
  const found: string[] = [];
  const times = heard.length;
  if (result.ok && toHex(result.value) !== toHex(response)) found.push("a wrong answer");
  if (result.ok && times !== 1) found.push(`an answer to a command that ran ${times} times`);
  if (times > 1) found.push(`a command that ran ${times} times`);
  if (heard.some((apdu) => toHex(apdu) !== toHex(command))) found.push("a command that nobody gave");
  const bound = BLOCKS_FOR_PROGRESS * (parts.command + parts.response + requestsForTime + 1);
  if (blocks > bound) found.push(`${blocks} blocks where ${bound} are the most`);
  return found;
}

/** An exchange in a session that is over: it must not send anything. */
function tellInVain({ session }: World): string[] {
  const step = session.exchange(new Uint8Array(5), 2).next({ kind: "silence" });
  if (step.done !== true) return ["a block sent in a session that is over"];
  return !step.value.ok && step.value.error.kind === "lost" ? [] : ["no loss in a session that is over"];
}

const MAX_APDUS = 5;

interface Tally {
  readonly complaints: readonly string[];
  readonly answered: number;
  readonly errors: readonly IsoDepError[];
  readonly staleAcknowledgements: number;
}

/** A few APDUs with one card, until the first error. */
function converse(seed: number, troublesOf: (random: SeededRandom) => Troubles): Tally {
  const world = makeWorld(seed, troublesOf);
  const found: string[] = [];
  let answered = 0;
  for (let told = 0; told < MAX_APDUS; told++) {
    const exchange = tell(world);
    found.push(...complaints(exchange));
    if (!exchange.result.ok) {
      found.push(...tellInVain(world));
      return tally(world, found, answered, [exchange.result.error]);
    }
    answered += 1;
  }
  return tally(world, found, answered, []);
}

const tally = (
  { link }: World,
  found: readonly string[],
  answered: number,
  errors: readonly IsoDepError[],
): Tally => ({
  complaints: link.overdue === 0 ? found : [...found, "an answer in time that was not waited for"],
  answered,
  errors,
  staleAcknowledgements: link.staleAcknowledgements,
});

/** Holds all conversations; a complaint fails at once and names its seed. */
function converseAll(troublesOf: (random: SeededRandom) => Troubles): readonly Tally[] {
  return Array.from({ length: SEEDS }, (_, index) => {
    const seed = FIRST_SEED + index;
    const outcome = converse(seed, troublesOf);
    expect(outcome.complaints, `seed ${seed}`).toEqual([]);
    return outcome;
  });
}

const total = (tallies: readonly Tally[], count: (tally: Tally) => number): number =>
  tallies.reduce((sum, each) => sum + count(each), 0);

/** Half a millisecond each is usual; a busy machine takes longer. */
const TIMEOUT_MS = 20_000 + 10 * SEEDS;

describe("APDUs over a link", { timeout: TIMEOUT_MS }, () => {
  test("without trouble take as many blocks as they have parts, and all are answered", () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS / 4; seed++) {
      const world = makeWorld(seed, () => NO_TROUBLES);
      const told = tell(world);
      expect(complaints(told), `seed ${seed}`).toEqual([]);
      expect(told.result, `seed ${seed}`).toEqual({ ok: true, value: told.response });
      const { command, response } = told.parts;
      expect(told.blocks, `seed ${seed}`).toBe(command + response - 1 + told.requestsForTime);
      expect(world.link.overdue).toBe(0);
    }
  });

  test("with every kind of trouble run once when answered, and never twice", () => {
    const tallies = converseAll(anyTroubles);
    // The link was bad enough to make the point, and good enough to answer.
    expect(total(tallies, ({ staleAcknowledgements }) => staleAcknowledgements)).toBeGreaterThan(SEEDS / 20);
    expect(total(tallies, ({ errors }) => errors.length)).toBeGreaterThan(SEEDS / 10);
    expect(total(tallies, ({ answered }) => answered)).toBeGreaterThan(SEEDS);
  });

  test("with losses alone never make a sound card look garbled", () => {
    const tallies = converseAll((random) => ({ ...anyTroubles(random), answerLate: 0, answerTwice: 0 }));
    const errors = tallies.flatMap((each) => each.errors);
    expect(errors.length).toBeGreaterThan(SEEDS / 20);
    expect(errors.filter(({ kind }) => kind !== "lost")).toEqual([]);
  });

  test("with one block in a hundred going wrong in each way are answered, almost all", () => {
    const seldom = 0.01;
    const tallies = converseAll(() => ({
      commandLost: seldom,
      answerLost: seldom,
      answerDamaged: seldom,
      answerLate: seldom,
      answerTwice: seldom,
      noise: seldom,
    }));
    const errors = total(tallies, (each) => each.errors.length);
    expect(errors).toBeLessThan(SEEDS / 50);
    expect(total(tallies, ({ answered }) => answered)).toBeGreaterThan(SEEDS * MAX_APDUS * 0.98);
  });
});
