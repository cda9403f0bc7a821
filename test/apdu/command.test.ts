import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { describeCommand, encodeCommand } from "../../src/apdu/command.ts";
import { toHex } from "../../src/bytes/hex.ts";

const header = { cla: 0x00, ins: 0xa4, p1: 0x04, p2: 0x0c } as const;
const bytes = (length: number) => new Uint8Array(length).fill(0xab);
const start = (command: Uint8Array, length: number) => toHex(command.subarray(0, length));
const end = (command: Uint8Array, length: number) => toHex(command.subarray(command.length - length));

describe("the seven cases of ISO/IEC 7816-4 §5.1", () => {
  test("1: header alone", () => {
    expect(toHex(encodeCommand({ cla: 0x00, ins: 0xa4, p1: 0x00, p2: 0x00 }))).toBe("00A40000");
  });

  test("2S: Le, 256 coded as 00", () => {
    expect(toHex(encodeCommand({ cla: 0, ins: 0xb0, p1: 0x81, p2: 0, le: 12 }))).toBe("00B081000C");
    expect(toHex(encodeCommand({ cla: 0, ins: 0xb0, p1: 0x81, p2: 0, le: 256 }))).toBe("00B0810000");
  });

  test("3S: data", () => {
    const command = encodeCommand({ ...header, data: Uint8Array.of(0xa0, 0, 0, 0, 0, 0x39) });
    expect(toHex(command)).toBe("00A4040C06A00000000039");
  });

  test("4S: data and Le", () => {
    const command = encodeCommand({
      cla: 0,
      ins: 0xb1,
      p1: 0,
      p2: 1,
      data: Uint8Array.of(0x54, 2, 0, 0),
      le: 14,
    });
    expect(toHex(command)).toBe("00B1000104540200000E");
  });

  test("2E: long Le without data carries the leading zero itself", () => {
    expect(toHex(encodeCommand({ cla: 0, ins: 0xb0, p1: 0, p2: 0, le: 2000 }))).toBe("00B000000007D0");
    expect(toHex(encodeCommand({ cla: 0, ins: 0xb0, p1: 0, p2: 0, le: 65_536 }))).toBe("00B00000000000");
  });

  test("3E: long data", () => {
    const command = encodeCommand({ ...header, data: bytes(256) });
    expect(start(command, 7)).toBe("00A4040C000100");
    expect(command.length).toBe(7 + 256);
  });

  test("4E: both, extended together even when one would be short (the lengths of the CIE's PACE step)", () => {
    const command = encodeCommand({ cla: 0x10, ins: 0x22, p1: 0, p2: 0, data: bytes(264), le: 256 });
    expect(start(command, 7)).toBe("10220000000108");
    expect(end(command, 2)).toBe("0100");
    expect(command.length).toBe(273);
  });
});

test("lengths that no APDU can have are a defect of the program", () => {
  expect(() => encodeCommand({ ...header, data: bytes(65_536) })).toThrow(RangeError);
  expect(() => encodeCommand({ ...header, le: 0 })).toThrow(RangeError);
  expect(() => encodeCommand({ ...header, le: 65_537 })).toThrow(RangeError);
});

test("a trace shows header and lengths, never the data", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), (data) => {
      expect(describeCommand({ ...header, data })).toBe(`00A4040C Lc=${data.length}`);
    }),
  );
});
