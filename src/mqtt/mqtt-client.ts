/**
 * `MqttLink` over the network, with one client of the mqtt package per connection: its own reconnection and
 * message store are left unused, since the journal is the outbox and the policy is ours.
 * Governing text: fleet interface, §3 (CONNECT parameters), §13.
 */
import type { IClientOptions, MqttClient } from "mqtt";
import type { Clock } from "../ports/clock.ts";
import { err, ok, type Result } from "../result.ts";
import { type BrokerConfig, type BrokerSecrets, readBrokerFiles } from "./broker-files.ts";
import { ClientLink } from "./client-link.ts";
import { connectError } from "./connect-error.ts";
import type { Connect, ConnectError, ConnectRequest, MqttLink } from "./mqtt-link.ts";

const CONNECT_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_SECONDS = 30;
/** Long enough for a restart of the broker; nothing that expires sooner depends on it. */
const SESSION_EXPIRY_SECONDS = 3600;
/** A short loss of the network raises no alarm. */
const WILL_DELAY_SECONDS = 10;
const RECEIVE_MAXIMUM = 32;
const MAX_PACKET_BYTES = 262_144;

/** Makes connections to one broker. The clock only bounds how long a clean close may take. */
export function mqttConnect(config: BrokerConfig, clock: Clock): Connect {
  return async (request) => {
    const secrets = readBrokerFiles(config);
    if (!secrets.ok) return secrets;
    // The package is large and the first card must not wait for it.
    const { connect } = await import("mqtt");
    if (request.signal.aborted) return err({ kind: "unreachable", cause: STOPPED });
    return connectionOf(connect(config.url, clientOptions(request, secrets.value)), request, clock);
  };
}

function clientOptions(request: ConnectRequest, secrets: BrokerSecrets): IClientOptions {
  const { level, clientId } = request;
  return {
    ...secrets,
    clientId,
    protocolVersion: level,
    protocolId: "MQTT",
    clean: false,
    keepalive: KEEP_ALIVE_SECONDS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    rejectUnauthorized: true,
    will: willOf(request),
    ...(level === 5 ? { properties: CONNECT_PROPERTIES } : {}),
  };
}

const CONNECT_PROPERTIES = {
  sessionExpiryInterval: SESSION_EXPIRY_SECONDS,
  receiveMaximum: RECEIVE_MAXIMUM,
  maximumPacketSize: MAX_PACKET_BYTES,
  requestProblemInformation: true,
} as const;

function willOf({ will, level }: ConnectRequest): NonNullable<IClientOptions["will"]> {
  const { topic, payload, qos, retain, contentType } = will;
  const bare = { topic, payload, qos, retain };
  return level === 5 ? { ...bare, properties: { willDelayInterval: WILL_DELAY_SECONDS, contentType } } : bare;
}

const STOPPED = "the publisher was stopped";

/** Waits for CONNACK, an error, a silent close, or the caller's loss of interest; the first one counts. */
function connectionOf(
  client: MqttClient,
  request: ConnectRequest,
  clock: Clock,
): Promise<Result<MqttLink, ConnectError>> {
  return new Promise((resolve) => {
    const settle = (outcome: Result<MqttLink, ConnectError>): void => {
      request.signal.removeEventListener("abort", abandon);
      client.off("close", closedEarly);
      resolve(outcome);
    };
    const giveUp = (error: ConnectError): void => {
      settle(err(error));
      client.end(true);
    };
    const abandon = (): void => giveUp({ kind: "unreachable", cause: STOPPED });
    const closedEarly = (): void => giveUp({ kind: "closedEarly" });
    request.signal.addEventListener("abort", abandon);
    client.on("close", closedEarly);
    // Stays for the client's whole life: an error event that nobody hears would be thrown. After CONNACK it
    // ends the connection, which is what a protocol error deserves.
    client.on("error", (cause) => giveUp(connectError(cause)));
    client.once("connect", (connack) => settle(ok(new ClientLink(client, { connack, request, clock }))));
  });
}
