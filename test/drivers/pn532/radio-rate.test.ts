/** The rate of the radio under our own engine: what the card is asked, what the chip is set to, and that it is set back. */
import { describe, expect, test } from "vitest";
import { RadioRate } from "../../../drivers/pn532/radio-rate.ts";
import { err, ok } from "../../../src/result.ts";
import { scriptedChip } from "./scripted-chip.ts";
import { SILENT, type Turn } from "./scripted-link.ts";

const pps = (response: Turn["response"] = "43 00 D0"): Turn => ({ command: "42 D0 11 0A", response });
const READ: Turn = { command: "06 6302 6303", response: "07 82 8A" };
/** TxMode, RxMode, RxThreshold, ModWidth and MifNFC; the modes keep all bits but those of the speed. */
const write = (tx: string, rx: string, receiver: string, response: Turn["response"] = "09"): Turn => {
  const [threshold, width, nfc] = receiver.split(" ");
  return {
    command: `08 6302${tx} 6303${rx} 6308${threshold} 6314${width} 630C${nfc}`,
    response,
  };
};
const RAISED = write("A2", "AA", "85 08 B2");
/** As RFConfiguration item 0A has it after a reset. */
const LOWERED = write("82", "8A", "85 26 62");

function rig(...turns: readonly Turn[]) {
  const { link, runner, timeout, clock } = scriptedChip(...turns);
  return { link, clock, timeout, radio: new RadioRate({ runner, timeout }) };
}

describe("a rate", () => {
  test("is asked for in a raw frame, and the chip set to it", async () => {
    const { link, radio } = rig(pps(), READ, RAISED);
    expect(await radio.agree(424)).toEqual(ok({ kind: "agreed" }));
    expect(link.left).toEqual([]);
    // Each answer in one go behind its acknowledgement.
    expect(link.reads).toHaveLength(3 * 2);
  });

  test("of 212 kbit/s has its own settings of the receiver", async () => {
    const request: Turn = { command: "42 D0 11 05", response: "43 00 D0" };
    const { link, radio } = rig(request, READ, write("92", "9A", "85 15 8A"));
    expect(await radio.agree(212)).toEqual(ok({ kind: "agreed" }));
    expect(link.left).toEqual([]);
  });

  test("is asked for once more where the card did not hear", async () => {
    const { link, radio } = rig(pps("43 01"), pps(), READ, RAISED);
    expect(await radio.agree(424)).toEqual(ok({ kind: "agreed" }));
    expect(link.left).toEqual([]);
  });

  test.each<[string, readonly Turn[], number]>([
    ["silent twice", [pps("43 01"), pps("43 01")], 0x01],
    ["damaged, since the card may have agreed", [pps("43 02")], 0x02],
    ["damaged, though it looks right", [pps("43 02 D0")], 0x02],
    ["silent, then damaged", [pps("43 01"), pps("43 05")], 0x05],
    ["another card number", [pps("43 00 D1")], 0x00],
    ["a whole request", [pps("43 00 D0 11 0A")], 0x00],
  ])("is refused by an answer that is %s, and the chip left as it is", async (_, turns, status) => {
    const { link, radio } = rig(...turns);
    expect(await radio.agree(424)).toEqual(ok({ kind: "refused", status }));
    expect(await radio.lower()).toEqual(ok(undefined));
    expect(link.left).toEqual([]);
  });

  test("is waited for as for a sign of life", async () => {
    const patience: Turn = { command: "32 02 00 0B 09", response: "33" };
    const { link, radio, timeout } = rig({ ...patience, command: "32 02 00 0B 0C" }, patience, pps("mute"));
    await timeout.reach(200);
    expect(await radio.agree(424)).toEqual(err({ kind: "unanswered" }));
    expect(link.deadlines).toContainEqual(expect.closeTo(25.6 + 80, 6));
    expect(link.left).toEqual([]);
  });

  test.each<[string, readonly Turn[]]>([
    ["patience", [{ command: "32 02 00 0B 09", response: "deaf" }]],
    ["the request", [pps("deaf")]],
    ["the registers read", [pps(), { ...READ, response: "deaf" }]],
    ["the registers written", [pps(), READ, { ...RAISED, response: "deaf" }]],
  ])("fails with the chip: %s", async (step, turns) => {
    const before: readonly Turn[] =
      step === "patience" ? [{ command: "32 02 00 0B 0C", response: "33" }] : [];
    const { radio, timeout } = rig(...before, ...turns);
    if (step === "patience") await timeout.reach(200);
    expect(await radio.agree(424)).toEqual(err({ kind: "reader", error: SILENT }));
  });
});

describe("the radio is set back to 106 kbit/s", () => {
  test("by what it was before, in one command, and once", async () => {
    const { link, radio } = rig(pps(), READ, RAISED, LOWERED);
    await radio.agree(424);
    expect(await radio.lower()).toEqual(ok(undefined));
    expect(await radio.lower()).toEqual(ok(undefined));
    expect(link.left).toEqual([]);
  });

  test("and nothing is sent where it was never raised", async () => {
    const { link, radio } = rig();
    expect(await radio.lower()).toEqual(ok(undefined));
    expect(link.left).toEqual([]);
  });

  test("where the chip did not say whether it was set: it may have obeyed", async () => {
    const { link, radio } = rig(pps(), READ, { ...RAISED, response: "mute" }, LOWERED);
    expect(await radio.agree(424)).toEqual(err({ kind: "unanswered" }));
    expect(await radio.lower()).toEqual(ok(undefined));
    expect(link.left).toEqual([]);
  });

  test("where another program may have raised it, whatever it left, and once", async () => {
    const { link, radio } = rig({ ...READ, response: "07 A2 AA" }, LOWERED);
    radio.mayBeRaised();
    expect(await radio.lower()).toEqual(ok(undefined));
    expect(await radio.lower()).toEqual(ok(undefined));
    expect(link.left).toEqual([]);
  });

  test("again, as long as the chip did not say that it was", async () => {
    const unread: Turn = { ...READ, response: "deaf" };
    const { link, radio } = rig(unread, READ, { ...LOWERED, response: "deaf" }, READ, LOWERED);
    radio.mayBeRaised();
    const failed = err({ kind: "reader", error: SILENT });
    expect([await radio.lower(), await radio.lower()]).toEqual([failed, failed]);
    expect(await radio.lower()).toEqual(ok(undefined));
    expect(link.left).toEqual([]);
  });
});
