/** What readers near each other share, by the name that the configuration gives their field: turns, and a memory. */
import { type FieldTurn, FieldTurns } from "../../drivers/pn532/field-turns.ts";
import { Neighbourhood } from "../gate/neighbourhood.ts";
import type { Clock } from "../ports/clock.ts";

/** One door's part of a shared field. */
export interface FieldShare {
  readonly turn: FieldTurn;
  readonly neighbourhood: Neighbourhood;
}

export class FieldGroups {
  readonly #clock: Clock;
  readonly #groups = new Map<string, { readonly turns: FieldTurns; readonly neighbourhood: Neighbourhood }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** One more door in the group of that name; nothing for a door whose reader is in none. */
  join(name: string | undefined): FieldShare | undefined {
    if (name === undefined) return undefined;
    const group = this.#groups.get(name) ?? {
      turns: new FieldTurns(this.#clock),
      neighbourhood: new Neighbourhood(),
    };
    this.#groups.set(name, group);
    return { turn: group.turns.join(), neighbourhood: group.neighbourhood };
  }
}
