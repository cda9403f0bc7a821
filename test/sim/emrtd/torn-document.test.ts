/**
 * A document that is pulled away after so many bytes on the air, wherever that falls in a reading: the reading ends as a lost
 * card, and the same card laid down again has forgotten all of it and is read whole.
 */
import { describe, expect, test } from "vitest";
import { EphemeralKeys } from "../../../src/emrtd/pace-keys.ts";
import { DocumentFamilies } from "../../../src/emrtd/read-manner.ts";
import { activateAnew } from "../../../src/gate/activate-anew.ts";
import { examineDocument } from "../../../src/gate/examine-document.ts";
import { silentLog } from "../../../src/ports/log.ts";
import type { CardSpec, MadeCard } from "../../../src/sim/cards/make-card.ts";
import { SeededRandom } from "../../../src/sim/seeded-random.ts";
import { millis } from "../../../src/time/time.ts";
import { NOW, sharedAnchors, TODAY } from "../../emrtd/whole-document.ts";
import { antenna, clear } from "../../matrix/card-bench.ts";
import { type Bench, SPI, startBench } from "../../matrix/matrix.ts";

/** What the reader makes of the card that is laid down now. */
async function outcome(bench: Bench, { card }: MadeCard): Promise<string> {
  bench.rig.board.placeCard(bench.rig.node, card);
  const found = await bench.find();
  const random = new SeededRandom(7);
  const request = {
    ...{ password: { reference: "CAN", key: new TextEncoder().encode("314159") } as const },
    ...{ keys: new EphemeralKeys(random), random, bac: "never" as const },
    ...{ anchors: sharedAnchors(), at: NOW, today: TODAY, wanted: [] },
  };
  const clock = {
    monotonicMs: () => millis(bench.nowMs()),
    wallTime: () => NOW,
    sleep: async () => undefined,
  };
  const result = await bench.settle(
    examineDocument(found, request, {
      ...{ clock, log: silentLog, families: new DocumentFamilies() },
      activateAnew: () => activateAnew(bench.rig.reader, new AbortController().signal),
    }),
  );
  return result.ok ? [...result.value.proofs].join(" ") : result.error.kind;
}

const ALL_PROOFS = "cardAccess documentSignature documentChip";
/** More bytes than a reading has. */
const MOST_BYTES = 20_000;

describe.each<{ readonly kind: string; readonly spec: CardSpec; readonly stepBytes: number }>([
  { kind: "a CNIe", spec: { card: "emrtd", profile: "cnie" }, stepBytes: 211 },
  {
    kind: "a CIE with both sides",
    spec: { card: "cie", family: "itj4i", nis: "123456789012", document: {} },
    stepBytes: 503,
  },
])("$kind", ({ spec, stepBytes }) => {
  test(`is pulled away each ${stepBytes} bytes further on`, { timeout: 120_000 }, async () => {
    const bench = await startBench(SPI);
    const made = bench.place(spec);
    await clear(bench);
    let losses = 0;
    for (let bytes = stepBytes; bytes < MOST_BYTES; bytes += stepBytes) {
      antenna(bench).tearAfter(bytes);
      const torn = await outcome(bench, made);
      antenna(bench).tearAfter(Number.POSITIVE_INFINITY);
      await clear(bench);
      if (torn === ALL_PROOFS) break;
      expect({ bytes, torn, again: await outcome(bench, made) }).toEqual({
        ...{ bytes, torn: "cardLost", again: ALL_PROOFS },
      });
      losses += 1;
      await clear(bench);
    }
    expect(losses).toBeGreaterThan(5);
    expect(losses * stepBytes).toBeLessThan(MOST_BYTES - stepBytes);
    expect([made.emrtd?.unexpected, made.emrtd?.tripped]).toEqual([[], []]);
  });
});
