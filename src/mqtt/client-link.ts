/** An established connection of the mqtt package as an `MqttLink`. */
import type { IClientPublishOptions, IConnackPacket, MqttClient } from "mqtt";
import type { Clock } from "../ports/clock.ts";
import type { ConnectRequest, LinkEnd, MqttLink, OutgoingMessage } from "./mqtt-link.ts";
import { REASON_NAMES } from "./reason-codes.table.ts";

/** What a broker that names no limit is taken to accept. */
const USUAL_PACKET_BYTES = 262_144;
/** Room for topic and properties in a packet. */
const PACKET_OVERHEAD_BYTES = 1024;
/** Messages to a gate are short; a longer one is not looked at. */
const MAX_INCOMING_BYTES = 16_384;
const CLOSE_MS = 1000;
const SUBSCRIPTION_REFUSED = 128;

export class ClientLink implements MqttLink {
  readonly maxPayloadBytes: number;
  readonly ended: Promise<LinkEnd>;
  readonly #client: MqttClient;
  readonly #level: 4 | 5;
  readonly #clock: Clock;
  /** Publications without an answer; the package forgets them when the connection breaks. */
  readonly #unanswered = new Set<(confirmed: boolean) => void>();
  #over = false;

  constructor(
    client: MqttClient,
    made: { readonly connack: IConnackPacket; readonly request: ConnectRequest; readonly clock: Clock },
  ) {
    this.#client = client;
    this.#level = made.request.level;
    this.#clock = made.clock;
    const packetBytes = made.connack.properties?.maximumPacketSize ?? USUAL_PACKET_BYTES;
    this.maxPayloadBytes = Math.min(packetBytes, USUAL_PACKET_BYTES) - PACKET_OVERHEAD_BYTES;
    this.ended = this.#watch();
    client.on("message", (topic, payload) => {
      if (payload.length <= MAX_INCOMING_BYTES) made.request.onMessage({ topic, payload });
    });
  }

  publish(message: OutgoingMessage): Promise<boolean> {
    if (this.#over) return Promise.resolve(false);
    return new Promise((resolve) => {
      this.#unanswered.add(resolve);
      this.#client.publish(message.topic, message.payload, this.#publishOptions(message), (error) => {
        this.#unanswered.delete(resolve);
        resolve(error === undefined || error === null);
      });
    });
  }

  subscribe(topic: string): Promise<boolean> {
    if (this.#over) return Promise.resolve(false);
    return new Promise((resolve) => {
      this.#unanswered.add(resolve);
      this.#client.subscribe(topic, { qos: 1 }, (error, granted) => {
        this.#unanswered.delete(resolve);
        resolve(error === null && granted?.every(({ qos }) => qos < SUBSCRIPTION_REFUSED) === true);
      });
    });
  }

  async close(): Promise<void> {
    // The package's clean end first waits, without a limit, for confirmations of all that is on its way. The
    // journal sends again what counts, so these messages are given up and DISCONNECT leaves at once.
    if (!this.#client.disconnected) this.#forgetOutgoing();
    this.#client.end(false, { reasonCode: 0 });
    await Promise.race([this.ended, this.#clock.sleep(CLOSE_MS)]);
    // A broker that does not close its side, or a network that is gone, is not waited for any longer.
    this.#client.stream.destroy();
    await this.ended;
  }

  /** Not for a client that an error has ended: its store is closed then, and the package throws. */
  #forgetOutgoing(): void {
    for (const messageId of Object.keys(this.#client.outgoing))
      this.#client.removeOutgoingMessage(Number(messageId));
  }

  #watch(): Promise<LinkEnd> {
    return new Promise((resolve) => {
      let end: LinkEnd = { reason: "connection closed" };
      this.#client.on("disconnect", ({ reasonCode = 0 }) => {
        end = { code: reasonCode, reason: REASON_NAMES[reasonCode] ?? "unknown reason" };
      });
      this.#client.on("error", (error) => {
        if (end.code === undefined) end = { reason: error.message.slice(0, 80) };
      });
      this.#client.once("close", () => {
        this.#over = true;
        for (const answer of this.#unanswered) answer(false);
        this.#unanswered.clear();
        resolve(end);
      });
    });
  }

  #publishOptions({ qos, retain, contentType, expirySeconds }: OutgoingMessage): IClientPublishOptions {
    if (this.#level === 4) return { qos, retain };
    const expiry = expirySeconds === undefined ? {} : { messageExpiryInterval: expirySeconds };
    return { qos, retain, properties: { contentType, ...expiry } };
  }
}
