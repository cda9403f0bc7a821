/**
 * Data in whole blocks are followed by one block of nothing but padding: both ends give exactly the data, and a file of
 * such a length is read to its last byte. ISO/IEC 9797-1, padding method 2.
 */
import { describe, expect, test } from "vitest";
import { encodeCommand } from "../../src/apdu/command.ts";
import type { SuiteName } from "../../src/crypto/document-suite.ts";
import { LDS_FILES } from "../../src/emrtd/lds/data-groups.ts";
import { readDocumentFile } from "../../src/emrtd/read-file.ts";
import { ReadManner } from "../../src/emrtd/read-manner.ts";
import { SecureSession } from "../../src/emrtd/secure-messaging.ts";
import { secured } from "../../src/emrtd/secure-messaging-exchange.ts";
import { good } from "../good.ts";
import { paceWith, SELECT_APPLICATION, toChip } from "../sim/emrtd/ends.ts";
import { chipOf, countingFile, SMALL } from "../sim/emrtd/small-document.ts";
import { cardAccess, paceInfo, profileOf } from "./pace-settings.ts";
import { play } from "./play.ts";
import { asked, ends, responseOf } from "./session-ends.ts";

const BLOCK_BYTES = 16;
const AES: readonly (readonly [SuiteName, string])[] = [
  ["AES-128", "0202"],
  ["AES-192", "0203"],
  ["AES-256", "0204"],
];
const BLOCKS = [1, 2, 3, 7, 8, 13, 14, 15, 16, 62, 63, 64];
const TAG_DG1 = 0x61;
const FILE_HEADER_BYTES = 4;
const counting = (lengthBytes: number): Uint8Array =>
  Uint8Array.from({ length: lengthBytes }, (_, i) => i % 251);

describe.each(AES)("§12 row 33: under %s", (name, arcs) => {
  test.each(BLOCKS)("an answer of %i whole blocks is exactly that", (blocks) => {
    const data = counting(blocks * BLOCK_BYTES);
    const { reader, chip } = asked(name);
    const sealed = chip.answer(data, 0x9000);
    // What the length would be taken for by one who counts the cryptogram: a block too many.
    expect(sealed.length - data.length).toBeGreaterThan(BLOCK_BYTES);
    expect(good(reader.unprotect(responseOf(sealed)))).toEqual({ data, sw: 0x9000 });
  });

  test.each(BLOCKS)("a command with %i whole blocks brings exactly that", (blocks) => {
    const data = counting(blocks * BLOCK_BYTES);
    const { reader, chip } = ends(name);
    const command = good(reader.protect({ cla: 0x00, ins: 0x22, p1: 0x41, p2: 0xa6, data }));
    expect(chip.open(encodeCommand(command)).data).toEqual(data);
  });

  // Read at once; in 223 bytes and a rest; and in reads that are whole blocks themselves.
  test.each([
    [16, 223],
    [96, 223],
    [208, 223],
    [223 + 96, 223],
    [336, 112],
    [352, 112],
    [384, 192],
    [1_024, 160],
  ] as const)("a file of %i bytes, in reads of %i, is read whole and no further", (fileBytes, readBytes) => {
    const file = countingFile(TAG_DG1, fileBytes - FILE_HEADER_BYTES);
    const application = new Map([[LDS_FILES.DG1.fid, file]]);
    const chip = chipOf({
      ...SMALL,
      application,
      pace: [{ mapping: "ECDH-GM", suite: name, parameterId: 13 }],
    });
    const session = new SecureSession(good(paceWith(chip, profileOf(cardAccess(paceInfo(arcs, 13))))));
    const reading = (function* () {
      yield SELECT_APPLICATION;
      return yield* readDocumentFile(LDS_FILES.DG1, new ReadManner({ readBytes, bySelection: false }));
    })();
    expect(good(play(secured(session, reading), toChip(chip)))).toEqual(file);
    expect([chip.unexpected, chip.tripped]).toEqual([[], []]);
  });
});
