/** How a connection ends, against a broker that answers what keeps it alive and confirms nothing. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { SystemClock } from "../../src/app/system-clock.ts";
import { mqttConnect } from "../../src/mqtt/mqtt-client.ts";
import type { MqttLink, OutgoingMessage } from "../../src/mqtt/mqtt-link.ts";
import { good } from "../good.ts";

/** Packet types, the high four bits of the first byte (OASIS MQTT 3.1.1 §2.2.1). */
const TYPE = { connect: 1, publish: 3, subscribe: 8, pingRequest: 12, disconnect: 14 } as const;
const CONNACK = { 4: [0x20, 2, 0, 0], 5: [0x20, 3, 0, 0, 0] } as const;

/** The types of whole packets at the front of `bytes`, and what is left. */
function packetsOf(bytes: Buffer): { readonly types: readonly number[]; readonly rest: Buffer } {
  const types: number[] = [];
  let at = 0;
  for (;;) {
    let length = 0;
    let digits = 1;
    for (let byte = 0x80; (byte & 0x80) !== 0; digits++) {
      byte = bytes[at + digits] ?? 0x100;
      if (byte > 0xff) return { types, rest: bytes.subarray(at) };
      length += (byte & 0x7f) * 128 ** (digits - 1);
    }
    if (at + digits + length > bytes.length) return { types, rest: bytes.subarray(at) };
    types.push((bytes[at] ?? 0) >> 4);
    at += digits + length;
  }
}

/** `farewell`: whether the broker closes its side after DISCONNECT, as it must (§3.14.4), or does not. */
async function mutedBroker(level: 4 | 5, farewell: "closes" | "staysOpen" = "closes") {
  const seen: number[] = [];
  const sockets: Socket[] = [];
  const answer = (socket: Socket, type: number): void => {
    if (type === TYPE.connect) socket.write(Uint8Array.from(CONNACK[level]));
    if (type === TYPE.pingRequest) socket.write(Uint8Array.of(0xd0, 0));
    if (type === TYPE.disconnect && farewell === "closes") socket.end();
  };
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined);
    let rest = Buffer.alloc(0);
    socket.on("data", (chunk) => {
      const packets = packetsOf(Buffer.concat([rest, chunk]));
      rest = Buffer.from(packets.rest);
      seen.push(...packets.types);
      for (const type of packets.types) answer(socket, type);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  /** The broker is killed: what it holds is gone, its system refuses whatever still arrives. */
  const die = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return { url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, die };
}

const message = (topic: string): OutgoingMessage => ({
  topic,
  payload: "{}",
  qos: 1,
  retain: false,
  contentType: "application/json",
});

const connected = async (url: string, level: 4 | 5): Promise<MqttLink> =>
  good(
    await mqttConnect(
      { url },
      new SystemClock(),
    )({
      level,
      clientId: "gate-1",
      will: message("gone"),
      onMessage: () => undefined,
      signal: new AbortController().signal,
    }),
  );

test.each([
  [4, "closes"],
  [5, "closes"],
  [5, "staysOpen"],
] as const)(
  "MQTT level %i, broker that %s: a close says DISCONNECT and ends, whatever was never confirmed",
  async (level, farewell) => {
    const broker = await mutedBroker(level, farewell);
    const link = await connected(broker.url, level);
    const published = [link.publish(message("a")), link.publish(message("b"))];
    const subscribed = link.subscribe("c");
    await link.close();
    expect(await Promise.all(published)).toEqual([false, false]);
    expect(await subscribed).toBe(false);
    expect((await link.ended).reason).toBe("connection closed");
    // Without DISCONNECT the broker would tell the fleet that this gate was lost.
    expect(broker.seen).toEqual([TYPE.connect, TYPE.publish, TYPE.publish, TYPE.subscribe, TYPE.disconnect]);
  },
);

test("a close after the broker has died ends too, whatever was never confirmed", async () => {
  const broker = await mutedBroker(5);
  const link = await connected(broker.url, 5);
  const published = link.publish(message("a"));
  broker.die();
  await link.ended;
  expect(await published).toBe(false);
  await expect(link.close()).resolves.toBeUndefined();
});
