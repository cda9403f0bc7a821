/**
 * One connection to a broker as the publisher sees it. `mqtt-client.ts` implements it over the network,
 * tests by a script. Whatever the broker does, nothing here throws.
 */

import type { KeyFileError } from "../crypto/key-file.ts";
import type { Result } from "../result.ts";

/** 5 is MQTT 5.0, 4 is what 3.1.1 calls itself on the wire. */
export type ProtocolLevel = 5 | 4;

export interface OutgoingMessage {
  readonly topic: string;
  /** JSON. */
  readonly payload: string;
  readonly qos: 0 | 1;
  readonly retain: boolean;
  readonly contentType: string;
  /** MQTT 5 message expiry; 3.1.1 brokers are not told. */
  readonly expirySeconds?: number;
}

export interface IncomingMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
}

/** Why there is no connection. */
export type ConnectError =
  /** The broker answered CONNACK with this reason code (3.1.1 return codes are translated to those of MQTT 5). */
  | { readonly kind: "refused"; readonly code: number; readonly reason: string }
  /** It accepted the transport and closed it without an answer, as some 3.1.1 brokers do when asked for 5. */
  | { readonly kind: "closedEarly" }
  /** No route, no such name, nobody listening, or no answer in time. */
  | { readonly kind: "unreachable"; readonly cause: unknown }
  | { readonly kind: "tlsRefused"; readonly remedy: string; readonly cause: unknown }
  | {
      readonly kind: "fileUnusable";
      readonly file: string;
      readonly remedy: string;
      readonly cause?: unknown;
    }
  | KeyFileError;

/** Why a connection ended. `code` is the broker's DISCONNECT reason code where MQTT 5 gave one. */
export interface LinkEnd {
  readonly code?: number;
  readonly reason: string;
}

export interface MqttLink {
  /** The largest message payload that the broker takes, in bytes. */
  readonly maxPayloadBytes: number;
  /** Resolves with true when the broker confirmed (QoS 1) or the message was written (QoS 0). Not a delivery. */
  publish(message: OutgoingMessage): Promise<boolean>;
  /** Subscribes at QoS 1; resolves with whether the broker granted it. */
  subscribe(topic: string): Promise<boolean>;
  /** Resolves once, when the connection is gone for whatever reason. */
  readonly ended: Promise<LinkEnd>;
  /** DISCONNECT, then the socket; `ended` resolves. */
  close(): Promise<void>;
}

/** What differs from one attempt to the next. */
export interface ConnectRequest {
  readonly level: ProtocolLevel;
  readonly clientId: string;
  readonly will: OutgoingMessage;
  readonly onMessage: (message: IncomingMessage) => void;
  /** Gives up the attempt; a connection already made is not touched. */
  readonly signal: AbortSignal;
}

export type Connect = (request: ConnectRequest) => Promise<Result<MqttLink, ConnectError>>;
