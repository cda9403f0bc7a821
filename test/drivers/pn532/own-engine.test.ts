/** A reader that speaks ISO-DEP by itself, command by command: what it sends to the chip, in which order, and what it makes of refusals. */
import { describe, expect, test } from "vitest";
import { createPn532Reader } from "../../../drivers/pn532/reader.ts";
import { hex } from "../../../src/bytes/hex.ts";
import { silentLog } from "../../../src/ports/log.ts";
import { err, ok } from "../../../src/result.ts";
import { VirtualClock } from "../../../src/sim/virtual-clock.ts";
import { VirtualTimeline } from "../../../src/sim/virtual-timeline.ts";
import { instant } from "../../../src/time/time.ts";
import { ScriptedLink, type Turn } from "./scripted-link.ts";

const BY_HOST: Turn = { command: "1204", response: "13" };
const TRIES_2: Turn = { command: "3205FF0101", response: "33" };
const FIELD_OFF: Turn = { command: "320100", response: "33" };
const FIELD_ON: Turn = { command: "320101", response: "33" };
/** An ISO-DEP card that was selected and has not been asked for its answer to select. */
const SELECTED: Turn = { command: "4A0100", response: "4B 01 01 0004 20 04 80010203" };
/** FSCI 8, TA 33, FWI 8, no guard time. */
const ATS = "067833800231";
const RATS = (fsdi: number, response = `4300${ATS}`): Turn => ({ command: `42E0${fsdi}0`, response });
/** 102.4 ms, for 77.3 ms and a margin; 25.6 ms, for the rest. */
const WAIT_FWI_8: Turn = { command: "3202000B0B", response: "33" };
const WAIT_SIGN: Turn = { command: "3202000B09", response: "33" };
const APDU = hex("00B0000000");
const SEND: Turn = { command: "420200B0000000", response: "4300029000" };
const SILENT = "4301";
const DAMAGED = "4302";

function rig(...turns: readonly Turn[]) {
  const timeline = new VirtualTimeline();
  const clock = VirtualClock.startingAt(timeline, instant(0));
  const link = new ScriptedLink(...turns);
  const reader = createPn532Reader({ link, clock, log: silentLog, isoDep: "software" });
  const settle = <T>(promise: Promise<T>): Promise<T> => timeline.resolve(promise);
  const poll = () => settle(reader.poll(new AbortController().signal));
  const present = async () => {
    const found = await poll();
    if (!found.ok || found.value === undefined) throw new Error("no card");
    return found.value;
  };
  return { link, reader, settle, poll, present };
}

describe("a card", () => {
  test("is selected by the chip and asked for its ATS by us, once automatic RATS is off", async () => {
    const { link, present } = rig(BY_HOST, SELECTED, RATS(8), SELECTED, RATS(8));
    expect(await present()).toMatchObject({ kind: "isoDep", sak: 0x20, historicalBytes: hex("31") });
    await present();
    expect(link.left).toEqual([]);
  });

  test("without ISO-DEP is asked for nothing", async () => {
    const pass: Turn = { command: "4A0100", response: "4B 01 01 0004 08 04 04A1B2C3" };
    const { link, present } = rig(BY_HOST, pass);
    expect(await present()).toMatchObject({ kind: "other" });
    expect(link.left).toEqual([]);
  });

  test.each<[string, readonly Turn[]]>([
    ["is silent to RATS, twice", [RATS(8, SILENT), RATS(8, SILENT)]],
    ["answers it with noise", [RATS(8, DAMAGED)]],
  ])("that %s is nobody until the field was off", async (_, asked) => {
    const { link, poll } = rig(
      ...[BY_HOST, SELECTED, ...asked, FIELD_OFF, FIELD_ON],
      ...[
        { command: "3205FF0100", response: "33" },
        { command: "4A010300", response: "4B00" },
      ],
    );
    expect(await poll()).toEqual(ok(undefined));
    expect(link.left).toEqual([]);
  });

  test("that answers the second RATS was only slow to hear", async () => {
    const { link, present } = rig(BY_HOST, SELECTED, RATS(8, SILENT), RATS(8));
    expect(await present()).toMatchObject({ kind: "isoDep" });
    expect(link.left).toEqual([]);
  });

  test("that the chip has asked by itself is left to the chip, which is told again", async () => {
    const asked: Turn = { command: "4A0100", response: `4B 01 01 0004 20 04 80010203 ${ATS}` };
    const send: Turn = { command: "400100B0000000", response: "41009000" };
    const { link, present, settle } = rig(BY_HOST, asked, send, BY_HOST, SELECTED, RATS(8));
    const card = await present();
    expect(await settle(card.channel.transceive(APDU))).toEqual(ok(hex("9000")));
    await present();
    expect(link.left).toEqual([]);
  });

  test("of type B stays with the firmware, whose settings are left alone", async () => {
    const nobody: Turn = { command: "4A0100", response: "4B00" };
    const typeB: Turn = {
      command: "4A010300",
      response: "4B 01 01 50 11223344 00000000 00 81 81 0105",
    };
    const send: Turn = { command: "400100B0000000", response: "41009000" };
    const { link, present, settle } = rig(
      ...[BY_HOST, nobody, { command: "3205FF0100", response: "33" }, typeB, send],
    );
    const card = await present();
    expect(await settle(card.channel.transceive(APDU))).toEqual(ok(hex("9000")));
    expect(link.left).toEqual([]);
  });
});

describe("an APDU", () => {
  const found = [BY_HOST, SELECTED, RATS(8)];

  test("is a block in a raw frame, with the card's own waiting time", async () => {
    const next: Turn = { command: "420300B0000000", response: "4300039000" };
    const { link, present, settle } = rig(...found, WAIT_FWI_8, SEND, next);
    const { channel } = await present();
    expect(await settle(channel.transceive(APDU))).toEqual(ok(hex("9000")));
    expect(await settle(channel.transceive(APDU))).toEqual(ok(hex("9000")));
    expect(link.left).toEqual([]);
  });

  test("waits as long as the card asks for, and no longer than that for the next", async () => {
    const wtx: Turn = { command: "42F20A", response: "4300029000" };
    const next: Turn = { command: "420300B0000000", response: "4300039000" };
    const { link, present, settle } = rig(
      ...[...found, WAIT_FWI_8, { ...SEND, response: "4300F20A" }],
      // 773 ms asked for: code 0E, 819.2 ms.
      ...[{ command: "3202000B0E", response: "33" }, wtx, WAIT_FWI_8, next],
    );
    const { channel } = await present();
    expect(await settle(channel.transceive(APDU))).toEqual(ok(hex("9000")));
    expect(await settle(channel.transceive(APDU))).toEqual(ok(hex("9000")));
    expect(link.left).toEqual([]);
  });

  test("that meets noise is asked about by R(NAK), and never sent again unasked", async () => {
    const nak: Turn = { command: "42B2", response: "4300029000" };
    const { link, present, settle } = rig(...found, WAIT_FWI_8, { ...SEND, response: DAMAGED }, nak);
    const { channel } = await present();
    expect(await settle(channel.transceive(APDU))).toEqual(ok(hex("9000")));
    expect(link.left).toEqual([]);
  });

  test("is lost with the chip's last word, and so is the card from then on", async () => {
    const nak: Turn = { command: "42B2", response: SILENT };
    const { link, present, settle } = rig(...found, WAIT_FWI_8, { ...SEND, response: SILENT }, nak, nak);
    const { channel } = await present();
    expect(await settle(channel.transceive(APDU))).toEqual(err({ kind: "cardLost", status: 0x01 }));
    expect(await settle(channel.transceive(APDU))).toEqual(err({ kind: "cardLost", status: 0x01 }));
    expect(link.left).toEqual([]);
  });

  test("that the chip refuses is the reader's trouble", async () => {
    const { present, settle } = rig(...found, WAIT_FWI_8, { ...SEND, response: "4310" });
    const { channel } = await present();
    const error = { kind: "chipRefused", command: "InCommunicateThru", status: 0x10 };
    expect(await settle(channel.transceive(APDU))).toEqual(err({ kind: "readerFailed", error }));
  });

  test("behind it the card is asked for a sign of life that is short", async () => {
    const sign: Turn = { command: "42B3", response: "4300A2" };
    const { link, reader, present, settle } = rig(...found, WAIT_FWI_8, SEND, WAIT_SIGN, sign);
    const { channel } = await present();
    await settle(channel.transceive(APDU));
    expect(await settle(reader.isPresent())).toEqual(ok(true));
    expect(link.left).toEqual([]);
  });
});

describe("dropping", () => {
  const DESELECT = (response = "4300C2"): Turn => ({ command: "42C2", response });
  const spokenTo = [BY_HOST, SELECTED, RATS(8), WAIT_FWI_8, SEND, WAIT_SIGN];

  async function dropped(...turns: readonly Turn[]) {
    const world = rig(...spokenTo, ...turns);
    const { channel } = await world.present();
    await world.settle(channel.transceive(APDU));
    return { ...world, result: await world.settle(world.reader.drop()) };
  }

  test("a card that has answered is taken leave of, and then reset", async () => {
    const { link, result } = await dropped(DESELECT(), FIELD_OFF, FIELD_ON);
    expect(result).toEqual(ok(undefined));
    expect(link.left).toEqual([]);
  });

  test("a card that was found to be gone is not waited for", async () => {
    const sign: Turn = { command: "42B3", response: SILENT };
    const { link, reader, present, settle } = rig(...spokenTo, sign, sign, FIELD_OFF, FIELD_ON);
    await settle((await present()).channel.transceive(APDU));
    expect(await settle(reader.isPresent())).toEqual(ok(false));
    expect(await settle(reader.drop())).toEqual(ok(undefined));
    expect(link.left).toEqual([]);
  });

  test("leaves the carrier of a chip off that fails in it, and the chip to a new start", async () => {
    const { link, result, poll } = await dropped(DESELECT("432D"), FIELD_OFF);
    const error = err({ kind: "chipProtection", cause: "overCurrent" });
    expect(result).toEqual(error);
    expect(await poll()).toEqual(error);
    expect(link.left).toEqual([]);
  });
});

describe("a faster radio link", () => {
  const found = [BY_HOST, SELECTED, RATS(8)];
  const PPS: Turn = { command: "42D0110A", response: "4300D0" };
  const MODES: Turn = { command: "0663026303", response: "078088" };
  /** Speed 2 in bits 6 to 4, the rest as it was; then threshold, modulation width and MifNFC of item 0D. */
  const RATE_424: Turn = { command: "086302A06303A863088563140863 0CB2", response: "09" };

  test("is agreed on by PPS, and the chip's radio set to it", async () => {
    const { link, present, settle } = rig(...found, PPS, MODES, RATE_424, WAIT_FWI_8, SEND);
    const card = await present();
    expect(await settle(card.raiseSpeed())).toEqual(ok({ kbits: 424, isoDep: "software", frameBytes: 256 }));
    expect(await settle(card.channel.transceive(APDU))).toEqual(ok(hex("9000")));
    expect(link.left).toEqual([]);
  });

  const RATE_106: Turn = { command: "08 630280 630388 630885 631426 630C62", response: "09" };

  test("is taken back before the next card is looked for", async () => {
    const { link, present, settle, poll } = rig(...found, PPS, MODES, RATE_424, RATE_106, SELECTED, RATS(8));
    expect(await settle((await present()).raiseSpeed())).toMatchObject(ok({ kbits: 424 }));
    expect(await poll()).toMatchObject(ok({ kind: "isoDep" }));
    expect(link.left).toEqual([]);
  });

  test("is taken back when the reader stops, for whoever uses the chip next", async () => {
    const { link, present, settle, reader } = rig(...found, PPS, MODES, RATE_424, FIELD_OFF, RATE_106);
    await settle((await present()).raiseSpeed());
    await settle(reader.stop());
    expect(link.left).toEqual([]);
  });

  test("that the card does not answer is asked for twice; then it is activated anew", async () => {
    const refused = { ...PPS, response: SILENT };
    const { link, present, settle } = rig(
      ...[...found, refused, refused, FIELD_OFF, FIELD_ON, TRIES_2, SELECTED, RATS(8)],
    );
    const card = await present();
    expect(await settle(card.raiseSpeed())).toEqual(ok({ kbits: 106, isoDep: "software", frameBytes: 256 }));
    expect(link.left).toEqual([]);
  });

  test("that it answers by something else is refused", async () => {
    const { link, present, settle } = rig(
      ...[...found, { ...PPS, response: "4300D1" }, FIELD_OFF, FIELD_ON, TRIES_2, SELECTED, RATS(8)],
    );
    const card = await present();
    expect(await settle(card.raiseSpeed())).toMatchObject(ok({ kbits: 106 }));
    expect(link.left).toEqual([]);
  });

  test("a chip that is too hot for it is the reader's trouble", async () => {
    const { present, settle, poll } = rig(...found, { ...PPS, response: "430D" }, FIELD_OFF);
    const card = await present();
    const error = { kind: "chipProtection", cause: "overTemperature" };
    expect(await settle(card.raiseSpeed())).toEqual(err({ kind: "readerFailed", error }));
    expect(await poll()).toEqual(err(error));
  });
});
