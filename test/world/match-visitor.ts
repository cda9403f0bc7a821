/**
 * Somebody at a lane: types, shows, lays down, looks at the lamps, waits for the turnstile, takes away. What he did when is
 * written down for the judge, who never asks the gate.
 */
import type { MadeCard } from "../../src/sim/cards/make-card.ts";
import type { LineLevel } from "../../src/sim/line-level.ts";
import type { Timeline } from "../../src/sim/timeline.ts";
import type { Act, EntryKind, Hand } from "./match-acts.ts";
import type { MatchDoor } from "./match-gates.table.ts";
import type { Errand } from "./match-people.ts";
import type { VirtualGate } from "./virtual-gate.ts";

/** A card in the field, from when to when; `torn` when it left it by itself before. */
export interface Laying {
  readonly hand: Hand;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Entry {
  readonly what: EntryKind;
  readonly atMs: number;
}

/** The complaint of a card that was sent what no gate may send, whatever the line was like. */
export const TRIPWIRE = "a tripwire";

/** What somebody sees of a lane. */
export type Sight = "granted" | "denied" | "question" | "nothing";

/** What became of somebody who came. */
export interface Visit {
  readonly lane: number;
  readonly errand: Errand;
  readonly arrivedMs: number;
  readonly beganMs: number;
  readonly endedMs: number;
  readonly layings: readonly Laying[];
  readonly entries: readonly Entry[];
  /** When the turnstile opened for the first time. */
  readonly passedMs?: number;
  /** How often he began anew, since he did not see why he was not let in. */
  readonly retries: number;
  /** What his cards have on record that no gate may send, or that they do not know. */
  readonly complaints: readonly string[];
}

/** Nobody looks at lamps for longer than the slowest document takes, a lane that waits for digits included. */
const PATIENCE_MS = 26_000;
/** From a lamp's going on until somebody knows whether it blinks. */
const LOOK_MS = 160;
const QUESTION_MS = 20;
const MAX_RETRIES = 2;

/** Eyes and ears at a lane. */
export class LaneSight {
  readonly #world: VirtualGate;
  readonly #door: MatchDoor;
  #seen: Sight | undefined;
  #openedMs: number | undefined;
  #look: (() => void) | undefined;

  constructor(world: VirtualGate, door: MatchDoor) {
    this.#world = world;
    this.#door = door;
    world.board.pins.onOutputEdge(({ line, level }) => this.#onEdge(line, level));
  }

  /** When the turnstile was last heard to open. */
  get openedMs(): number | undefined {
    return this.#openedMs;
  }

  /** What was seen before does not count. */
  forget(): void {
    this.#seen = undefined;
  }

  /** What the lane shows next, or since `forget`; a question is passed over by who waits for the answer. */
  async next(passesOver: "question" | "none", patienceMs: number): Promise<Sight> {
    const { timeline } = this.#world;
    const untilUs = timeline.nowUs() + patienceMs * 1_000;
    while (timeline.nowUs() < untilUs) {
      const seen = this.#seen;
      this.#seen = undefined;
      if (seen !== undefined && seen !== passesOver) return seen;
      await this.#change(untilUs);
    }
    return "nothing";
  }

  #change(untilUs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#world.timeline.at(untilUs, () => this.#look?.());
      this.#look = () => {
        cancel();
        this.#look = undefined;
        resolve();
      };
    });
  }

  #onEdge(line: number, level: LineLevel): void {
    const { relayLine, lampLines } = this.#door;
    if (level !== "high") return;
    if (line === relayLine) {
      this.#openedMs = this.#world.timeline.nowUs() / 1_000;
      this.#sees("granted");
    }
    if (line !== lampLines[1]) return;
    // Both lamps blink together as long as something is to be entered; red alone stays on.
    this.#in(QUESTION_MS, () => this.#lampsAre("high", "high") && this.#sees("question"));
    this.#in(LOOK_MS, () => this.#lampsAre("low", "high") && this.#sees("denied"));
  }

  #lampsAre(green: LineLevel, red: LineLevel): boolean {
    const { pins } = this.#world.board;
    const { lampLines } = this.#door;
    return pins.level(lampLines[0]) === green && pins.level(lampLines[1]) === red;
  }

  #in(ms: number, action: () => void): void {
    const { timeline } = this.#world;
    timeline.at(timeline.nowUs() + ms * 1_000, action);
  }

  #sees(sight: Sight): void {
    this.#seen = sight;
    this.#look?.();
  }
}

export const passing = (timeline: Timeline, ms: number): Promise<void> =>
  new Promise((resolve) => {
    timeline.at(timeline.nowUs() + ms * 1_000, resolve);
  });

/** One person, from the first step to the lane until he has left it. */
export class Visitor {
  readonly #world: VirtualGate;
  readonly #door: MatchDoor;
  readonly #sight: LaneSight;
  readonly #errand: Errand;
  readonly #cards: Readonly<Record<Hand, MadeCard | undefined>>;
  readonly #laid = new Map<Hand, number>();
  readonly #layings: Laying[] = [];
  readonly #entries: Entry[] = [];
  readonly #beganMs: number;
  #passedMs: number | undefined;
  #last: Sight = "nothing";

  constructor(parts: {
    readonly world: VirtualGate;
    readonly door: MatchDoor;
    readonly sight: LaneSight;
    readonly errand: Errand;
  }) {
    this.#world = parts.world;
    this.#door = parts.door;
    this.#sight = parts.sight;
    this.#errand = parts.errand;
    const { guest } = parts.errand;
    this.#cards = { own: guest.card(), second: guest.second?.() };
    this.#beganMs = this.#nowMs;
  }

  async visit(): Promise<Pick<Visit, "layings" | "entries" | "passedMs" | "retries" | "complaints">> {
    const { acts, again = [], guest } = this.#errand;
    const expects = guest.due.startsWith("granted");
    await this.#perform(acts);
    let retries = 0;
    while (expects && again.length > 0 && this.#passedMs === undefined && retries < MAX_RETRIES) {
      retries += 1;
      await this.#perform(again);
    }
    return {
      layings: this.#layings,
      entries: this.#entries,
      retries,
      complaints: this.#complaints(),
      ...(this.#passedMs === undefined ? {} : { passedMs: this.#passedMs }),
    };
  }

  async #perform(acts: readonly Act[]): Promise<void> {
    this.#sight.forget();
    this.#last = "nothing";
    for (const act of acts) await this.#act(act);
    for (const hand of [...this.#laid.keys()]) this.#take(hand);
    // Whoever took the lamp of the one before him for his own hears the turnstile all the same.
    const { openedMs = 0 } = this.#sight;
    if (openedMs > this.#beganMs) this.#passedMs ??= openedMs;
  }

  async #act(act: Act): Promise<void> {
    const { timeline } = this.#world;
    switch (act.do) {
      case "awaitQuestion":
        this.#see(await this.#sight.next("none", PATIENCE_MS));
        return;
      case "awaitAnswer":
        if (this.#last === "granted" || this.#last === "denied") return;
        this.#see(await this.#sight.next("question", PATIENCE_MS));
        return;
      case "lay":
        await passing(timeline, act.afterMs);
        this.#lay(act.card ?? "own");
        return;
      case "take":
        await passing(timeline, act.afterMs);
        this.#take(act.card ?? "own");
        return;
      case "enter":
        // Who has his answer does not type any more.
        if (this.#laid.size > 0 && this.#last !== "question" && this.#last !== "nothing") return;
        await passing(timeline, act.afterMs);
        this.#enter(act);
    }
  }

  #see(sight: Sight): void {
    this.#last = sight;
    if (sight === "granted") this.#passedMs ??= this.#nowMs;
  }

  #lay(hand: Hand): void {
    const card = this.#cards[hand];
    if (card === undefined || this.#laid.has(hand)) return;
    this.#sight.forget();
    this.#last = "nothing";
    this.#laid.set(hand, this.#nowMs);
    this.#world.board.placeCard(this.#door.reader.node, card.card);
  }

  #take(hand: Hand): void {
    const card = this.#cards[hand];
    const fromMs = this.#laid.get(hand);
    if (card === undefined || fromMs === undefined) return;
    this.#laid.delete(hand);
    this.#world.board.remove(this.#door.reader.node, card.card);
    this.#layings.push({ hand, fromMs, toMs: this.#nowMs });
  }

  #enter({ what, way }: Extract<Act, { do: "enter" }>): void {
    const { can = "", zone = "" } = this.#errand.guest;
    const { keypadNode, scannerNode } = this.#door;
    this.#entries.push({ what, atMs: this.#nowMs });
    if (way === "scanner") this.#world.type(`${zone}\r`, scannerNode);
    else this.#world.type(`${TYPED[what](can)}\r`, keypadNode);
  }

  #complaints(): readonly string[] {
    return Object.values(this.#cards).flatMap((made) => {
      const { cie, emrtd } = made ?? {};
      const unexpected = [...(cie?.unexpected ?? []), ...(emrtd?.unexpected ?? [])];
      return (cie?.tripwires ?? 0) + (emrtd?.tripwires ?? 0) > 0 ? [...unexpected, TRIPWIRE] : unexpected;
    });
  }

  get #nowMs(): number {
    return this.#world.timeline.nowUs() / 1_000;
  }
}

/** What comes of a number at the keypad: the last digit is another one, or missing. */
const TYPED: Readonly<Record<EntryKind, (can: string) => string>> = {
  right: (can) => can,
  wrong: (can) => can.slice(0, -1) + String((Number(can.slice(-1)) + 1) % 10),
  short: (can) => can.slice(0, -1),
};
