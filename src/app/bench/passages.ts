/**
 * A stadium lane's passages in virtual time, as they come: people of all kinds in a stated mix, at random moments, and those
 * who are refused. The host takes no time here; radio, chip, bus, cards and the gate's own pauses do.
 */
import { type ArrivalName, arrival } from "../../sim/arrivals.ts";
import type { CardSpec } from "../../sim/cards/make-card.ts";
import { contentOf } from "../../sim/emrtd/documents/content-of.ts";
import { SeededRandom } from "../../sim/seeded-random.ts";
import { boundMs, DETECTION, SPI_PLAN } from "./bound.ts";
import { DOCUMENT_KINDS, type PasswordSource, plannedExchanges } from "./document-kinds.ts";
import { exchangeCommands, type PlannedExchange } from "./document-plan.ts";
import { entryOf, typed } from "./document-site.ts";
import { type Figure, quantile, rounded } from "./figure.ts";
import { type Answer, openVirtualLane, type VirtualLane } from "./virtual-lane.ts";

/** Who comes, and how many of a hundred. */
interface Visitors {
  readonly what: string;
  readonly share: number;
  readonly people: readonly ArrivalName[];
  readonly source: PasswordSource;
}

const MIX: readonly Visitors[] = [
  { what: "enrolled CIE that only taps", share: 40, people: ["chiara", "marco"], source: "enrolled" },
  { what: "CNIe by its digits", share: 25, people: ["lucas", "camille"], source: "typed" },
  { what: "German passport by its zone", share: 15, people: ["greta"], source: "scanned" },
  { what: "French", share: 5, people: ["amelie"], source: "scanned" },
  { what: "Dutch", share: 5, people: ["sanne"], source: "scanned" },
  { what: "CIE by its digits", share: 5, people: ["chiara", "marco"], source: "typed" },
  { what: "Belgian card", share: 5, people: ["emma"], source: "typed" },
];
const SHARES = 100;
const SEED = 1;
/** A polling round and then some, so that arrivals have every phase. */
const PHASE_MS = 600;

export const PASSAGE_FIGURES = ["passage.p50", "passage.p90", "passage.p99", "passage.max"] as const;
export const REFUSAL_FIGURES = ["refusal.expired", "refusal.wrongCan", "refusal.forged"] as const;

/** `passage.*`: from laying down to the relay, of `count` people. */
export async function measurePassages(count: number): Promise<readonly Figure[]> {
  const lane = await openVirtualLane([...new Set(MIX.flatMap(({ people }) => people))]);
  const random = new SeededRandom(SEED);
  try {
    const timesMs: number[] = [];
    for (let passage = 0; passage < count; passage++)
      timesMs.push((await sound(lane, whoComes(random), random.below(PHASE_MS))).tookMs);
    const mix = MIX.map(({ what, share }) => `${share} % ${what}`).join(", ");
    const note = `${count} passages in virtual time: ${mix}`;
    const values = [0.5, 0.9, 0.99, 1].map((share) => quantile(timesMs, share));
    return PASSAGE_FIGURES.map((name, index) => ({
      name,
      value: rounded(values[index] ?? Number.NaN),
      unit: "ms",
      ...(index === 0 ? { note } : {}),
    }));
  } finally {
    await lane.close();
  }
}

/** By the shares of the mix; who of several has such a document is chance. */
function whoComes(random: SeededRandom): Pick<Visitors, "source"> & { readonly name: ArrivalName } {
  let drawn = random.below(SHARES);
  for (const { share, people, source } of MIX) {
    const name = people[random.below(people.length)];
    if (drawn < share && name !== undefined) return { name, source };
    drawn -= share;
  }
  throw new Error("the shares are of a hundred");
}

async function sound(
  lane: VirtualLane,
  { name, source }: ReturnType<typeof whoComes>,
  afterMs: number,
): Promise<Answer> {
  const entry = entryOf(name, source);
  const answer = await lane.present({ card: arrival(name).spec, entry, when: { afterMs } });
  if (answer.outcome !== "granted") throw new Error("whoever comes here is on the list");
  return answer;
}

const CNIE: CardSpec = { card: "emrtd", profile: "cnie" };
const WRONG_DIGITS = "000000";

interface Refusal {
  readonly name: (typeof REFUSAL_FIGURES)[number];
  readonly card: CardSpec;
  readonly digits?: string;
  /** The exchange whose answer settles it. */
  readonly last: string;
  readonly note: string;
}

const REFUSALS: readonly Refusal[] = [
  {
    name: "refusal.expired",
    card: { ...CNIE, fault: "documentExpired" },
    last: "dg1",
    note: "read no further than DG1",
  },
  {
    name: "refusal.wrongCan",
    card: CNIE,
    digits: WRONG_DIGITS,
    last: "PACE token",
    note: "the chip says so at the end of PACE",
  },
  {
    name: "refusal.forged",
    card: { ...CNIE, fault: "tamperedDg1" },
    last: "sod",
    note: "a name that nobody signed: EF.SOD, which is read last, says so",
  },
];

/** `refusal.*`: from laying down a CNIe to the red lamp, in virtual time. */
export async function measureRefusals(): Promise<readonly Figure[]> {
  const lane = await openVirtualLane([]);
  const { can = "" } = contentOf("cnie");
  const denied = async (card: CardSpec, digits = can): Promise<Answer> => {
    const answer = await lane.present({ card, entry: typed(digits), when: "nextTry" });
    if (answer.outcome !== "denied") throw new Error("nobody is on this lane's list");
    return answer;
  };
  try {
    // The first of its kind is asked for its limits, and what is forged teaches nothing.
    await denied(CNIE);
    const figures: Figure[] = [];
    for (const { name, card, digits, last, note } of REFUSALS) {
      const { tookMs, exchanges } = await denied(card, digits);
      const bound = rounded(leastMs(last));
      figures.push({
        ...{ name, value: rounded(tookMs), unit: "ms", bound },
        ratio: rounded(tookMs / bound),
        note: `CNIe, ${exchanges} exchanges in virtual time; ${note}`,
      });
    }
    return figures;
  } finally {
    await lane.close();
  }
}

/** The written plan as far as the last exchange of this name. */
function leastMs(last: string): number {
  const cnie = DOCUMENT_KINDS.find(({ name }) => name === "cnie");
  if (cnie === undefined) throw new Error("the CNIe is among the kinds");
  const all: readonly PlannedExchange[] = plannedExchanges(cnie);
  const end = all.findLastIndex(({ name }) => name === last) + 1;
  return boundMs([DETECTION, ...exchangeCommands(all.slice(0, end))], SPI_PLAN);
}
