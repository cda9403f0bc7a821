/**
 * What the chip's own proof costs the host in a passage, beside the card's time for it: the pinned key read from its
 * DER, and the answer to the challenge judged against it. Keys, challenges and answers are the simulator's.
 */
import { judgeResponse, parseRsaPublicKey } from "../../crypto/rsa-block.ts";
import { holderOf, honestChip } from "../../sim/cards/cie-chip.ts";
import { CARD_KEY_COUNT } from "../../sim/pki/test-key.ts";
import { SeededRandom } from "../../sim/seeded-random.ts";
import { cpuFigure, timed } from "./cpu-time.ts";
import type { Figure } from "./figure.ts";
import { good } from "./good.ts";

const BOUND_MS = 0.3;
const CHALLENGE_BYTES = 32;
/** Judgements before the first that counts: the engine has compiled what it will compile. */
const WARM_UP = 500;
/** Each chip has signed so many challenges beforehand. */
const CHALLENGES = 8;

interface Answer {
  readonly pinnedKey: Uint8Array;
  readonly challenge: Uint8Array;
  readonly response: Uint8Array;
}

/** `chipProof.cpu`: the median of `count` judgements. */
export function measureChipProof(count: number): Figure {
  const answers = Array.from({ length: CARD_KEY_COUNT }, (_, key) => answersOf(key)).flat();
  const timesMs: number[] = [];
  for (let turn = 0; turn < WARM_UP + count; turn++) {
    const answer = answers[turn % answers.length];
    if (answer === undefined) throw new Error("a measurement needs answers");
    const { tookMs } = timed(() => judge(answer));
    if (turn >= WARM_UP) timesMs.push(tookMs);
  }
  const note = `${count} answers of RSA-2048 chips, pinned key parsed each time`;
  return cpuFigure("chipProof.cpu", { timesMs, bound: BOUND_MS, note });
}

function judge({ pinnedKey, ...answer }: Answer): void {
  good(judgeResponse({ publicKey: good(parseRsaPublicKey(pinnedKey)), ...answer }));
}

function answersOf(key: number): readonly Answer[] {
  const { servicesKey, prove } = honestChip(holderOf({ nis: "100000000001", key }));
  const random = new SeededRandom(key);
  return Array.from({ length: CHALLENGES }, () => {
    const challenge = random.bytes(CHALLENGE_BYTES);
    return { pinnedKey: servicesKey, challenge, response: prove(challenge) };
  });
}
