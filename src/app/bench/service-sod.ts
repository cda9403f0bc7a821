/**
 * What passive authentication of the service side costs the host, once at an enrolment: the whole check of an honest
 * card of either generation, with as many country signers as the largest published lists have.
 */
import { parseNis } from "../../cie/nis.ts";
import { checkServiceSod, type ServiceSodQuestion } from "../../cie/service-sod.ts";
import { TrustAnchors } from "../../pki/trust-anchors.ts";
import type { Clock } from "../../ports/clock.ts";
import { holderOf, honestChip } from "../../sim/cards/cie-chip.ts";
import { countrySigners, type PublishedList, withRevocationLists } from "./country-signers.ts";
import { cpuFigure, timed } from "./cpu-time.ts";
import { type Figure, quantile, rounded } from "./figure.ts";
import { good } from "./good.ts";

const BOUND_MS = 5;
const CERTIFICATES = 600;
const GENERATIONS = [1, 2] as const;
const NIS = "100000000001";
/** Checks of each kind before the first that counts. */
const WARM_UP = 20;

type Card = Omit<ServiceSodQuestion, "anchors">;

/**
 * `serviceSod.cpu`, of a card whose signer is known, and `serviceSod.cold.cpu`, of the first card after a start, whose
 * country signer has still to be parsed and found by its signature: of `count` checks of each generation, the median of
 * the generation that costs more.
 */
export function measureServiceSod(
  clock: Clock,
  { count, list }: { readonly count: number; readonly list: PublishedList | undefined },
): readonly Figure[] {
  const at = clock.wallTime();
  const signers = countrySigners(CERTIFICATES, { list, at });
  const cards = GENERATIONS.map((generation) => cardOf(generation, at));
  const listed = withRevocationLists(signers.trust);
  const known = new TrustAnchors(signers.trust);
  const warm = cards.map((card) => timesOf(card, () => known, count));
  const cold = cards.map((card) => timesOf(card, () => new TrustAnchors(signers.trust), count));
  const revoking = cards.map((card) => timesOf(card, () => new TrustAnchors(listed), count));
  const revokingMs = rounded(Math.max(...revoking.map(median)));
  return [
    figure("serviceSod.cpu", warm, signers.note),
    figure(
      "serviceSod.cold.cpu",
      cold,
      `the same, signer not known yet; with revocation lists to be verified too ${revokingMs} ms`,
    ),
  ];
}

const median = (values: readonly number[]): number => quantile(values, 0.5);

function cardOf(generation: 1 | 2, at: Card["at"]): Card {
  const { nis: digits, servicesKey, sod } = honestChip(holderOf({ nis: NIS, generation }));
  const nis = parseNis(new TextEncoder().encode(digits));
  if (nis === undefined) throw new Error("a card of the simulator has a number");
  return { sod: sod(), nis, publicKey: servicesKey, at };
}

function timesOf(card: Card, anchors: () => TrustAnchors, count: number): readonly number[] {
  const timesMs = Array.from({ length: WARM_UP + count }, () => {
    const trusted = anchors();
    return timed(() => good(checkServiceSod({ ...card, anchors: trusted }))).tookMs;
  });
  return timesMs.slice(WARM_UP);
}

/** The dearer generation's; the note has the medians of both. */
function figure(name: string, timesMs: readonly (readonly number[])[], note: string): Figure {
  const medians = timesMs.map(median);
  const dearest = timesMs[medians.indexOf(Math.max(...medians))] ?? [];
  const each = medians
    .map((medianMs, index) => `generation ${index + 1}: ${rounded(medianMs)} ms`)
    .join(", ");
  return cpuFigure(name, { timesMs: dearest, bound: BOUND_MS, note: `${note}; ${each}` });
}
