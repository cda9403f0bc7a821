// Whole travel documents through bus, reader's chip and radio: each kind on each transport, and what only the
// transport shows of a hostile or tired chip. Time is the board's own. Governing text: eMRTD sheet, 9 and 11.
import { describe, expect, test } from "vitest";
import type { DocumentError } from "../../src/emrtd/document-request.ts";
import { EphemeralKeys } from "../../src/emrtd/pace-keys.ts";
import { DocumentFamilies } from "../../src/emrtd/read-manner.ts";
import { activateAnew } from "../../src/gate/activate-anew.ts";
import { type ExaminedDocument, examineDocument } from "../../src/gate/examine-document.ts";
import type { LinkError } from "../../src/ports/card.ts";
import { silentLog } from "../../src/ports/log.ts";
import type { Result } from "../../src/result.ts";
import { PROFILES, type ProfileName } from "../../src/sim/emrtd/documents/profiles.table.ts";
import type { EmrtdSpec } from "../../src/sim/emrtd/emrtd-spec.ts";
import { SeededRandom } from "../../src/sim/seeded-random.ts";
import { millis } from "../../src/time/time.ts";
import { NOW, passwordOf, sharedAnchors, TODAY } from "../emrtd/whole-document.ts";
import { clear, nextCard } from "./card-bench.ts";
import { type Bench, NIS_ANSWER, startBench, TRANSPORTS } from "./matrix.ts";

const PROFILE_NAMES = Object.keys(PROFILES).filter((name): name is ProfileName =>
  Object.hasOwn(PROFILES, name),
);
/** What a reading may take in all, and the last command that was on its way when that was over. */
const LIMIT_MS = 20_000 + 1_000;

async function examined(
  bench: Bench,
  spec: EmrtdSpec,
  families = new DocumentFamilies(),
): Promise<Result<ExaminedDocument, DocumentError | LinkError>> {
  const card = await bench.present(spec);
  const random = new SeededRandom(7);
  const request = {
    ...{ password: passwordOf(spec), keys: new EphemeralKeys(random), random, bac: "withoutPace" as const },
    ...{ anchors: sharedAnchors(), at: NOW, today: TODAY, wanted: [] },
  };
  const clock = {
    monotonicMs: () => millis(bench.nowMs()),
    wallTime: () => NOW,
    sleep: async () => undefined,
  };
  return bench.settle(
    examineDocument(card, request, {
      ...{ clock, log: silentLog, families },
      activateAnew: () => activateAnew(bench.rig.reader, new AbortController().signal),
    }),
  );
}

const document = (profile: ProfileName): EmrtdSpec => ({ card: "emrtd", profile });

describe.each(TRANSPORTS)("$name", (transport) => {
  test.each(PROFILE_NAMES)("%s is read, and nothing had to be sent twice", async (profile) => {
    const bench = await startBench(transport);
    const result = await examined(bench, document(profile));
    expect(result.ok && [...result.value.proofs].slice(0, 2)).toEqual(["cardAccess", "documentSignature"]);
    // A frame whose first reading ends just before its postamble is read again, which the card does not notice.
    const { resends, aborts, strays } = bench.rig.reader.health();
    expect({ resends, aborts, strays }).toEqual({ resends: 0, aborts: 0, strays: 0 });
  });

  test("a kind that has told how long its answers may be is read in fewer commands, the next time in fewer still", async () => {
    const bench = await startBench(transport);
    const families = new DocumentFamilies();
    const commands: number[] = [];
    for (let visit = 0; visit < 2; visit++) {
      expect((await examined(bench, document("cnie"), families)).ok).toBe(true);
      commands.push(bench.commands());
      await clear(bench);
    }
    expect((commands[0] ?? 0) - (commands[1] ?? 0)).toBe(1);
  });

  test.each([
    ["asks for more time without end", "wtxFlood"],
    ["answers without end", "endlessChain"],
  ] as const)(
    "a chip that %s ends as a card that is lost, in time, and the next is read",
    async (_, fault) => {
      const bench = await startBench(transport);
      const fromMs = bench.nowMs();
      const result = await examined(bench, { ...document("cnie"), fault });
      expect(result).toMatchObject({ ok: false, error: { kind: "cardLost" } });
      expect(bench.nowMs() - fromMs).toBeLessThan(LIMIT_MS);
      expect(await nextCard(bench)).toBe(NIS_ANSWER);
    },
  );

  test("a chip that falls silent at a long read is asked for less, and read", async () => {
    const bench = await startBench(transport);
    const families = new DocumentFamilies();
    expect((await examined(bench, { ...document("passport-im"), fault: "longReadLink" }, families)).ok).toBe(
      true,
    );
  });
});
