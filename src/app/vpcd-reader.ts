/**
 * A reader without hardware, into which a virtual card of somebody else's is put: it listens on loopback as vpcd does, a
 * program such as vsmartcard's vicc connects and is the card. For reading foreign cards with `varco read`; no gate uses
 * it. Whoever connects is as little to be trusted as a card: silent, talkative and absurd peers are dropped.
 * Governing text: vsmartcard, virtualsmartcard/src/vpcd/vpcd.c; ISO/IEC 7816-3 §8.2 (ATR).
 */
import { createServer, type Server, type Socket } from "node:net";
import type {
  CardLink,
  DetectedCard,
  LinkError,
  LoneReader,
  ReaderError,
  ReaderHealth,
  ReaderInfo,
} from "../ports/card.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import { err, ok, type Result } from "../result.ts";
import { VpcdPeer } from "./vpcd-peer.ts";

/** The port cannot be listened on: most often somebody else does. */
export interface VpcdPortUnusable {
  readonly kind: "vpcdPortUnusable";
  readonly port: number;
  readonly remedy: string;
  readonly cause: unknown;
}

export interface VpcdReaderParts {
  /** 0 takes a free one. */
  readonly port: number;
  readonly clock: Clock;
  readonly log: Log;
}

const HOST = "127.0.0.1";
/** Whoever comes while a card is there is turned away. */
const MAX_CARDS = 1;
/** SEL_RES of a card with ISO-DEP. */
const SAK_ISO_DEP = 0x20;
/** There is no radio whose rate could be raised. */
const LINK: CardLink = { kbits: 106, isoDep: "firmware", frameBytes: 64 };
const INFO: ReaderInfo = { firmware: "vpcd", degraded: [] };
const HEALTH: ReaderHealth = {
  commands: 0,
  rereads: 0,
  resends: 0,
  aborts: 0,
  strays: 0,
  recoveries: { reconfigure: 0, reset: 0, reopen: 0 },
  degraded: [],
  isoDep: LINK.isoDep,
  frameBytes: LINK.frameBytes,
};

/** A reader that listens already; `stop` ends it for good. */
export async function openVpcdReader(parts: VpcdReaderParts): Promise<Result<VpcdReader, VpcdPortUnusable>> {
  const { port } = parts;
  const server = createServer();
  server.maxConnections = MAX_CARDS;
  const cause = await new Promise<unknown>((resolve) => {
    server.once("error", resolve);
    server.listen(port, HOST, () => resolve(undefined));
  });
  if (cause === undefined) return ok(new VpcdReader(server, parts));
  return err({
    kind: "vpcdPortUnusable",
    port,
    remedy: "choose another, or end the program that has it",
    cause,
  });
}

export class VpcdReader implements LoneReader {
  readonly #server: Server;
  readonly #clock: Clock;
  readonly #log: Log;
  #peer: VpcdPeer | undefined;
  #arrived: () => void = () => undefined;

  constructor(server: Server, { clock, log }: VpcdReaderParts) {
    this.#server = server;
    this.#clock = clock;
    this.#log = log;
    server.on("connection", (socket) => this.#receive(socket));
  }

  /** Where a card is to connect. */
  get port(): number {
    const address = this.#server.address();
    if (typeof address !== "object" || address === null) throw new Error("a server that listens has a port");
    return address.port;
  }

  start(): Promise<Result<ReaderInfo, ReaderError>> {
    return Promise.resolve(ok(INFO));
  }

  /** The card that is there, activated anew, or the next one that comes. */
  async poll(signal: AbortSignal): Promise<Result<DetectedCard | undefined, ReaderError>> {
    while (!signal.aborted) {
      const peer = this.#peer?.isThere() === true ? this.#peer : await this.#nextPeer(signal);
      const card = peer === undefined ? undefined : await this.#activated(peer);
      if (card !== undefined) return ok(card);
    }
    return ok(undefined);
  }

  isPresent(): Promise<Result<boolean, ReaderError>> {
    return Promise.resolve(ok(this.#peer?.isThere() === true));
  }

  drop(): Promise<Result<void, ReaderError>> {
    this.#peer?.powerOff();
    return Promise.resolve(ok(undefined));
  }

  async stop(): Promise<void> {
    this.#peer?.remove();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  health(): ReaderHealth {
    return HEALTH;
  }

  #receive(socket: Socket): void {
    this.#peer = new VpcdPeer(socket, this.#clock);
    this.#arrived();
  }

  /** Nothing once `signal` is aborted. */
  #nextPeer(signal: AbortSignal): Promise<VpcdPeer | undefined> {
    return new Promise((resolve) => {
      const settle = (peer: VpcdPeer | undefined): void => {
        signal.removeEventListener("abort", giveUp);
        this.#arrived = () => undefined;
        resolve(peer);
      };
      const giveUp = (): void => settle(undefined);
      this.#arrived = () => settle(this.#peer);
      signal.addEventListener("abort", giveUp);
    });
  }

  /** A peer that is no card is removed, so that another may come. */
  async #activated(peer: VpcdPeer): Promise<DetectedCard | undefined> {
    const activated = await peer.activate();
    if (!activated.ok) {
      this.#log.warn("vpcd.refused", { why: whyOf(activated.error) });
      peer.remove();
      return undefined;
    }
    const { historicalBytes, channel } = activated.value;
    const raiseSpeed = () => Promise.resolve(ok(LINK));
    return { kind: "isoDep", protocol: "typeA", sak: SAK_ISO_DEP, historicalBytes, channel, raiseSpeed };
  }
}

const whyOf = (error: LinkError): string => (error.kind === "cardGarbled" ? error.why : error.kind);
