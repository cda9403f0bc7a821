/** What a virtual document lets whom read: in clear, behind PACE, behind BAC, and never. */
import { describe, expect, test } from "vitest";
import { hex, toHex } from "../../../src/bytes/hex.ts";
import { good } from "../../good.ts";
import { bacWith, read, SELECT_APPLICATION, select, Talk } from "./ends.ts";
import {
  CARD_ACCESS,
  CARD_SECURITY,
  chipOf,
  countingFile,
  DG1,
  DG2,
  faultyChip,
  SMALL,
  say,
} from "./small-document.ts";

const SELECT_IN_CLEAR = "00A4040C07A0000002471001";

describe("in clear", () => {
  test.each([
    ["EF.CardAccess by short identifier", ["00B09C0000"], `${toHex(CARD_ACCESS)}9000`],
    ["EF.CardAccess by selection", ["00A4020C02011C", "00B0000000"], `${toHex(CARD_ACCESS)}9000`],
    ["EF.CardAccess by the odd instruction", ["00B1011C0354010000"], `5316${toHex(CARD_ACCESS)}6282`],
    ["EF.DIR", ["00B09E0000"], "61094F07A00000024710019000"],
    ["EF.CardSecurity by short identifier", ["00B09D0000"], "6982"],
    ["EF.CardSecurity by selection", ["00A4020C02011D"], "6982"],
    ["no file", ["00A4020C020199"], "6A82"],
    ["no file by short identifier", ["00B0930000"], "6A82"],
    ["nothing that is current", ["00B0000000"], "6986"],
    ["the master file, named", ["00A4000C023F00"], "9000"],
    ["the master file, not named", ["00A4000C"], "9000"],
    ["another file as master file", ["00A4000C023F01"], "6A82"],
    ["the travel application", [SELECT_IN_CLEAR], "9000"],
    ["its name", ["00A4040007A000000247100100"], "6F098407A00000024710019000"],
    ["another application", ["00A4040C06A00000000039"], "6A82"],
    ["DG1 by selection", [SELECT_IN_CLEAR, "00A4020C020101"], "6982"],
    ["DG1 by short identifier", [SELECT_IN_CLEAR, "00B0810000"], "6982"],
    ["EF.SOD, which has the master file's number", [SELECT_IN_CLEAR, "00B09D0000"], "6982"],
    ["an unknown form of answer", ["00A4021002011C"], "6A86"],
    ["an unknown form of name", ["00A4030C02011C"], "6A86"],
    ["the description of a file", ["00A4020402011C00"], "6208800200168302011C9000"],
  ])("%s", (_, commands, answer) => {
    const chip = chipOf(SMALL);
    expect(commands.map((command) => say(chip, command)).at(-1)).toBe(answer);
    expect([chip.unexpected, chip.tripped]).toEqual([[], []]);
  });
});

describe("behind PACE", () => {
  test("the signed SecurityInfos, with the master file current as before", () => {
    const talk = Talk.byPace(chipOf(SMALL));
    const { data, sw } = talk.ask(read(0x9d, 0, 200));
    expect([data, sw]).toEqual([CARD_SECURITY.subarray(0, 200), 0x9000]);
  });

  test("the travel application, by short identifier, by offset and past its end", () => {
    const talk = Talk.byPace(chipOf(SMALL));
    expect(talk.ask(SELECT_APPLICATION)).toEqual({ data: new Uint8Array(), sw: 0x9000 });
    expect(talk.ask(read(0x81, 0, DG1.length)).data).toEqual(DG1);
    expect(talk.ask(read(0, 90, 200))).toEqual({ data: DG1.subarray(90), sw: 0x6282 });
    expect(talk.ask(read(0, DG1.length, 1)).sw).toBe(0x6b00);
    expect(talk.ask(read(0, DG1.length + 1, 1)).sw).toBe(0x6b00);
  });

  test("a selected file, and the master file again", () => {
    const talk = Talk.byPace(chipOf(SMALL));
    talk.ask(SELECT_APPLICATION);
    expect(talk.ask(select("0102")).sw).toBe(0x9000);
    expect(talk.ask(read(0x01, 0x00, 100)).data).toEqual(DG2.subarray(256, 356));
    expect(talk.ask({ cla: 0, ins: 0xa4, p1: 0, p2: 0x0c, data: hex("3F00") }).sw).toBe(0x9000);
    expect(talk.ask(read(0x9c, 0, 22)).data).toEqual(CARD_ACCESS);
  });

  test("with the odd instruction, whose data and answer have objects of their own", () => {
    const content = { ...SMALL, application: new Map([[0x0102, countingFile(0x75, 40_000)]]) };
    const talk = Talk.byPace(chipOf(content));
    talk.ask(SELECT_APPLICATION);
    talk.ask(select("0102"));
    const { data } = talk.ask({ cla: 0, ins: 0xb1, p1: 0, p2: 0, data: hex("54029000"), le: 100 });
    const file = content.application.get(0x0102) ?? new Uint8Array();
    expect(toHex(data)).toBe(`5362${toHex(file.subarray(0x9000, 0x9000 + 98))}`);
  });

  test.each([
    [256, 223],
    [231, 223],
    [65_536, 1_004],
  ])("an Le of %i brings as much as an answer has room for: %i", (le, bytes) => {
    const talk = Talk.byPace(chipOf(SMALL));
    talk.ask(SELECT_APPLICATION);
    const raw = talk.ask(read(0x82, 0, le));
    expect(raw.data).toEqual(DG2.subarray(0, bytes));
  });

  test("no more than EF.ATR/INFO announces, and no command longer than that", () => {
    const announced = hex("4301B8 7F6608 02020200 02020200");
    const content = { ...SMALL, masterFile: new Map([...SMALL.masterFile, [0x2f01, announced] as const]) };
    const talk = Talk.byPace(chipOf(content));
    talk.ask(SELECT_APPLICATION);
    // 510 bytes and a status: 31 blocks inside, the last of them padding in part.
    expect(talk.ask(read(0x82, 0, 65_536)).data).toHaveLength(479);
    expect(say(chipOf(content), `00A4020C0001FA${"00".repeat(506)}`)).toBe("6700");
    expect(say(chipOf(content), "00A4020C000002011C")).toBe("9000");
  });
});

test("behind BAC the travel application, and not the signed SecurityInfos", () => {
  const chip = chipOf(SMALL);
  const talk = new Talk(chip, good(bacWith(chip)));
  expect(talk.ask(read(0x81, 0, DG1.length)).data).toEqual(DG1);
  expect(talk.ask(read(0x82, 0, 256)).data).toHaveLength(231);
  talk.ask({ cla: 0, ins: 0xa4, p1: 0, p2: 0x0c, data: hex("3F00") });
  expect(talk.ask(read(0x9d, 0, 200)).sw).toBe(0x6982);
});

describe("fingerprints and irises are refused and recorded", () => {
  test.each([
    ["by selection", select("0103")],
    ["by selection, where there are none", select("0104")],
    ["by short identifier", read(0x83, 0, 4)],
    ["by short identifier, where there are none", read(0x84, 0, 4)],
    ["by the odd instruction", { cla: 0, ins: 0xb1, p1: 1, p2: 3, data: hex("540100"), le: 8 } as const],
    ["by its short form", { cla: 0, ins: 0xb1, p1: 0, p2: 4, data: hex("540100"), le: 8 } as const],
  ])("%s", (_, command) => {
    const talk = Talk.byPace(chipOf(SMALL));
    talk.ask(SELECT_APPLICATION);
    expect(talk.ask(command)).toEqual({ data: new Uint8Array(), sw: 0x6982 });
    expect(talk.chip.tripped).toEqual([
      toHex(Uint8Array.of(command.cla, command.ins, command.p1, command.p2)),
    ]);
    expect(talk.chip.tripwires).toBe(1);
  });

  test("in clear too", () => {
    const chip = chipOf(SMALL);
    say(chip, SELECT_IN_CLEAR);
    expect([say(chip, "00A4020C020103"), say(chip, "00B0830000")]).toEqual(["6982", "6982"]);
    expect(chip.tripped).toEqual(["00A4020C", "00B08300"]);
  });
});

describe("chips that read otherwise", () => {
  test("bring no more than so much at once", () => {
    const talk = Talk.byPace(faultyChip(SMALL, "shortReads"));
    talk.ask(SELECT_APPLICATION);
    expect(talk.ask(read(0x82, 0, 200))).toEqual({ data: DG2.subarray(0, 50), sw: 0x9000 });
  });

  test.each([
    ["longRead192", 192, 0x6700],
    ["longRead160", 160, 0x6b00],
    ["longRead112", 112, 0x6282],
    ["longRead96", 96, 0x6c60],
    ["zeroReads", 128, 0x9000],
  ] as const)("%s takes %i bytes and no more", (fault, most, sw) => {
    const talk = Talk.byPace(faultyChip(SMALL, fault));
    talk.ask(SELECT_APPLICATION);
    expect(talk.ask(read(0x82, 0, most)).data).toEqual(DG2.subarray(0, most));
    expect(talk.ask(read(0x82, 0, most + 1))).toEqual({ data: new Uint8Array(), sw });
  });

  test("want the right Le", () => {
    const talk = Talk.byPace(faultyChip(SMALL, "exactLe"));
    talk.ask(SELECT_APPLICATION);
    expect(talk.ask(read(0x81, 0, 223))).toEqual({ data: new Uint8Array(), sw: 0x6c00 | DG1.length });
  });

  test("die of a long read without a word", () => {
    const chip = faultyChip(SMALL, "longReadLink");
    const talk = Talk.byPace(chip);
    talk.ask(SELECT_APPLICATION);
    expect(talk.ask(read(0x82, 0, 128)).sw).toBe(0x9000);
    expect(talk.lost(read(0x82, 0, 129))).toBe(true);
  });

  test("give everything by GET RESPONSE", () => {
    const chip = faultyChip(SMALL, "partsByGetResponse");
    expect(say(chip, "00B09C0000")).toBe("6116");
    expect(say(chip, "00C0000010")).toBe(`${toHex(CARD_ACCESS.subarray(0, 16))}6106`);
    expect(say(chip, "00C0000006")).toBe(`${toHex(CARD_ACCESS.subarray(16))}9000`);
  });
});
