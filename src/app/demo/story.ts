/**
 * A short day at a gym turnstile, as data: who comes with what in hand, and what happens meanwhile. The
 * numbers on the cards come from the seed; the order of the day does not.
 */
import type { CieFamily } from "../../sim/cards/cie-families.table.ts";
import type { CieSpec } from "../../sim/cards/cie-spec.ts";
import type { CardSpec } from "../../sim/cards/make-card.ts";
import { SeededRandom } from "../../sim/seeded-random.ts";

/** Somebody with an identity card. */
export interface Person {
  readonly nis: string;
  readonly family: CieFamily;
  readonly standing: "admitted" | "expired" | "denied" | "unknown";
  /** Enrolled before the day begins: the chip of the simulator's card with this number is pinned. */
  readonly pinned?: boolean;
  readonly group?: string;
  /** The operator's own name for the credential. */
  readonly reference?: string;
}

export interface Scene {
  readonly title: string;
  readonly card: CardSpec;
  /** The turnstile, which goes by the number, or the door of the changing rooms, which wants the chip; 1 when absent. */
  readonly lane?: 1 | 2;
  /** How long the card stays after the gate has answered, in ms. */
  readonly holdMs: number;
  /** What happens to the broker before this scene. */
  readonly broker?: "lost" | "back";
  /** Afterwards the operator asks the gate why, about the credential of this reference. */
  readonly explain?: string;
}

export interface Story {
  readonly persons: readonly Person[];
  readonly scenes: readonly Scene[];
}

/** Long enough that a card counts as left lying. */
const LEFT_LYING_MS = 10_500;
const USUAL_HOLD_MS = 150;

const AQUA_REFERENCE = "AQUA-2";

/** Makes the day of a seed. */
export function tellStory(seed: number): Story {
  const random = new SeededRandom(seed);
  const person = (
    family: CieFamily,
    standing: Person["standing"],
    more: Pick<Person, "group" | "reference"> = {},
  ): Person => ({
    nis: Array.from({ length: 12 }, () => random.below(10)).join(""),
    family,
    standing,
    ...more,
  });
  const anna = person("gemalto", "admitted");
  const bruno = person("stm", "admitted");
  const carla = person("nxp", "admitted");
  const dario = person("nxp", "admitted");
  const coach = person("itj4d", "admitted", { group: "staff" });
  const expired = person("gemalto", "expired");
  const denied = person("stm", "denied");
  const guest = person("gemalto", "admitted", { group: "pool-guests" });
  const stranger = person("itj4d", "unknown");
  const early = person("stm", "admitted", { group: "day-club", reference: "DAY-1" });
  const swimmer = person("nxp", "admitted", { group: "aqua-gym", reference: AQUA_REFERENCE });
  const cast = { anna, bruno, carla, dario, coach, expired, denied, guest, stranger, early, swimmer };
  return { persons: Object.values(cast), scenes: scenesOf(cast) };
}

type Role = "anna" | "bruno" | "carla" | "dario" | "coach" | "expired" | "denied" | "guest" | "stranger";
type Cast = Readonly<Record<Role | "early" | "swimmer", Person>>;

function scenesOf(cast: Cast): readonly Scene[] {
  const comes = (title: string, { nis, family }: Person, more: Partial<Scene> = {}): Scene => ({
    title,
    card: { card: "cie", family, nis },
    holdMs: USUAL_HOLD_MS,
    ...more,
  });
  return [
    comes("member", cast.anna),
    comes("member, another chip maker", cast.bruno),
    comes("stranger with a valid CIE", cast.stranger),
    comes("membership that ended yesterday", cast.expired),
    comes("member, family without the IAS application", cast.carla),
    comes("another member of that family", cast.dario),
    comes("person on the deny list", cast.denied),
    comes("pool guest at the gym's turnstile", cast.guest),
    comes("day-club member in the club's hours", cast.early),
    comes("aqua-gym member while the pool is closed", cast.swimmer, { explain: AQUA_REFERENCE }),
    { title: "phone", card: { card: "phone" }, holdMs: USUAL_HOLD_MS },
    { title: "payment card", card: { card: "payment" }, holdMs: USUAL_HOLD_MS },
    { title: "transit pass", card: { card: "transit", uid: "04A1B2C3" }, holdMs: USUAL_HOLD_MS },
    comes("member who pulls the card away", cast.anna, { card: pulledAway(cast.anna) }),
    comes("the same member, holding still", cast.anna),
    comes("coach", cast.coach, { broker: "lost" }),
    comes("stranger again", cast.stranger),
    comes("member who leaves the card lying", cast.bruno, { broker: "back", holdMs: LEFT_LYING_MS }),
    comes("member", cast.carla),
    ...atTheChipsDoor(cast),
  ];
}

/** The door behind the turnstile wants the State's own chip: it enrols members as they pass, and no copy after that. */
function atTheChipsDoor({ anna, bruno }: Cast): readonly Scene[] {
  const comes = (title: string, card: CardSpec, lane?: 2): Scene => ({
    title,
    card,
    holdMs: USUAL_HOLD_MS,
    ...(lane === undefined ? {} : { lane }),
  });
  const original: CardSpec = { card: "cie", family: anna.family, nis: anna.nis, generation: 2 };
  return [
    comes("member's first time at the chip door", original, 2),
    comes("the same member, now enrolled", original, 2),
    comes("a copy of her card, number alone", { ...original, attack: "nisOnly" }, 2),
    comes("a copy with a key of its own", { ...original, attack: "ownKey" }, 2),
    comes("the first copy, at the turnstile", { ...original, attack: "nisOnly" }),
    comes("the member herself, at the turnstile", original),
    comes("forged card of another member", cie(bruno, { generation: 1, attack: "selfMadeCsca" }), 2),
    comes("that member's own card, older kind", cie(bruno, { generation: 1 }), 2),
  ];
}

const cie = ({ nis, family }: Person, change: Partial<CieSpec>): CardSpec => ({
  card: "cie",
  family,
  nis,
  ...change,
});

/** Gone when the gate has had the first answer, however quick or slow the machine is. */
const pulledAway = ({ nis, family }: Person): CardSpec => ({ card: "cie", family, nis, tearAfterApdu: 1 });
