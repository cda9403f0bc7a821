/**
 * What people do at a lane, as data: they type or show something, lay a card down, look at the lamps, take it away. Times
 * are drawn beforehand; what the lamps show decides how long somebody waits.
 */
import type { SeededRandom } from "../../src/sim/seeded-random.ts";
import { between } from "./day-plan.ts";

/** What is entered: what is printed on the document, or something else. */
export type EntryKind = "right" | "wrong" | "short";
export type EntryWay = "keypad" | "scanner";
/** Which of the things in somebody's hand. */
export type Hand = "own" | "second";

export type Act =
  | { readonly do: "enter"; readonly what: EntryKind; readonly way: EntryWay; readonly afterMs: number }
  | { readonly do: "lay"; readonly afterMs: number; readonly card?: Hand }
  | { readonly do: "take"; readonly afterMs: number; readonly card?: Hand }
  /** Until the lane asks for the password, or has answered. */
  | { readonly do: "awaitQuestion" }
  | { readonly do: "awaitAnswer" };

/** How somebody opens his document. */
export interface Opening {
  readonly way: EntryWay;
  readonly when: "before" | "after";
}

/** The drawing of times that people need. */
export class Habits {
  readonly #random: SeededRandom;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  lay(): Act {
    return { do: "lay", afterMs: between(this.#random, 400, 1_400) };
  }

  /** The lamps are seen, and the hand goes back. */
  take(): Act {
    return { do: "take", afterMs: between(this.#random, 150, 500) };
  }

  /** Longer than an absence that does not count. */
  layAgain(): Act {
    return { do: "lay", afterMs: between(this.#random, 1_300, 2_500) };
  }

  enter(what: EntryKind, way: EntryWay = "keypad"): Act {
    const afterMs =
      way === "keypad" ? between(this.#random, 2_000, 4_500) : between(this.#random, 1_200, 2_500);
    return { do: "enter", what, way, afterMs };
  }

  tap(lay = this.lay()): readonly Act[] {
    return [lay, { do: "awaitAnswer" }, this.take()];
  }

  tapAgain(): readonly Act[] {
    return this.tap(this.layAgain());
  }

  /** A document with its password. */
  open({ way, when }: Opening, what: EntryKind = "right"): readonly Act[] {
    if (when === "after") return this.#openAfter(this.lay(), way, what);
    return [this.enter(what, way), ...this.tap()];
  }

  openAgain(way: EntryWay, what: EntryKind = "right"): readonly Act[] {
    return this.#openAfter(this.layAgain(), way, what);
  }

  #openAfter(lay: Act, way: EntryWay, what: EntryKind): readonly Act[] {
    const entry = this.enter(what, way);
    return [lay, { do: "awaitQuestion" }, entry, { do: "awaitAnswer" }, this.take()];
  }
}
