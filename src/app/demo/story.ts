/**
 * A short day at a gym turnstile, as data: who comes with what in hand, and what happens meanwhile. The
 * numbers on the cards come from the seed; the order of the day does not.
 */
import type { CieFamily } from "../../sim/cards/cie-families.table.ts";
import type { CieSpec } from "../../sim/cards/cie-spec.ts";
import type { CardSpec } from "../../sim/cards/make-card.ts";
import { SeededRandom } from "../../sim/seeded-random.ts";
import { type CardScene, type Expected, USUAL_HOLD_MS } from "./scene.ts";

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

export interface Story {
  readonly persons: readonly Person[];
  readonly scenes: readonly CardScene[];
}

/** Long enough that a card counts as left lying. */
const LEFT_LYING_MS = 10_500;

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

function scenesOf(cast: Cast): readonly CardScene[] {
  const comes = (
    title: string,
    { nis, family }: Person,
    expected: Expected,
    more: Partial<CardScene> = {},
  ): CardScene => ({
    ...{ title, card: { card: "cie", family, nis }, lane: 1, expected, holdMs: USUAL_HOLD_MS },
    ...more,
  });
  const shows = (title: string, card: CardSpec): CardScene => ({
    ...{ title, card, lane: 1, expected: "denied Other", holdMs: USUAL_HOLD_MS },
  });
  const { carla, bruno } = cast;
  return [
    comes("member", cast.anna, MEMBER),
    comes("member, another chip maker", bruno, MEMBER),
    comes("stranger with a valid CIE", cast.stranger, "denied CredentialNotFound"),
    comes("membership that ended yesterday", cast.expired, "denied CredentialExpired"),
    comes("member, family without the IAS application", carla, MEMBER),
    comes("another member of that family", cast.dario, MEMBER),
    comes("person on the deny list", cast.denied, "denied acs:DenyListed"),
    comes("pool guest at the gym's turnstile", cast.guest, "denied Unauthorized"),
    comes("day-club member in the club's hours", cast.early, MEMBER),
    comes("aqua-gym member while the pool is closed", cast.swimmer, "denied NotPermittedAtThisTime", {
      explain: AQUA_REFERENCE,
    }),
    shows("phone", { card: "phone" }),
    shows("payment card", { card: "payment" }),
    shows("transit pass", { card: "transit", uid: "04A1B2C3" }),
    comes("member who pulls the card away", cast.anna, "denied acs:ReadIncomplete", {
      card: pulledAway(cast.anna),
    }),
    comes("the same member, holding still", cast.anna, MEMBER),
    comes("coach", cast.coach, MEMBER, { broker: "lost" }),
    comes("stranger again", cast.stranger, "denied CredentialNotFound"),
    comes("member who leaves the card lying", bruno, MEMBER, { broker: "back", holdMs: LEFT_LYING_MS }),
    comes("member", carla, MEMBER),
    ...atTheChipsDoor(cast),
  ];
}

/** By his number, or once his chip is pinned by that. */
const MEMBER: Expected = "granted";
const ENROLLED: Expected = "granted originalChip";
const COPY: Expected = "denied acs:ChipAuthenticationFailed";

/** The door behind the turnstile wants the State's own chip: it enrols members as they pass, and no copy after that. */
function atTheChipsDoor({ anna, bruno }: Cast): readonly CardScene[] {
  const comes = (title: string, card: CardSpec, expected: Expected, lane: 1 | 2 = 2): CardScene => ({
    ...{ title, card, lane, expected, holdMs: USUAL_HOLD_MS },
  });
  const original: CardSpec = { card: "cie", family: anna.family, nis: anna.nis, generation: 2 };
  const forged = cie(bruno, { generation: 1, attack: "selfMadeCsca" });
  return [
    comes("member's first time at the chip door", original, ENROLLED),
    comes("the same member, now enrolled", original, ENROLLED),
    comes("a copy of her card, number alone", { ...original, attack: "nisOnly" }, COPY),
    comes("a copy with a key of its own", { ...original, attack: "ownKey" }, COPY),
    comes("the first copy, at the turnstile", { ...original, attack: "nisOnly" }, COPY, 1),
    comes("the member herself, at the turnstile", original, ENROLLED, 1),
    comes("forged card of another member", forged, "denied acs:TrustAnchorMissing"),
    comes("that member's own card, older kind", cie(bruno, { generation: 1 }), ENROLLED),
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
