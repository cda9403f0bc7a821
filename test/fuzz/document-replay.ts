/** One reading of a recorded document as the gate does it, from a chip that may lie. Nothing in it hangs on time or chance. */
import type { DocumentError, DocumentStep } from "../../src/emrtd/document-request.ts";
import { DocumentFamilies } from "../../src/emrtd/read-manner.ts";
import { type ExaminedDocument, examineDocument } from "../../src/gate/examine-document.ts";
import type { CardChannel, LinkError } from "../../src/ports/card.ts";
import { silentLog } from "../../src/ports/log.ts";
import { ok, type Result } from "../../src/result.ts";
import type { SeededRandom } from "../../src/sim/seeded-random.ts";
import { millis } from "../../src/time/time.ts";
import { NOW, sharedAnchors, TODAY } from "../emrtd/whole-document.ts";
import { RepeatingKeys } from "./document-keys.ts";
import { type Recording, randomOf } from "./document-recording.ts";
import { type Lie, ReplayChip } from "./document-replay-chip.ts";
import { Violation } from "./witness.ts";

/** No card answers faster. */
export const ANSWER_MS = 3;
/** As long as a reading may last, and its last answer. */
export const MAX_READING_MS = 20_000 + ANSWER_MS;

export interface Replay {
  readonly result: Result<ExaminedDocument, DocumentError | LinkError>;
  readonly chip: ReplayChip;
  readonly steps: readonly DocumentStep[];
  readonly activations: number;
}

/** `examineDocument`, or one with a planted defect. */
export type Examine = typeof examineDocument;

export async function replay(
  recording: Recording,
  lie: Lie | undefined,
  examine: Examine = examineDocument,
): Promise<Replay> {
  const chip = new ReplayChip(recording, lie);
  const keys = new RepeatingKeys(recording.drawn, recording.seed);
  const random = new RewindingRandom(recording.seed);
  const steps: DocumentStep[] = [];
  let activations = 0;
  let nowMs = 0;
  const channel = (): CardChannel => ({
    transceive: async (command) => {
      nowMs += ANSWER_MS;
      if (nowMs > MAX_READING_MS) throw new Violation("a reading ends in time");
      return ok(chip.answer(command));
    },
  });
  const clock = { monotonicMs: () => millis(nowMs), wallTime: () => NOW, sleep: async () => undefined };
  const activateAnew = async () => {
    activations += 1;
    chip.activateAnew();
    keys.rewind();
    random.rewind();
    return ok({ channel: channel() });
  };
  const { key, wanted, preference } = recording;
  const result = await examine(
    { historicalBytes: recording.content.historicalBytes, channel: channel() },
    {
      ...{ password: key, keys, random, bac: "withoutPace", anchors: sharedAnchors() },
      ...{ at: NOW, today: TODAY, wanted, onStep: (step: DocumentStep) => steps.push(step) },
      ...(preference === undefined ? {} : { preference }),
    },
    { clock, log: silentLog, families: new DocumentFamilies(), activateAnew },
  );
  return { result, chip, steps, activations };
}

/** What the reader drew in the recording, from the beginning for each activation. */
class RewindingRandom {
  readonly #seed: number;
  #random: SeededRandom;

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = randomOf(seed);
  }

  rewind(): void {
    this.#random = randomOf(this.#seed);
  }

  bytes(lengthBytes: number): Uint8Array {
    return this.#random.bytes(lengthBytes);
  }
}
