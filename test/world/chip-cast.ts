/**
 * Who comes to doors that have chips prove themselves: the people of every day with cards of both generations, some
 * whose card is torn out of the field at one answer or another of its examination, and those who show the numbers of
 * members with cards of their own making.
 */
import { toHex } from "../../src/bytes/hex.ts";
import { CIE_ATTACKS } from "../../src/sim/cards/cie-attacks.ts";
import { holderOf, honestChip } from "../../src/sim/cards/cie-chip.ts";
import type { CieSpec } from "../../src/sim/cards/cie-spec.ts";
import { makeCard } from "../../src/sim/cards/make-card.ts";
import type { SeededRandom } from "../../src/sim/seeded-random.ts";
import { habits, numberOf, othersThanCie, type Person, personOf, ROLES, type Role } from "./cast.ts";
import { between } from "./day-plan.ts";

const FRAYED: Role = { name: "frayed", count: 12, entitled: true, credential: {} };
/** From the first answer after the number to the last of an examination, on a card that gives its answers in parts. */
const TORN_AFTER = [3, 30] as const;
const ATTACKERS = 60;
const VICTIMS: ReadonlySet<string> = new Set(["member", "dated-member", "staff"]);

/** Everybody of a day, at whichever lane. */
export function makeChipCast(random: SeededRandom): readonly Person[] {
  const specs = new Map<Person, CieSpec>();
  for (const role of [...ROLES, FRAYED]) {
    for (let index = 0; index < role.count; index++) {
      const spec = { ...genuine(random), ...role.card, ...torn(role, random), ...numberOf(0, specs.size) };
      const chipKey = toHex(honestChip(holderOf(spec)).servicesKey);
      specs.set({ ...personOf(role, index, spec), chipKey }, spec);
    }
  }
  return [...specs.keys(), ...attackersOn(specs, random), ...othersThanCie()];
}

const genuine = (random: SeededRandom): Omit<CieSpec, "card" | "nis"> => ({
  ...habits(random),
  generation: random.pick([1, 2] as const),
});

const torn = (role: Role, random: SeededRandom): Partial<CieSpec> =>
  role === FRAYED ? { tearAfterApdu: between(random, ...TORN_AFTER) } : {};

/** Every attack in turn, on whomever it meets: with the victim's own key and files where the attack has them. */
function attackersOn(cards: ReadonlyMap<Person, CieSpec>, random: SeededRandom): readonly Person[] {
  const victims = [...cards].filter(([{ role }]) => VICTIMS.has(role));
  return Array.from({ length: ATTACKERS }, (_, index): Person => {
    const [victim, original] = random.pick(victims);
    const name = CIE_ATTACKS[index % CIE_ATTACKS.length] ?? "nisOnly";
    const { nis, generation = 2 } = original;
    const spec: CieSpec = { ...habits(random), card: "cie", nis, generation, attack: name };
    return {
      name: `attacker-${index + 1} (${name}, as ${victim.name})`,
      role: "attacker",
      nis,
      entitled: false,
      made: makeCard(spec),
      attack: { name, victim },
    };
  });
}
