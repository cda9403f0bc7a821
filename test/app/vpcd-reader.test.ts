/** The reader that listens for a virtual card, and this test as whoever connects: cards, and others. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { run } from "../../src/apdu/exchange.ts";
import { SystemClock } from "../../src/app/system-clock.ts";
import { openVpcdReader, type VpcdReader } from "../../src/app/vpcd-reader.ts";
import { concat } from "../../src/bytes/bytes.ts";
import { hex, toHex } from "../../src/bytes/hex.ts";
import { systemRandom } from "../../src/crypto/system-random.ts";
import { establishPace, type PacePassword } from "../../src/emrtd/pace.ts";
import { EphemeralKeys } from "../../src/emrtd/pace-keys.ts";
import type { DetectedCard } from "../../src/ports/card.ts";
import { type Log, silentLog } from "../../src/ports/log.ts";
import { NO_LATENCY } from "../../src/sim/emrtd/chip-latency.ts";
import { contentOf } from "../../src/sim/emrtd/documents/content-of.ts";
import { EmrtdApplication } from "../../src/sim/emrtd/emrtd-application.ts";
import { VirtualClock } from "../../src/sim/virtual-clock.ts";
import { VirtualTimeline } from "../../src/sim/virtual-timeline.ts";
import { insertCard } from "../../src/sim/vpcd-card.ts";
import { instant, millis } from "../../src/time/time.ts";

import { ascii, profileOf } from "../emrtd/pace-settings.ts";

const ATR = "3B8280019000 93";
const POWER_UP = "000100 000101 000104";
const SELECT = hex("00A4000C");

/** Time passes when the test says so. */
async function openReader(log: Log = silentLog) {
  const timeline = new VirtualTimeline();
  const clock = VirtualClock.startingAt(timeline, instant(0));
  const opened = await openVpcdReader({ port: 0, clock, log });
  if (!opened.ok) throw new Error(opened.error.kind);
  const reader = opened.value;
  onTestFinished(() => reader.stop());
  return { reader, pass: (seconds: number) => timeline.run(timeline.nowUs() + seconds * 1_000_000) };
}

/** Whoever connects: writes bytes as the test says, and waits for what it is sent. */
class Peer {
  readonly socket: Socket;
  readonly closed: Promise<unknown>;
  #heard: Uint8Array = new Uint8Array();

  constructor(reader: VpcdReader) {
    this.socket = connect(reader.port, "127.0.0.1");
    this.socket.on("data", (chunk) => {
      this.#heard = concat(this.#heard, chunk);
    });
    this.socket.on("error", () => undefined);
    this.closed = new Promise((resolve) => this.socket.once("close", resolve));
    onTestFinished(() => void this.socket.destroy());
  }

  say(digits: string): void {
    this.socket.write(hex(digits));
  }

  async hear(digits: string): Promise<void> {
    const expected = hex(digits);
    while (this.#heard.length < expected.length) await once(this.socket, "data");
    expect(toHex(this.#heard.subarray(0, expected.length))).toBe(toHex(expected));
    this.#heard = this.#heard.subarray(expected.length);
  }
}

const framed = (digits: string): string => {
  const bytes = hex(digits);
  return toHex(Uint8Array.of(bytes.length >> 8, bytes.length & 0xff, ...bytes));
};

async function cardIn(reader: VpcdReader): Promise<{ readonly peer: Peer; readonly card: DetectedCard }> {
  const found = reader.poll(new AbortController().signal);
  const peer = new Peer(reader);
  await peer.hear(POWER_UP);
  peer.say(framed(ATR));
  const card = await found;
  if (!card.ok || card.value === undefined) throw new Error("no card");
  return { peer, card: card.value };
}

test("finds a card that connects, powers it and knows it by its historical bytes", async () => {
  const { reader } = await openReader();
  const { card } = await cardIn(reader);
  expect(card).toMatchObject({ kind: "isoDep", protocol: "typeA", sak: 0x20, historicalBytes: hex("9000") });
  expect(await card.raiseSpeed()).toMatchObject({ ok: true, value: { kbits: 106 } });
  expect(await reader.isPresent()).toEqual({ ok: true, value: true });
});

test("carries APDUs there and back, the longest too, however the answer is cut", async () => {
  const { reader } = await openReader();
  const { peer, card } = await cardIn(reader);
  for (const length of [4, 300, 0xffff]) {
    const command = new Uint8Array(length).fill(0x5a);
    const answered = card.channel.transceive(command);
    await peer.hear(framed(toHex(command)));
    const answer = new Uint8Array(length).fill(0xa5);
    const bytes = framed(toHex(answer));
    peer.say(bytes.slice(0, 2));
    peer.say(bytes.slice(2, 10));
    peer.say(bytes.slice(10));
    expect(await answered).toEqual({ ok: true, value: answer });
  }
});

test("looks until it is told to stop", async () => {
  const { reader } = await openReader();
  const patience = new AbortController();
  const found = reader.poll(patience.signal);
  patience.abort();
  expect(await found).toEqual({ ok: true, value: undefined });
  expect(await reader.poll(patience.signal)).toEqual({ ok: true, value: undefined });
});

test("activates the same card anew, and the channel of before leads nowhere", async () => {
  const { reader } = await openReader();
  const { peer, card } = await cardIn(reader);
  await reader.drop();
  expect(await card.channel.transceive(SELECT)).toMatchObject({ ok: false, error: { kind: "cardLost" } });
  const again = reader.poll(new AbortController().signal);
  await peer.hear(`000100 ${POWER_UP}`);
  peer.say(framed(ATR));
  expect(await again).toMatchObject({ ok: true, value: { kind: "isoDep" } });
});

test("takes the next card when one has gone, and turns away a second one beside the first", async () => {
  const { reader } = await openReader();
  const { peer } = await cardIn(reader);
  const second = new Peer(reader);
  await second.closed;
  expect(await reader.isPresent()).toEqual({ ok: true, value: true });
  peer.socket.end();
  await peer.closed;
  const { card } = await cardIn(reader);
  expect(card.kind).toBe("isoDep");
});

test("says when its port is another's", async () => {
  const { reader } = await openReader();
  const clock = VirtualClock.startingAt(new VirtualTimeline(), instant(0));
  const second = await openVpcdReader({ port: reader.port, clock, log: silentLog });
  expect(second).toMatchObject({ ok: false, error: { kind: "vpcdPortUnusable", port: reader.port } });
});

test("our own virtual document lies in it as in any other reader, and does PACE", async () => {
  const { reader } = await openReader();
  const content = contentOf("cnie");
  const application = new EmrtdApplication(content, { latency: NO_LATENCY, random: systemRandom });
  const found = reader.poll(new AbortController().signal);
  const address = { host: "127.0.0.1", port: reader.port };
  const inserted = await insertCard(address, { atr: hex(ATR), application });
  if (!inserted.ok) throw new Error(inserted.error.kind);
  const card = await found;
  if (!card.ok || card.value === undefined) throw new Error("no card");
  const password: PacePassword = { reference: "CAN", key: ascii(content.can ?? "") };
  const profile = profileOf(content.masterFile.get(0x011c) ?? new Uint8Array(0));
  const context = { clock: new SystemClock(), log: silentLog, until: millis(Number.POSITIVE_INFINITY) };
  const pace = establishPace({ profile, password, keys: new EphemeralKeys(systemRandom) });
  expect(await run(pace, card.value.channel, context)).toMatchObject({
    ok: true,
    value: { suite: "AES-256" },
  });
  inserted.value.close();
  await inserted.value.ended;
});

describe("whoever is no card", () => {
  /** Connects, is powered, does `misbehave`, and is gone; a good card behind it is found all the same. */
  async function refused(misbehave: (peer: Peer) => void): Promise<readonly unknown[]> {
    const reasons: unknown[] = [];
    const { reader, pass } = await openReader({
      ...silentLog,
      warn: (_, fields) => reasons.push(fields?.["why"]),
    });
    const found = reader.poll(new AbortController().signal);
    const peer = new Peer(reader);
    await peer.hear(POWER_UP);
    misbehave(peer);
    await pass(2);
    await peer.closed;
    const good = new Peer(reader);
    await good.hear(POWER_UP);
    good.say(framed(ATR));
    expect(await found).toMatchObject({ ok: true, value: { kind: "isoDep" } });
    return reasons;
  }

  test("is silent", async () => {
    expect(await refused(() => undefined)).toEqual(["cardLost"]);
  });

  test("says half a message", async () => {
    expect(await refused((peer) => peer.say("00053B80"))).toEqual(["cardLost"]);
  });

  test("promises much and says little", async () => {
    expect(await refused((peer) => peer.say("FFFF3B80800101"))).toEqual(["cardLost"]);
  });
});

describe("a card that stops being one", () => {
  test.each([
    ["goes", (peer: Peer) => void peer.socket.end(), { kind: "cardLost", status: 0x2b }],
    ["is torn away", (peer: Peer) => void peer.socket.resetAndDestroy(), { kind: "cardLost", status: 0x2b }],
    [
      "says nothing at all",
      (peer: Peer) => peer.say("0000"),
      { kind: "cardGarbled", why: "an empty message" },
    ],
    [
      "answers without a status",
      (peer: Peer) => peer.say("000190"),
      { kind: "cardGarbled", why: "answer shorter than its status" },
    ],
  ])("%s", async (_, misbehave, error) => {
    const { reader } = await openReader();
    const { peer, card } = await cardIn(reader);
    const answered = card.channel.transceive(SELECT);
    await peer.hear(framed(toHex(SELECT)));
    misbehave(peer);
    expect(await answered).toEqual({ ok: false, error });
    expect(await card.channel.transceive(SELECT)).toEqual({ ok: false, error });
    expect(await reader.isPresent()).toEqual({ ok: true, value: false });
  });

  test.each([
    ["the limit of its own", undefined, 10],
    ["the caller's", millis(3_000), 3],
  ])("is silent: lost after %s", async (_, until, seconds) => {
    const { reader, pass } = await openReader();
    const { peer, card } = await cardIn(reader);
    let isOver = false;
    const answered = card.channel.transceive(SELECT, until).finally(() => {
      isOver = true;
    });
    await peer.hear(framed(toHex(SELECT)));
    await pass(seconds - 0.1);
    expect(isOver).toBe(false);
    await pass(0.2);
    expect(await answered).toEqual({ ok: false, error: { kind: "cardLost", status: 0x01 } });
  });

  test("answers twice", async () => {
    const { reader } = await openReader();
    const { peer, card } = await cardIn(reader);
    const answered = card.channel.transceive(SELECT);
    await peer.hear(framed(toHex(SELECT)));
    peer.say("0002 9000 0002 6A82");
    expect(await answered).toEqual({ ok: true, value: hex("9000") });
    await peer.closed;
    expect(await card.channel.transceive(SELECT)).toEqual({
      ok: false,
      error: { kind: "cardGarbled", why: "an answer that nobody asked for" },
    });
  });
});
