// Hostile bytes against everything of the driver that reads bytes: nothing throws, hangs or looks beyond its
// input, whatever comes has its announced shape, and every exchange ends.
import { describe, expect, test } from "vitest";
import { step } from "../../drivers/pn532/exchange.ts";
import { decodeFrame } from "../../drivers/pn532/frame.ts";
import { FrameInbox } from "../../drivers/pn532/frame-inbox.ts";
import { readCorpus } from "./corpus.ts";
import { exchangeCheck } from "./exchange-check.ts";
import { framesCheck, inboxCheck } from "./frame-checks.ts";
import { type Check, fuzz } from "./fuzz.ts";

/** A failure names its seed and input number: FUZZ_SEED, FUZZ_FROM and FUZZ_INPUTS=1 play it again. */
const number = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise);
const CAMPAIGN = {
  seed: number("FUZZ_SEED", 532),
  from: number("FUZZ_FROM", 0),
  inputs: number("FUZZ_INPUTS", 1_000_000),
};
const MS_PER_INPUT = 0.5;
const ENOUGH_FOR_A_DEFECT = 20_000;

const seeds = readCorpus();
const corpus = seeds.map(({ bytes }) => bytes);
/** Every input meets the parser and the decoders; streams and exchanges, which take longer, have every eighth each. */
const CHECKS: readonly Check[] = [framesCheck(), inboxCheck(), exchangeCheck()];

describe("the kept inputs", () => {
  test("have names of their own", () => {
    expect(new Set(seeds.map(({ name }) => name)).size).toBe(seeds.length);
  });

  test.each(seeds)("$name is $verdict", ({ verdict, bytes }) => {
    const decoded = decodeFrame(bytes, 0);
    expect(decoded.kind === "corrupt" ? `corrupt:${decoded.why}` : decoded.kind).toBe(verdict);
  });
});

describe("the campaign", () => {
  const full = CAMPAIGN.inputs >= ENOUGH_FOR_A_DEFECT;

  test(
    `${CAMPAIGN.inputs} inputs of seed ${CAMPAIGN.seed} break no rule`,
    () => {
      const { failure, inputs, seen } = fuzz({ corpus, checks: CHECKS, ...CAMPAIGN });
      expect(failure).toBeUndefined();
      expect(inputs).toBe(CAMPAIGN.inputs);
      // A fuzzer that no longer reaches the code would pass for ever.
      if (full) expect(OUTCOMES.filter((outcome) => !seen.has(outcome))).toEqual([]);
    },
    60_000 + CAMPAIGN.inputs * MS_PER_INPUT,
  );
});

/** Everything that the code under test can say. */
const OUTCOMES = [
  ...["needMore", "ack", "nack", "error", "data", "toChip", "toHost"],
  ...["lengthChecksum", "length", "identifier", "dataChecksum", "postamble"],
  ...["line test", "firmware", "SAM", "status", "target A", "target B", "exchange", "undefined"],
  ...["radio modes", "iBlock", "rAck", "rNak", "wtx", "deselect", "invalid"],
  ...["isoDep", "other", "acknowledge", "respond", "settle"],
  ...["answered", "refused", "unacknowledged", "unanswered", "damaged", "aborted"],
];

/** Mistakes as parsers have had them; the fuzzer that misses one is no good. */
const DEFECTS: readonly { readonly what: string; readonly check: Check; readonly found: RegExp }[] = [
  {
    what: "a decoder looks beyond its answer",
    check: framesCheck({
      decoders: [
        (data, witness) => {
          const behind = new Uint8Array(data.buffer, data.byteOffset + data.length, 1);
          if (data[0] === 0x01) witness.byte(behind[0] ?? 0);
        },
      ],
    }),
    found: /beyond the input/,
  },
  {
    what: "a decoder trusts a length byte",
    check: framesCheck({
      decoders: [
        (data) => {
          if (data[0] === 0x01) new Uint8Array(data.length).set(data.subarray(6), data[5] ?? 0);
        },
      ],
    }),
    found: /^throws RangeError/,
  },
  {
    what: "a decoder gives an exponent that the standard does not know",
    check: framesCheck({ decoders: [(data, witness) => witness.number((data[12] ?? 0) >> 4, 0, 14)] }),
    found: /^15 is not a whole number/,
  },
  {
    what: "a parser stands still at a frame of an unknown identifier",
    check: framesCheck({
      decode: (bytes, offset) => {
        const decoded = decodeFrame(bytes, offset);
        return decoded.kind === "corrupt" && decoded.why === "identifier" ? { ...decoded, used: 0 } : decoded;
      },
    }),
    found: /^0 is not a whole number from 1/,
  },
  {
    what: "a parser does not look at the data checksum",
    check: framesCheck({
      decode: (bytes, offset) => {
        const decoded = decodeFrame(bytes, offset);
        if (decoded.kind !== "corrupt" || decoded.why !== "dataChecksum") return decoded;
        return { kind: "data", used: decoded.used, direction: "toHost", payload: Uint8Array.of(0x03) };
      },
    }),
    found: /^broken: data come from a whole frame/,
  },
  {
    what: "a stream loses what comes in single bytes",
    check: inboxCheck(
      class extends FrameInbox {
        override push(chunk: Uint8Array): void {
          if (chunk.length !== 1) super.push(chunk);
        }
      },
    ),
    found: /^broken: (as many frames|the same frame)/,
  },
  {
    what: "an exchange waits on after its deadline",
    check: exchangeCheck((exchange, input, now) =>
      exchange.at === "respond" && input.kind === "silence" ? { next: exchange } : step(exchange, input, now),
    ),
    found: /^broken: an exchange ends within/,
  },
  {
    what: "an exchange takes any answer for its own",
    check: exchangeCheck((exchange, input, now) => {
      const taken = step(exchange, input, now);
      const hasStray = exchange.at === "respond" && taken.next.at === "respond" && taken.write === undefined;
      if (!hasStray || taken.next.at !== "respond" || taken.next.straysLeft === exchange.straysLeft)
        return taken;
      return { next: { at: "finished", outcome: { kind: "answered", data: Uint8Array.of(0x00) } } };
    }),
    found: /^broken: an answer is what the chip said/,
  },
  {
    what: "a loop does not end",
    check: {
      name: "loop",
      run(input) {
        for (let at = 0; at < input.length; ) at += input[at] === 0x7f ? 0 : 1;
      },
    },
    found: /^does not end$/,
  },
];

describe("the fuzzer finds planted defects, and each is played again by its seed and number", () => {
  test.each(DEFECTS)("$what", ({ check, found }) => {
    const campaign = { corpus, checks: [check], seed: CAMPAIGN.seed, hangsAfterMs: 500 };
    const { failure } = fuzz({ ...campaign, from: 0, inputs: ENOUGH_FOR_A_DEFECT });
    expect(failure?.what).toMatch(found);
    const again = fuzz({ ...campaign, from: failure?.input ?? 0, inputs: 1 });
    expect(again.failure).toEqual(failure);
  });
});
