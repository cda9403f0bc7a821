/** A card from its detection until it is dropped: which engine its APDUs go by, its rate, and what is learned of its kind. */
import { describe, expect, test } from "vitest";
import { activeCard } from "../../../drivers/pn532/active-card.ts";
import { CardSession } from "../../../drivers/pn532/card-session.ts";
import { CardSpeeds } from "../../../drivers/pn532/card-speed.ts";
import { type FrameChoice, IsoDepChoice } from "../../../drivers/pn532/iso-dep-choice.ts";
import { RadioRate } from "../../../drivers/pn532/radio-rate.ts";
import { hex, toHex } from "../../../src/bytes/hex.ts";
import { silentLog } from "../../../src/ports/log.ts";
import { err, ok } from "../../../src/result.ts";
import { millis } from "../../../src/time/time.ts";
import { scriptedChip } from "./scripted-chip.ts";
import { SILENT, type Turn } from "./scripted-link.ts";

/** FSCI 8 (frames of 256 bytes), TA 33 (up to 424 kbit/s), FWI 4 (4.8 ms), no guard time. */
const ATS = "06783340 02 31";
const [SHORT, LONG] = ["00B0000000", `00D60000C8${"5A".repeat(200)}`];
const OK = "9000";

interface CardFacts {
  readonly frames?: FrameChoice;
  readonly ats?: string;
}

const card = ({ frames = 256, ats = ATS }: CardFacts = {}) =>
  activeCard({ protocol: "typeA", number: 1, sak: 0x20, uid: hex("04010203"), ats: hex(ats) }, frames);

function rig(facts: CardFacts, ...turns: readonly Turn[]) {
  const chip = scriptedChip(...turns);
  const { clock, runner, timeout } = chip;
  const speeds = new CardSpeeds(clock);
  const choice = new IsoDepChoice({ engine: "software", clock, log: silentLog });
  const parts = { runner, clock, timeout, speeds, choice, radio: new RadioRate({ runner, timeout }) };
  const active = card(facts);
  const session = new CardSession(parts, active, "fresh");
  const send = (command: string, until?: number) =>
    session.transceive(hex(command), until === undefined ? undefined : millis(until));
  return { ...chip, parts, speeds, choice, active, session, send };
}

const raw = (block: string, response: Turn["response"]): Turn => ({ command: `42${block}`, response });
const byFirmware = (apdu: string, response: Turn["response"]): Turn => ({ command: `4001${apdu}`, response });
const PPS = raw("D0110A", "43 00 D0");
const MODES: Turn = { command: "06 6302 6303", response: "07 80 80" };
const RAISED: Turn = { command: "08 6302A0 6303A0 630885 631408 630CB2", response: "09" };
const AGREED = [PPS, MODES, RAISED];
const IN_PSL: Turn = { command: "4E 01 02 02", response: "4F 00" };

describe("an APDU", () => {
  test("goes by the firmware's engine where the card was activated for it", async () => {
    const { link, send, session } = rig({ frames: "firmware" }, byFirmware(SHORT, `41 00 ${OK}`));
    expect(session.link).toEqual({ kbits: 106, isoDep: "firmware", frameBytes: 64 });
    expect(await send(SHORT)).toEqual(ok(hex(OK)));
    expect(link.left).toEqual([]);
  });

  test.each([
    [256, 253],
    [128, 125],
    [64, 61],
  ] as const)(
    "goes by our own in blocks of up to %i bytes, however much more the card takes",
    async (frames, dataBytes) => {
      const whole = `00D60000FF${"5A".repeat(255)}`;
      const parts = [whole.slice(0, dataBytes * 2)];
      const { session, send } = rig({ frames }, raw(`12${parts[0]}`, "43 27"));
      expect(session.link).toEqual({ kbits: 106, isoDep: "software", frameBytes: frames });
      expect(await send(whole)).toEqual(err({ kind: "cardLost", status: 0x27 }));
    },
  );

  test("goes in shorter blocks to a card that takes no longer ones", async () => {
    const { send } = rig({ ats: "02 72" }, raw(`12${LONG.slice(0, 2 * 29)}`, "43 27"));
    expect(await send(LONG)).toEqual(err({ kind: "cardLost", status: 0x27 }));
  });

  test("has no more time than its caller gives it, and none that nobody gives", async () => {
    const { send, link } = rig({}, raw(`02${SHORT}`, "mute"));
    expect(await send(SHORT, 30)).toEqual(err({ kind: "cardLost", status: 0x01 }));
    expect(link.deadlines[1]).toBeCloseTo(30, 6);
  });

  test("without an end of its caller's takes no longer than one answer may by the firmware", async () => {
    const askForTime: Turn = raw("F23B", "43 00 F23B");
    const turns = [raw(`02${SHORT}`, "43 00 F23B"), { command: "32 02 00 0B 0D", response: "33" }];
    const { send, clock, link } = rig({}, ...turns, askForTime, askForTime, askForTime);
    const write = link.write.bind(link);
    link.write = (frame) => {
      clock.pass(200);
      return write(frame);
    };
    // 550 ms: the APDU, the chip's patience and one grant have gone out by then.
    expect(await send(SHORT)).toEqual(err({ kind: "cardLost", status: 0x01 }));
    expect(link.left).toHaveLength(2);
  });

  test("with one of its caller's may take all of it, if the card asks for time", async () => {
    const wait = raw("F23B", `43 00 02 ${OK}`);
    const turns = [raw(`02${SHORT}`, "43 00 F23B"), { command: "32 02 00 0B 0D", response: "33" }, wait];
    const { send, clock, link } = rig({}, ...turns);
    const write = link.write.bind(link);
    link.write = (frame) => {
      clock.pass(500);
      return write(frame);
    };
    expect(await send(SHORT, 10_000)).toEqual(ok(hex(OK)));
  });

  test("and its answer are read from the chip in one go where the command says how long it is", async () => {
    const answer = `${"A5".repeat(100)}${OK}`;
    const { link, send } = rig({}, raw("0200B0000064", `43 00 02${answer}`));
    expect(await send("00B0000064")).toEqual(ok(hex(answer)));
    // The acknowledgement, and the answer with room for what a link puts round it.
    expect(link.reads).toHaveLength(2);
  });
});

describe("a sign of life", () => {
  test("is asked for by the engine that holds the card's block number", async () => {
    const { session, send } = rig({}, raw(`02${SHORT}`, `43 00 02 ${OK}`));
    expect(toHex(session.signOfLife)).toBe("B2");
    await send(SHORT);
    expect(toHex(session.signOfLife)).toBe("B3");
  });

  test("is the card's own frame where the firmware holds it", async () => {
    const { session, send } = rig({ frames: "firmware" }, byFirmware(SHORT, `41 00 ${OK}`));
    await send(SHORT);
    expect(toHex(session.signOfLife)).toBe("B2");
  });
});

describe("what a kind of card carries", () => {
  const [NAK] = ["B2"];
  const noise = (status: string, apdu = LONG): readonly Turn[] => [
    raw(`02${apdu}`, `43 ${status}`),
    raw(NAK, `43 ${status}`),
    raw(NAK, `43 ${status}`),
  ];

  test("is less where the chip says that its buffer was full", async () => {
    const { choice, active, send } = rig({}, ...noise("09"));
    expect(await send(LONG)).toEqual(err({ kind: "cardLost", status: 0x09 }));
    expect(choice.of(active.family)).toBe(128);
  });

  test("is less where long blocks arrive damaged in two readings", async () => {
    const { choice, active, parts, send } = rig({}, ...noise("02"), ...noise("02"));
    await send(LONG);
    expect(choice.of(active.family)).toBe(256);
    await new CardSession(parts, active, "fresh").transceive(hex(LONG), undefined);
    expect(choice.of(active.family)).toBe(128);
  });

  test.each([
    [128, 256],
    [129, 128],
  ])(
    "is judged by blocks that the next smaller frames could not hold: one of %i bytes",
    async (blockBytes, frames) => {
      // PCB and status words.
      const apdu = `00B00000${(blockBytes - 3).toString(16)}`;
      const { choice, active, parts, send } = rig({}, ...noise("02", apdu), ...noise("02", apdu));
      await send(apdu);
      await new CardSession(parts, active, "fresh").transceive(hex(apdu), undefined);
      expect(choice.of(active.family)).toBe(frames);
    },
  );

  test("is not judged by a command that asks for as much as there is: that is usually little", async () => {
    const { choice, active, parts, send } = rig({}, ...noise("02", SHORT), ...noise("02", SHORT));
    await send(SHORT);
    await new CardSession(parts, active, "fresh").transceive(hex(SHORT), undefined);
    expect(choice.of(active.family)).toBe(256);
  });

  test("is not judged by silence", async () => {
    const { choice, active, parts, send } = rig({}, ...noise("01"), ...noise("01"));
    await send(LONG);
    await new CardSession(parts, active, "fresh").transceive(hex(LONG), undefined);
    expect(choice.of(active.family)).toBe(256);
  });

  test("is as good as before once a long block has arrived", async () => {
    const answer = `${"A5".repeat(200)}${OK}`;
    const good: readonly Turn[] = [raw("0200B00000C8", `43 00 02${answer}`)];
    const { choice, active, parts, send } = rig({}, ...noise("02"), ...good, ...noise("02"));
    await send(LONG);
    expect(await new CardSession(parts, active, "fresh").transceive(hex("00B00000C8"), undefined)).toEqual(
      ok(hex(answer)),
    );
    await new CardSession(parts, active, "fresh").transceive(hex(LONG), undefined);
    expect(choice.of(active.family)).toBe(256);
  });

  test("is shown by the firmware's engine as well: a reading by it ends what a failed trial has put off", async () => {
    const answer = `${"A5".repeat(40)}${OK}`;
    const { choice, active, clock, send } = rig(
      { frames: "firmware" },
      byFirmware("00B0000028", `41 00 ${answer}`),
    );
    const { family } = active;
    for (const frames of [256, 128, 64] as const) choice.failed({ family, frames }, "overflow", 254);
    clock.pass(10 * 3_600_000);
    choice.failed({ family, frames: 64 }, "overflow", 62);
    clock.pass(10 * 3_600_000);
    expect(choice.of(family)).toBe("firmware");
    await send("00B0000028");
    expect(choice.of(family)).toBe(64);
  });
});

describe("the rate", () => {
  test.each<[FrameChoice, readonly Turn[]]>([
    ["firmware", [IN_PSL]],
    [256, AGREED],
  ])("is agreed on in the way of the engine (%s), and once", async (frames, turns) => {
    const { session, link } = rig({ frames }, ...turns);
    expect(await session.raiseSpeed()).toEqual(ok("agreed"));
    expect(await session.raiseSpeed()).toEqual(ok("agreed"));
    expect(session.link.kbits).toBe(424);
    expect(link.left).toEqual([]);
  });

  test("stays at 106 without a word to a card that offers no other", async () => {
    const { session } = rig({ ats: "05 68 40 02 31" });
    expect(await session.raiseSpeed()).toEqual(ok("agreed"));
    expect(session.link.kbits).toBe(106);
  });

  test("stays at 106 without a word to a card whose kind has refused", async () => {
    const { session, speeds, active } = rig({});
    speeds.failed(active, "refused");
    expect(await session.raiseSpeed()).toEqual(ok("agreed"));
    expect(session.link.kbits).toBe(106);
  });

  test.each<[FrameChoice, string, Turn["response"], unknown]>([
    ["firmware", "silence", "4F 01", ok("refused")],
    ["firmware", "a wrong word", "4F 0B", ok("refused")],
    ["firmware", "noise", "4F 02", ok("damaged")],
    ["firmware", "a chip that never answered", "mute", ok("damaged")],
    ["firmware", "no target", "4F 27", ok("damaged")],
    [256, "a wrong word", "43 00 D1", ok("refused")],
    [256, "noise", "43 02", ok("damaged")],
    [256, "a chip that never answered", "mute", ok("damaged")],
    ["firmware", "a dead chip", "deaf", err({ kind: "readerFailed", error: SILENT })],
    [256, "a dead chip", "deaf", err({ kind: "readerFailed", error: SILENT })],
    [
      "firmware",
      "a parameter that the chip does not take",
      "4F 10",
      err({ kind: "readerFailed", error: { kind: "chipRefused", command: "InPSL", status: 0x10 } }),
    ],
    [
      256,
      "a hot chip",
      "43 0D",
      err({ kind: "readerFailed", error: { kind: "chipProtection", cause: "overTemperature" } }),
    ],
  ])("by %s is told from: %s", async (frames, _, response, outcome) => {
    const request = frames === "firmware" ? IN_PSL : PPS;
    const { session } = rig({ frames }, { ...request, response });
    expect(await session.raiseSpeed()).toEqual(outcome);
    expect(session.link.kbits).toBe(106);
  });

  test("refused by silence to our own engine takes two requests", async () => {
    const { session, link } = rig({}, { ...PPS, response: "43 01" }, { ...PPS, response: "43 01" });
    expect(await session.raiseSpeed()).toEqual(ok("refused"));
    expect(link.left).toEqual([]);
  });

  test("is a matter for before the first APDU, of a session that was taken up again too", async () => {
    const { session, send, parts, active } = rig({ frames: "firmware" }, byFirmware(SHORT, "41 01"));
    await send(SHORT);
    await expect(session.raiseSpeed()).rejects.toThrow("before the first APDU");
    await expect(new CardSession(parts, active, "used").raiseSpeed()).rejects.toThrow(
      "before the first APDU",
    );
  });

  test("is 106 again for a card that was activated once more, with a new engine", async () => {
    const { session, send, link } = rig({}, ...AGREED, byFirmware(SHORT, `41 00 ${OK}`));
    await session.raiseSpeed();
    const again = card({ frames: "firmware" });
    session.replace(again);
    expect(session.link).toEqual({ kbits: 106, isoDep: "firmware", frameBytes: 64 });
    expect(session.active).toBe(again);
    expect(await send(SHORT)).toEqual(ok(hex(OK)));
    expect(link.left).toEqual([]);
  });

  describe("is judged by the first answer at it", () => {
    /** A kind that has failed once: the second time speaks against it. */
    async function judged(...responses: readonly Turn["response"][]) {
      const apdus = responses.map((response) => byFirmware(SHORT, response));
      const world = rig({ frames: "firmware" }, IN_PSL, ...apdus);
      world.speeds.failed(world.active, "damaged");
      await world.session.raiseSpeed();
      for (const _ of responses) await world.send(SHORT);
      return world.speeds;
    }
    const worthTrying = (speeds: CardSpeeds): number => speeds.worthTrying(card({ frames: "firmware" }));

    test("silence speaks against the kind", async () => {
      expect(worthTrying(await judged("41 01"))).toBe(106);
    });

    test.each([
      ["a full buffer", "41 09"],
      ["a chip that fails", "41 10"],
      ["a card that breaks the protocol", "41 00 90"],
    ])("%s does not", async (_, response) => {
      expect(worthTrying(await judged(response))).toBe(424);
    });

    test("an answer clears it, and what comes later does not count", async () => {
      const speeds = await judged(`41 00 ${OK}`, "41 01");
      speeds.failed(card({ frames: "firmware" }), "damaged");
      expect(worthTrying(speeds)).toBe(424);
    });

    test("at 106 nothing speaks against it", async () => {
      const { speeds, send, active } = rig({ frames: "firmware" }, byFirmware(SHORT, "41 01"));
      speeds.failed(active, "damaged");
      await send(SHORT);
      expect(speeds.worthTrying(active)).toBe(424);
    });
  });
});

describe("taking leave", () => {
  const DESELECT = (response: Turn["response"] = "43 00 C2"): Turn => raw("C2", response);
  const ANSWERED = raw(`02${SHORT}`, `43 00 02 ${OK}`);

  test("of a card of ours that has answered is S(DESELECT), once", async () => {
    const { session, send, link } = rig({}, ANSWERED, DESELECT());
    await send(SHORT);
    expect(await session.deselect()).toEqual(ok(undefined));
    expect(await session.deselect()).toEqual(ok(undefined));
    expect(link.left).toEqual([]);
  });

  test("of the firmware's card is the firmware's, and of one that nobody spoke to needs no word", async () => {
    const firmware = rig({ frames: "firmware" }, byFirmware(SHORT, `41 00 ${OK}`));
    await firmware.send(SHORT);
    expect(await firmware.session.deselect()).toEqual(ok(undefined));
    expect(await rig({}).session.deselect()).toEqual(ok(undefined));
  });

  test("of a card that is gone costs nothing", async () => {
    const lost = rig({}, raw(`02${SHORT}`, "43 27"));
    await lost.send(SHORT);
    expect(await lost.session.deselect()).toEqual(ok(undefined));
    const silent = rig({}, ANSWERED);
    await silent.send(SHORT);
    silent.session.fellSilent();
    expect(await silent.session.deselect()).toEqual(ok(undefined));
  });

  test("needs no patience of its own: that of the next card is set before it", async () => {
    const patience = (code: string): Turn => ({ command: `32 02 00 0B ${code}`, response: "33" });
    const world = rig({ ats: "06783380 02 31" }, patience("0B"), ANSWERED, patience("09"), DESELECT());
    await world.send(SHORT);
    expect(await world.session.deselect()).toEqual(ok(undefined));
    await world.timeout.reach(25.6);
    expect(world.link.left).toEqual([]);
  });

  test("that meets no target any more is no matter", async () => {
    const { session, send, link } = rig({}, ANSWERED, DESELECT("43 27"));
    await send(SHORT);
    expect(await session.deselect()).toEqual(ok(undefined));
    expect(link.left).toEqual([]);
  });

  test("that is lost is repeated twice, and then it is no matter either", async () => {
    const turns = [DESELECT("43 01"), DESELECT("43 02"), DESELECT("43 01")];
    const { session, send, link } = rig({}, ANSWERED, ...turns);
    await send(SHORT);
    expect(await session.deselect()).toEqual(ok(undefined));
    expect(link.left).toEqual([]);
  });

  test("is not repeated without end by a chip that hangs", async () => {
    const { session, send, link, clock } = rig({}, ANSWERED, DESELECT("mute"), DESELECT("mute"), DESELECT());
    await send(SHORT);
    const write = link.write.bind(link);
    link.write = (frame) => {
      clock.pass(130);
      return write(frame);
    };
    expect(await session.deselect()).toEqual(ok(undefined));
    expect(link.left).toHaveLength(1);
  });

  test("that shows a chip which protects itself is the reader's trouble", async () => {
    const { session, send } = rig({}, ANSWERED, DESELECT("43 2D"));
    await send(SHORT);
    expect(await session.deselect()).toEqual(err({ kind: "chipProtection", cause: "overCurrent" }));
  });

  test("that a dead chip is to be made patient for is, too", async () => {
    const deaf: Turn = { command: "32 02 00 0B 09", response: "deaf" };
    const { session, send } = rig(
      ...([
        { ats: "06783380 02 31" },
        { command: "32 02 00 0B 0B", response: "33" },
        ANSWERED,
        deaf,
      ] as const),
    );
    await send(SHORT);
    expect(await session.deselect()).toEqual(err(SILENT));
  });
});
