/**
 * What of a whole reading is the host's: processor time between an answer and the next command, from EF.CardAccess to the last
 * check, beside the time that the written plan takes. Between them stand protocols, cryptography and certificates; the
 * driver's part and the operating system's are in `tap.verifiedDocument.*.host`.
 */
import { dhGroup } from "../../crypto/dh-group.ts";
import { ecGroup } from "../../crypto/ec-group.ts";
import { readDocument } from "../../emrtd/document.ts";
import { DocumentAttempts } from "../../emrtd/document-request.ts";
import { EphemeralKeys } from "../../emrtd/pace-keys.ts";
import { ReadManner } from "../../emrtd/read-manner.ts";
import type { Clock } from "../../ports/clock.ts";
import { SeededRandom } from "../../sim/seeded-random.ts";
import { civilDate, DAY_MS } from "../../time/civil-date.ts";
import { boundMs, DETECTION, SPI_PLAN } from "./bound.ts";
import { DOCUMENT_KINDS, type DocumentKind, documentOf, plannedExchanges } from "./document-kinds.ts";
import { exchangeCommands } from "./document-plan.ts";
import { type Figure, quantile, rounded } from "./figure.ts";
import { VirtualDocument } from "./virtual-document.ts";
import { trustedAnchors } from "./virtual-lane.ts";

/** Those of the kinds, whose first pairs are made while nobody is there. */
const GROUPS = [ecGroup("brainpoolP256r1"), dhGroup("modp2048-256")];
const BOUND_PERCENT = 3;
/** Readings before the first that counts: the engine has compiled what it will compile. */
const WARM_UP = 10;
/** Seeds of our secrets, taken in turn: the chip computes its part for each once. */
const SEEDS = 5;
/** Far from the chip's, whose keys would be ours. */
const FIRST_SEED = 100;

/** `document.hostShare`: the largest of the kinds' medians over `runs` readings each. */
export function measureHostShare(clock: Clock, runs: number): Figure {
  const shares = DOCUMENT_KINDS.map((kind) => shareOf(kind, clock, runs));
  const each = shares.map(
    ({ name, percent, betweenMs, alongMs }) =>
      `${name} ${rounded(percent)} % (${rounded(betweenMs)} ms, ${rounded(alongMs)} ms more while the card works)`,
  );
  return {
    name: "document.hostShare",
    value: rounded(Math.max(...shares.map(({ percent }) => percent))),
    unit: "%",
    bound: BOUND_PERCENT,
    note: `processor time between answer and next command; ${each.join(", ")}; medians of ${runs} readings`,
  };
}

interface Share {
  readonly name: string;
  readonly percent: number;
  readonly betweenMs: number;
  readonly alongMs: number;
}

function shareOf(kind: DocumentKind, clock: Clock, runs: number): Share {
  const document = new VirtualDocument(documentOf(kind).profile);
  const read = readerOf(document, clock);
  // The first of its kind is asked for its limits, where it has some; those that follow are read as it was.
  const { manner } = read(
    FIRST_SEED,
    new ReadManner(undefined, kind.limits === "chip" ? "unknown" : "known"),
  );
  const readings = Array.from({ length: WARM_UP + runs }, (_, run) =>
    read(FIRST_SEED + 1 + (run % SEEDS), new ReadManner(manner.now)),
  ).slice(WARM_UP);
  const betweenMs = quantile(
    readings.map((reading) => reading.betweenMs),
    0.5,
  );
  const tookMs = quantile(
    readings.map((reading) => reading.tookMs),
    0.5,
  );
  const readingMs = betweenMs + boundMs([DETECTION, ...exchangeCommands(plannedExchanges(kind))], SPI_PLAN);
  return {
    name: kind.name,
    percent: (100 * betweenMs) / readingMs,
    betweenMs,
    alongMs: tookMs - betweenMs,
  };
}

/** One reading of the document, whose conversation is the same whenever seed and manner are. */
function readerOf(document: VirtualDocument, clock: Clock) {
  const at = clock.wallTime();
  const today = civilDate(Math.floor(at / DAY_MS));
  const fixed = { anchors: trustedAnchors(), at, today, wanted: [], bac: "never" } as const;
  return (seed: number, manner: ReadManner) => {
    const random = new SeededRandom(seed);
    const keys = new EphemeralKeys(random);
    keys.expect(GROUPS);
    while (keys.makeAhead());
    document.activate(seed);
    const request = { ...fixed, password: document.password, keys, random };
    const { tookMs, betweenMs } = document.run(readDocument(request, new DocumentAttempts(manner)));
    return { tookMs, betweenMs, manner };
  };
}
