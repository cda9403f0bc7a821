/** A CIE with both its sides: what one leaves to the other, and that a gate's reader gets through both in one presentation. */
import { describe, expect, test } from "vitest";
import { type Exchange, run } from "../../../src/apdu/exchange.ts";
import { toHex } from "../../../src/bytes/hex.ts";
import { FamilyCache } from "../../../src/cie/families.ts";
import { readCieNis } from "../../../src/cie/read-nis.ts";
import { parseRsaPublicKey } from "../../../src/crypto/rsa-block.ts";
import { EphemeralKeys } from "../../../src/emrtd/pace-keys.ts";
import { DocumentFamilies } from "../../../src/emrtd/read-manner.ts";
import { proveChip } from "../../../src/gate/chip-proof.ts";
import { examineDocument } from "../../../src/gate/examine-document.ts";
import type { CardChannel } from "../../../src/ports/card.ts";
import { silentLog } from "../../../src/ports/log.ts";
import { ok } from "../../../src/result.ts";
import { holderOf } from "../../../src/sim/cards/cie-chip.ts";
import { CIE_FAMILY_NAMES } from "../../../src/sim/cards/cie-families.table.ts";
import type { CieDocument, CieSpec } from "../../../src/sim/cards/cie-spec.ts";
import { makeCard, parseCardSpec } from "../../../src/sim/cards/make-card.ts";
import { contentOf } from "../../../src/sim/emrtd/documents/content-of.ts";
import { cardKey } from "../../../src/sim/pki/test-key.ts";
import { SeededRandom } from "../../../src/sim/seeded-random.ts";
import { millis } from "../../../src/time/time.ts";
import { NOW, sharedAnchors, TODAY } from "../../emrtd/whole-document.ts";
import { bad, good } from "../../good.ts";
import { CardInHand } from "./card-in-hand.ts";
import { authenticate, NIS, SELECT_CIE, SELECT_IAS, SET_KEY } from "./cie-talk.ts";

const SELECT_MF = "00A40000";
const SELECT_TRAVEL = "00A4040C07A0000002471001";
const READ_NIS = "00B081000C";
const READ_CARD_ACCESS = "00B09C0000";
const SET_PACE = "0022C1A40F800A04007F00070202040101830102";
const ASK_NONCE = "10860000027C0000";
const ASK_CHALLENGE = "0084000008";
/** Any command under protection: no session that is on takes its code. */
const PROTECTED = "0C B0 9D 00 0D 97 01 00 8E 08 0000000000000000 00".replaceAll(" ", "");
const NO_SESSION = "6987";
const SESSION_OVER = "6988";
const NIS_ANSWER = "3132333435363738393031329000";
const CHALLENGE = "00112233445566778899AABBCCDDEEFF";

const clock = { monotonicMs: () => millis(0), wallTime: () => NOW, sleep: async () => undefined };
const context = { clock, log: silentLog, until: millis(1_000) };

interface WholeSpec extends Partial<Omit<CieSpec, "document">> {
  readonly document?: CieDocument;
}

const spec = ({ document = {}, ...rest }: WholeSpec = {}): CieSpec => ({
  ...{ card: "cie", family: "gemalto", nis: NIS, apduUs: 0, rsaUs: 0 },
  document: { latency: "none", ...document },
  ...rest,
});

const inHand = (of: WholeSpec = {}): CardInHand => new CardInHand(spec(of));

const readNis = async (card: CardInHand, channel: CardChannel) =>
  toHex(good(await run(readCieNis(new FamilyCache().routesFor(card.historicalBytes)), channel, context)).nis);

/** As a protocol, so that the guard of commands hears of it. */
function* masterFile(): Exchange<string, never> {
  const { sw } = yield { cla: 0x00, ins: 0xa4, p1: 0x00, p2: 0x00 };
  return ok(sw.toString(16));
}

const selectMasterFile = async (channel: CardChannel) => good(await run(masterFile(), channel, context));

/** The document by its CAN, from where the card is now. */
function examined(card: CardInHand, channel: CardChannel, can = "314159") {
  const random = new SeededRandom(7);
  const request = {
    ...{ password: { reference: "CAN", key: new TextEncoder().encode(can) } as const },
    ...{ keys: new EphemeralKeys(random), random, bac: "never" as const },
    ...{ anchors: sharedAnchors(), at: NOW, today: TODAY, wanted: [] },
  };
  return examineDocument({ historicalBytes: card.historicalBytes, channel }, request, {
    ...{ clock, log: silentLog, families: new DocumentFamilies() },
    activateAnew: async () => ok({ channel: card.activate() }),
  });
}

const ALL_PROOFS = ["cardAccess", "documentSignature", "documentChip"];

describe("one presentation", () => {
  test.each(CIE_FAMILY_NAMES)("of %s: number, master file, document by CAN, number again", async (family) => {
    const card = inHand({ family });
    const channel = card.activate();
    expect(await readNis(card, channel)).toBe(NIS_ANSWER.slice(0, -4));
    expect(await selectMasterFile(channel)).toBe("9000");
    expect([...good(await examined(card, channel)).proofs]).toEqual(ALL_PROOFS);
    expect(await readNis(card, channel)).toBe(NIS_ANSWER.slice(0, -4));
    const { cie, emrtd } = card.made;
    expect([cie?.unexpected, cie?.tripwires, emrtd?.unexpected, emrtd?.tripped]).toEqual([[], 0, [], []]);
  });

  test("both chips prove themselves: the service key, and the key in DG14", async () => {
    const card = inHand();
    const channel = card.activate();
    await readNis(card, channel);
    const key = good(parseRsaPublicKey(cardKey(holderOf({ nis: NIS }).key).publicKey));
    expect((await proveChip(key, channel, { ...context, random: new SeededRandom(1) })).ok).toBe(true);
    await selectMasterFile(channel);
    expect(good(await examined(card, channel)).chip).toBe("chipAuthentication");
  });

  test("each side has on record which files gave out data, and no other", async () => {
    const card = inHand();
    const channel = card.activate();
    await readNis(card, channel);
    await selectMasterFile(channel);
    await examined(card, channel);
    const { cie, emrtd } = card.made;
    expect([...(cie?.filesRead ?? [])]).toEqual(["cie/1001"]);
    expect([...(emrtd?.filesRead ?? [])].sort()).toEqual([
      "master/011C",
      "travel/0101",
      "travel/010E",
      "travel/011D",
    ]);
  });

  test("a document that is a copy leaves the number as it is, and a phone's digits leave the document", async () => {
    const copy = inHand({ document: { fault: "copied" } });
    const channel = copy.activate();
    expect(await readNis(copy, channel)).toBe(NIS_ANSWER.slice(0, -4));
    await selectMasterFile(channel);
    expect(bad(await examined(copy, channel))).toEqual({ kind: "chipRefuted" });

    const phone = inHand({ attack: "nisOnly" });
    phone.say(SELECT_IAS);
    phone.say(SELECT_CIE);
    expect(phone.say(SET_KEY)).toBe("6D00");
    expect((await examined(phone, phone.activate())).ok).toBe(true);
  });

  test("holder and access number are those of the specification", async () => {
    const of = { holder: "max", can: "246810" } as const;
    const wrong = inHand({ document: of });
    expect(bad(await examined(wrong, wrong.activate()))).toEqual({ kind: "wrongPassword" });
    const right = inHand({ document: of });
    const { signed } = good(await examined(right, right.activate(), "246810"));
    expect(signed.mrz.documentNumber).toBe("AB2134");
  });
});

describe("the master file is one", () => {
  test("after power-on, from either side and by either name EF.CardAccess is what the document announces", () => {
    const file = toHex(contentOf("cie").masterFile.get(0x011c) ?? new Uint8Array(0));
    const card = inHand();
    expect(card.say(READ_CARD_ACCESS)).toBe(`${file}9000`);
    expect(card.say(SELECT_IAS)).toBe("9000");
    expect(card.say(READ_CARD_ACCESS)).toBe(`${file}9000`);
    expect(card.say("00A4000C023F00")).toBe("9000");
    expect([card.say("00A4020C02011C"), card.say("00B0000016")]).toEqual(["9000", `${file}9000`]);
    const odd = inHand({ document: { fault: "cardAccessOther" } });
    expect(odd.say(READ_CARD_ACCESS)).not.toBe(`${file}9000`);
    odd.say(SELECT_IAS);
    expect(odd.say(READ_CARD_ACCESS)).not.toBe(`${file}9000`);
  });

  test("so are the files of the service side, with its short identifiers", () => {
    const card = inHand();
    expect(card.say(SELECT_MF)).toBe("9000");
    expect(card.say("00B09D0004")).toBe("800043019000");
    expect([card.say("00A4020C02D003"), card.say("00B000000C")]).toEqual([
      "9000",
      "5A0A9380001234567890123F9000",
    ]);
    // EF.SN_ICC has no short identifier, and ICAO's for EF.ATR/INFO is none here.
    expect([card.say("00B0830001"), card.say("00B0810001")]).toEqual(["6A82", "6A82"]);
  });
});

describe("nothing of one side is left to the other", () => {
  /** A card whose document was read, and the session is on. */
  async function inSession(of: WholeSpec = {}): Promise<CardInHand> {
    const card = inHand(of);
    expect((await examined(card, card.activate())).ok).toBe(true);
    return card;
  }

  test("a session that is on refuses what it cannot open, and is over", async () => {
    const card = await inSession();
    expect([card.say(PROTECTED), card.say(PROTECTED)]).toEqual([SESSION_OVER, NO_SESSION]);
  });

  test.each([
    ["SELECT of IAS", SELECT_IAS],
    ["SELECT of the CIE application", SELECT_CIE],
    ["SELECT of the master file", SELECT_MF],
    ["SELECT of the travel application", SELECT_TRAVEL],
  ])("%s in clear ends it and is carried out", async (_, select) => {
    const card = await inSession({ family: "itj4i" });
    expect(card.say(select)).toBe(select === SELECT_IAS ? "6A82" : "9000");
    expect(card.say(SELECT_MF)).toBe("9000");
    expect(card.say(PROTECTED)).toBe(NO_SESSION);
  });

  test.each([
    ["a read", READ_CARD_ACCESS],
    ["a selection of a file", "00A4020C02011C"],
    ["PACE", SET_PACE],
    ["a challenge", ASK_CHALLENGE],
    ["an application that is not there", "00A4040C05A000000003"],
  ])("%s in clear ends it and is refused", async (_, command) => {
    const card = await inSession();
    expect(card.say(command)).toBe(SESSION_OVER);
    expect(card.say(PROTECTED)).toBe(NO_SESSION);
    expect(card.say(SELECT_IAS)).toBe("9000");
  });

  test("what the session opened is closed: the travel application is behind it again", async () => {
    const card = await inSession();
    card.say(SELECT_IAS);
    expect(card.say(SELECT_TRAVEL)).toBe("9000");
    expect(card.say("00B0810001")).toBe("6982");
  });

  test("PACE that has begun is forgotten", () => {
    const card = inHand();
    expect(card.say(SET_PACE)).toBe("9000");
    card.say(SELECT_IAS);
    card.say(SELECT_MF);
    expect(card.say(ASK_NONCE)).toBe("6985");
  });

  test("so is a challenge", () => {
    const card = inHand();
    card.say(SELECT_TRAVEL);
    expect(card.say(ASK_CHALLENGE)).toMatch(/9000$/);
    card.say(SELECT_IAS);
    card.say(SELECT_TRAVEL);
    expect(card.say(`0082000028${"00".repeat(40)}28`)).toBe("6985");
  });

  test("so is a key that was set", () => {
    const card = inHand({ family: "itj4i" });
    card.say(SELECT_CIE);
    expect(card.say(SET_KEY)).toBe("9000");
    card.say(SELECT_MF);
    card.say(SELECT_CIE);
    expect(card.say(authenticate(CHALLENGE))).toBe("6985");
  });

  test("so is an answer that waits", () => {
    const card = inHand({ sw61: true });
    card.say(SELECT_IAS);
    card.say(SELECT_CIE);
    expect(card.say(READ_NIS)).toBe("610C");
    card.say(SELECT_MF);
    expect(card.say("00C000000C")).toBe("6D00");
  });

  test("so is a selected file", () => {
    const card = inHand();
    expect([card.say("00A4020C02011C"), card.say(SELECT_IAS)]).toEqual(["9000", "9000"]);
    expect(card.say("00B0000001")).toBe("6986");
  });

  test("power-on leaves neither", async () => {
    const card = await inSession();
    card.activate();
    expect(card.say(PROTECTED)).toBe(NO_SESSION);
    expect(card.say(SELECT_CIE)).toBe("6A82");
  });
});

describe("each side knows its own commands", () => {
  test("PACE and BAC are not for the service side, the service key is not for the document", () => {
    const card = inHand();
    card.say(SELECT_IAS);
    expect([card.say(SET_PACE), card.say(ASK_CHALLENGE)]).toEqual(["6A88", "6D00"]);
    card.say(SELECT_CIE);
    expect([card.say(SET_PACE), card.say(ASK_NONCE)]).toEqual(["6A86", "6E00"]);
    card.say(SELECT_MF);
    expect([card.say(SET_KEY), card.say(authenticate(CHALLENGE))]).toEqual(["6982", "6982"]);
    const { cie, emrtd } = card.made;
    expect([cie?.unexpected, emrtd?.unexpected]).toEqual([["00840000", "10860000"], ["00880000"]]);
  });

  test("PIN commands are tripwires on both, fingerprints on the one that has them", () => {
    const card = inHand();
    card.say("0020008108" + "3132333435363738");
    card.say(SELECT_TRAVEL);
    card.say("00B0830001");
    card.say(SELECT_IAS);
    card.say("0020008108" + "3132333435363738");
    const { cie, emrtd } = card.made;
    expect([cie?.tripwires, emrtd?.tripped]).toEqual([1, ["00200081", "00B08300"]]);
  });
});

describe("accidents count over both sides", () => {
  test("taken away after four answers", () => {
    const card = inHand({ tearAfterApdu: 4 });
    const said = [SELECT_IAS, SELECT_CIE, SELECT_MF, SET_PACE, ASK_NONCE].map((apdu) => card.say(apdu));
    expect(said).toEqual(["9000", "9000", "9000", "9000", "cardLost"]);
  });

  test("one wrong bit in the third answer", () => {
    const card = inHand({ flip: { answer: 3, bit: 0 } });
    expect([SELECT_IAS, SELECT_MF, SET_PACE, ASK_NONCE.slice(0, 2)].map((apdu) => card.say(apdu))).toEqual([
      "9000",
      "9000",
      "1000",
      "6700",
    ]);
  });
});

test("the card works as long for either side, and longer for each key", () => {
  const card = new CardInHand({ card: "cie", family: "gemalto", nis: NIS, document: {} });
  const worked = [SELECT_IAS, SELECT_CIE, SET_KEY, authenticate(CHALLENGE), SELECT_MF, SET_PACE].map(
    (apdu) => {
      const before = card.workedUs;
      card.say(apdu);
      return (card.workedUs - before) / 1_000;
    },
  );
  expect(worked).toEqual([15, 15, 15, 165, 15, 15]);
  const quick = new CardInHand(spec({ apduUs: 3_000, document: { latency: {} } }));
  quick.say(SELECT_IAS);
  quick.say(SELECT_MF);
  expect(quick.workedUs).toBe(6_000);
});

describe("as JSON", () => {
  const card = { card: "cie", family: "itj4i", nis: NIS } as const;
  const parsed = (document: unknown) => parseCardSpec(JSON.parse(JSON.stringify({ ...card, document })));

  test.each([
    {},
    { holder: "bruno", fault: "tamperedDg11", can: "000000", soundAnswers: 2, seed: 4, latency: "none" },
    { holder: { mrz: "C".repeat(90), can: "123456" }, fault: "wrongMac", latency: { nonceUs: 1 } },
  ])("%o crosses a socket", (document) => {
    expect(parsed(document)).toEqual({ ok: true, value: { ...card, document } });
  });

  test("what is no member is passed over", () => {
    expect(parsed({ uid: "08", colour: "red" })).toEqual({ ok: true, value: { ...card, document: {} } });
  });

  test.each([
    [7, "document has an impossible value"],
    [{ can: "12345" }, "can has an impossible value"],
    [{ holder: "nobody" }, "holder has an impossible value"],
    [{ fault: "weakenedCardAccess" }, "fault weakenedCardAccess cannot befall cie"],
  ])("%o is refused", (document, error) => {
    expect(parsed(document)).toEqual({ ok: false, error });
  });
});

test("a card without a document has one record, a whole one has two", () => {
  const alone = makeCard({ card: "cie", family: "gemalto", nis: NIS });
  const whole = makeCard(spec());
  expect([alone.cie, alone.emrtd, whole.cie, whole.emrtd].map((side) => side !== undefined)).toEqual([
    true,
    false,
    true,
    true,
  ]);
});
