/** Reading files of a document: how many commands, and what is done about chips with habits of their own. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ResponseApdu } from "../../src/apdu/response.ts";
import { concat } from "../../src/bytes/bytes.ts";
import { hex } from "../../src/bytes/hex.ts";
import { writeTlv } from "../../src/bytes/write-tlv.ts";
import { LDS_FILES } from "../../src/emrtd/lds/data-groups.ts";
import { readDocumentFile } from "../../src/emrtd/read-file.ts";
import { DocumentFamilies, ReadManner } from "../../src/emrtd/read-manner.ts";
import { bad, good } from "../good.ts";
import { fileChip, type Habits } from "./file-chip.ts";
import { play } from "./play.ts";

const { DG1, DG2, SOD } = LDS_FILES;
const content = (bytes: number): Uint8Array => Uint8Array.from({ length: bytes }, (_, index) => index % 251);
const dg1 = writeTlv(0x61, content(93));
const sod = writeTlv(0x77, content(1_800));
/** Beyond what P1-P2 can say. */
const photo = writeTlv(0x75, content(33_000));
const FILES = new Map([
  [0x01, dg1],
  [0x02, photo],
  [0x1d, sod],
]);

/** One file read from a chip with these habits, and what it took. */
function read(file: (typeof LDS_FILES)["DG1"], habits: Habits = {}, manner = new ReadManner()) {
  const commands: string[] = [];
  const result = play(readDocumentFile(file, manner), fileChip(FILES, habits, commands));
  return { result, commands, manner: manner.now };
}

describe("a chip that follows the rules", () => {
  test("gives a short file in one command, by short identifier", () => {
    const { result, commands } = read(DG1);
    expect(good(result)).toEqual(dg1);
    expect(commands).toEqual(["B08100 223"]);
  });

  test("gives a long one in as many as its length takes, the last no longer than needed", () => {
    const { result, commands } = read(SOD);
    expect(good(result)).toEqual(sod);
    expect(commands).toHaveLength(Math.ceil(sod.length / 223));
    expect(commands.at(-1)).toBe(`B006F8 ${sod.length - 8 * 223}`);
  });

  test("is read beyond offset 32,767 with the odd instruction", () => {
    const { result, commands } = read(DG2);
    expect(good(result)).toEqual(photo);
    expect(commands.filter((command) => command.startsWith("B10000"))).toHaveLength(2);
  });

  test("may keep filler behind a file", () => {
    const padded = new Map([[0x01, concat(dg1, new Uint8Array(60))]]);
    expect(good(play(readDocumentFile(DG1, new ReadManner()), fileChip(padded)))).toEqual(dg1);
  });

  test("has no such file", () => {
    const { result, commands, manner } = read(LDS_FILES.DG12);
    expect(bad(result)).toEqual({ kind: "fileMissing", file: "DG12" });
    expect(commands).toEqual(["B08C00 223", "A4020C"]);
    expect(manner.bySelection).toBe(false);
  });
});

describe("§12 row 7: chips that cannot give 223 bytes at once", () => {
  test.each([
    [192, 192],
    [191, 160],
    [112, 112],
    [99, 96],
  ])("but %i are asked for %i from then on", (limit, asked) => {
    for (const answer of ["6700", "6B00", "9000"] as const) {
      const { result, manner, commands } = read(SOD, { limit: { bytes: limit, answer } });
      expect(good(result)).toEqual(sod);
      expect(manner.readBytes).toBe(asked);
      expect(commands.filter((command) => command.startsWith("B09D")).length).toBeLessThanOrEqual(6);
    }
  });

  test("are read at once in the right manner by whoever knows it already", () => {
    const { commands } = read(
      SOD,
      { limit: { bytes: 112, answer: "6700" } },
      new ReadManner({ readBytes: 112, bySelection: false }),
    );
    expect(commands).toHaveLength(Math.ceil(sod.length / 112));
  });

  test("and give nothing at any size are refused", () => {
    const limit = (answer: "6700" | "9000"): Habits => ({ limit: { bytes: 10, answer } });
    expect(bad(read(SOD, limit("6700")).result)).toEqual({ kind: "fileRefused", file: "SOD", sw: 0x6700 });
    expect(bad(read(SOD, limit("9000")).result)).toEqual({
      kind: "fileMalformed",
      file: "SOD",
      why: "answer",
    });
  });
});

describe("other habits", () => {
  test("a chip that knows no short identifiers is selected from, and the next file at once", () => {
    const manner = new ReadManner();
    const first = read(DG1, { selectionOnly: true }, manner);
    expect(good(first.result)).toEqual(dg1);
    expect(first.commands).toEqual(["B08100 223", "A4020C", "B00000 223"]);
    expect(read(SOD, { selectionOnly: true }, manner).commands.slice(0, 2)).toEqual(["A4020C", "B00000 223"]);
  });

  test("less than was asked for is taken as it comes", () => {
    expect(good(read(SOD, { crumbs: 100 }).result)).toEqual(sod);
  });

  test("crumbs without end are refused", () => {
    const huge = new Map([[0x02, photo]]);
    const protocol = readDocumentFile(DG2, new ReadManner());
    const chip = fileChip(huge, { crumbs: 6 });
    let step = protocol.next();
    let commands = 0;
    for (; step.done !== true; commands++) {
      const answer = chip(Uint8Array.of(0, step.value.ins, step.value.p1, step.value.p2, step.value.le ?? 0));
      step = protocol.next({ data: answer.subarray(0, -2), sw: 0x9000 });
    }
    expect(bad(step.value)).toEqual({ kind: "fileMalformed", file: "DG2", why: "endless" });
    expect(commands).toBe(1_025);
  });

  test("more than was asked for is refused", () => {
    expect(bad(read(SOD, { generous: true }).result)).toEqual({
      kind: "fileMalformed",
      file: "SOD",
      why: "answer",
    });
  });
});

describe("what is no file", () => {
  test.each([
    ["another file's tag", writeTlv(0x75, content(20))],
    ["a length of more than 65,539 bytes", Uint8Array.from([0x61, 0x83, 0x01, 0x00, 0x00, 0x00])],
    ["an indefinite length", Uint8Array.from([0x61, 0x80, 0x00, 0x00])],
    ["half a header", Uint8Array.of(0x61, 0x82, 0x01)],
  ])("%s", (_what, bytes) => {
    const result = play(readDocumentFile(DG1, new ReadManner()), fileChip(new Map([[0x01, bytes]])));
    expect(bad(result)).toEqual({ kind: "fileMalformed", file: "DG1", why: "head" });
  });

  test("whatever a chip answers ends in bytes of the file's tag or a typed error", () => {
    const answers = fc.array(
      fc.record({
        data: fc.uint8Array({ maxLength: 260 }),
        sw: fc.constantFrom(0x9000, 0x6282, 0x6700, 0x6a82),
      }),
      { maxLength: 30 },
    );
    const outcome = (script: readonly ResponseApdu[]) => {
      const protocol = readDocumentFile(DG1, new ReadManner());
      let step = protocol.next();
      for (const answer of script) if (step.done !== true) step = protocol.next(answer);
      return step.done === true ? step.value : undefined;
    };
    fc.assert(
      fc.property(answers, (script) => {
        const result = outcome(script);
        const told = result?.ok === false ? result.error.kind : result?.value[0];
        expect([undefined, 0x61, "fileMissing", "fileRefused", "fileMalformed"]).toContain(told);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("what is remembered of a family", () => {
  const slow = { readBytes: 112, bySelection: true };

  test("is what its last authentic member needed", () => {
    const families = new DocumentFamilies();
    const family = Uint8Array.of(0x80, 0x01);
    expect(families.mannerFor(family).now).toEqual({ readBytes: 223, bySelection: false });
    families.remember(family, slow);
    expect(families.mannerFor(family).now).toEqual(slow);
    expect(families.mannerFor(Uint8Array.of(0x80, 0x02)).now).toEqual({ readBytes: 223, bySelection: false });
  });

  test("is asked of a chip that promises more than short answers, once", () => {
    const families = new DocumentFamilies();
    const promising = hex("80 73 9621E0");
    const manner = families.mannerFor(promising);
    expect([manner.wantsLimits, manner.now.readBytes]).toEqual([true, 223]);
    manner.learnLimits({ extendedLength: true, maxCommandBytes: 2_000, maxResponseBytes: 1_031 });
    expect([manner.wantsLimits, manner.now.readBytes]).toEqual([false, 1_007]);
    families.remember(promising, manner.now);
    expect(families.mannerFor(promising).wantsLimits).toBe(false);
    expect(families.mannerFor(promising).now.readBytes).toBe(1_007);
    expect(families.mannerFor(hex("80 73 962180")).wantsLimits).toBe(false);
  });

  test.each([
    ["no such file", undefined, 223],
    ["no length named", { extendedLength: true, maxResponseBytes: undefined }, 223],
    ["short lengths", { extendedLength: true, maxResponseBytes: 258 }, 223],
    ["lengths of which it takes no notice", { extendedLength: false, maxResponseBytes: 4_000 }, 223],
    ["the longest there is", { extendedLength: undefined, maxResponseBytes: 65_538 }, 2_000],
  ])("asks for what the chip says it can give: %s", (_, info, readBytes) => {
    const manner = new ReadManner(undefined, "unknown");
    manner.learnLimits(info && { maxCommandBytes: undefined, ...info });
    expect(manner.now.readBytes).toBe(readBytes);
    expect(manner.askLess()).toBe(true);
    expect(manner.now.readBytes).toBe(readBytes === 223 ? 192 : 223);
  });

  test("does not grow without end: the oldest goes", () => {
    const families = new DocumentFamilies();
    for (let index = 0; index <= 64; index++) families.remember(Uint8Array.of(index), slow);
    expect(families.mannerFor(Uint8Array.of(0)).now.readBytes).toBe(223);
    expect(families.mannerFor(Uint8Array.of(1)).now).toEqual(slow);
    expect(families.mannerFor(Uint8Array.of(64)).now).toEqual(slow);
  });
});
