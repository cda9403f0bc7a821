/**
 * Cards that slip away: holders of every kind at one lane that takes documents, and presentations that are cut short at a
 * given instant.
 */
import { type Arrival, type ArrivalName, arrival } from "../../src/sim/arrivals.ts";
import { DocumentStage, type Ear, type StageOptions } from "./document-stage.ts";

/** How somebody comes by his document's password. */
export type Way = "enrolment" | "digits" | "zone";

export const HOLDERS = {
  "an enrolled CIE": { who: "chiara", by: "enrolment" },
  "a CNIe by its digits": { who: "lucas", by: "digits" },
  "a passport by its zone, with PACE": { who: "greta", by: "zone" },
  "a passport by its zone, with BAC": { who: "walter", by: "zone" },
} as const satisfies Readonly<Record<string, { readonly who: ArrivalName; readonly by: Way }>>;

/** Who comes after them: one who types, and one who only taps. */
export const NEXT = { types: "camille", taps: "marco" } as const satisfies Readonly<
  Record<string, ArrivalName>
>;

/** A whole zone at the speed of the keypad's line. */
const ENTRY_MS = 200;
/** Longer than any presentation is remembered. */
const FORGOTTEN_MS = 12_000;
const LONGEST_WAIT_US = 30_000_000;

/** A lane where all of them are listed, or enrolled. */
export async function laneForAll(options: StageOptions): Promise<DocumentStage> {
  const stage = await DocumentStage.open({
    ...{ demands: "originalChip, enrolling", door: "stepUp: [{ level: verifiedDocument }]" },
    ...{ document: "match: [document], bac: withoutPace", ...options },
  });
  for (const name of ["lucas", "greta", "walter", NEXT.types] as const) stage.admit(arrival(name));
  for (const name of ["chiara", NEXT.taps] as const) await stage.enrol(arrival(name));
  return stage;
}

/** One of them at the lane. */
export class Holder {
  readonly stage: DocumentStage;
  readonly arrival: Arrival;
  readonly #by: Way;

  constructor(stage: DocumentStage, { who, by }: { readonly who: ArrivalName; readonly by: Way }) {
    this.stage = stage;
    this.arrival = arrival(who);
    this.#by = by;
  }

  /** A presentation that nothing disturbs. */
  async present(): Promise<Ear> {
    await this.enter();
    const card = await this.stage.present(this.arrival, FORGOTTEN_MS);
    const rows = this.stage.rows();
    if (rows.join() !== "access.granted") throw new Error(`not granted: ${rows.join()}`);
    return card;
  }

  get isEntering(): boolean {
    return this.#by !== "enrolment";
  }

  /** Types the digits or shows the zone, if that is his way. */
  async enter(): Promise<void> {
    if (this.#by !== "enrolment") await enterFor(this.stage, this.arrival, this.#by);
  }

  /** His card is laid down and pulled away while its chip works at this exchange, or so long after it began. */
  tear(exchange: number, afterUs?: number): Promise<Ear> {
    return this.interrupt(exchange, (card) => this.stage.remove(card), afterUs);
  }

  /** The same, with something else that happens at that instant; resolves then. */
  async interrupt(exchange: number, action: (card: Ear) => void, afterUs?: number): Promise<Ear> {
    const { stage } = this;
    await this.enter();
    const card = stage.place(this.arrival);
    let hasHappened = false;
    const happen = (): void => {
      action(card);
      hasHappened = true;
    };
    card.during(exchange, happen, afterUs);
    if (!(await stage.gate.timeline.runUntil(() => hasHappened, stage.nowUs + LONGEST_WAIT_US)))
      throw new Error(`the chip heard no command ${exchange}`);
    return card;
  }

  /** Until nobody remembers what was here. */
  forget(): Promise<void> {
    return this.stage.gate.pass(FORGOTTEN_MS);
  }
}

/** Types the digits that stand on the document, or shows its zone. */
export async function enterFor(
  stage: DocumentStage,
  { can = "", mrzLines }: Arrival,
  by: "digits" | "zone",
): Promise<void> {
  stage.type(by === "digits" ? can : mrzLines.join("\r"));
  await stage.gate.pass(ENTRY_MS);
}
