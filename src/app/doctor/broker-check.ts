/**
 * Whether the broker can be reached, trusted and logged in to, and how long it takes to confirm a message, under
 * a name of its own so that the running gate keeps its session. The message goes to a reply topic of that name.
 */
import type { Config, MqttConfig } from "../../config/schema.ts";
import { mqttConnect } from "../../mqtt/mqtt-client.ts";
import type { ConnectError, ConnectRequest, MqttLink } from "../../mqtt/mqtt-link.ts";
import type { Clock } from "../../ports/clock.ts";
import { bad, type Check, doubtful, failure, well } from "./check.ts";

const NAME = "broker";

/** Asks for MQTT 5 first and for 3.1.1 when that is refused, as the gate does. */
export async function checkBroker({ gate }: Config, mqtt: MqttConfig, clock: Clock): Promise<Check> {
  const connect = mqttConnect(mqtt, clock);
  let last: Check = bad(NAME, "not asked", "");
  for (const level of [5, 4] as const) {
    const link = await connect(requestOf(`${gate}-doctor`, mqtt, level));
    if (link.ok) {
      const check = await checkRoundTrip(link.value, mqtt, { clientId: `${gate}-doctor`, level, clock });
      await link.value.close();
      return check;
    }
    last = refusal(mqtt.url, link.error);
    if (link.error.kind !== "closedEarly" && link.error.kind !== "refused") return last;
  }
  return last;
}

interface Visit {
  readonly clientId: string;
  readonly level: ConnectRequest["level"];
  readonly clock: Clock;
}

/** One message at QoS 1, which the broker must confirm. */
async function checkRoundTrip(link: MqttLink, { url, prefix }: MqttConfig, visit: Visit): Promise<Check> {
  const { clientId, level, clock } = visit;
  const begun = clock.monotonicMs();
  const topic = `${prefix}/_reply/${clientId}/probe`;
  const message = { topic, payload: "{}", qos: 1, retain: false, contentType: "application/json" } as const;
  const confirmed = await link.publish(message);
  const accepted = `${url} accepts the login, MQTT ${level === 5 ? "5" : "3.1.1"}`;
  return confirmed
    ? well(NAME, `${accepted}; a message is confirmed in ${Math.ceil(clock.monotonicMs() - begun)} ms`)
    : doubtful(
        NAME,
        `${accepted} and refuses a message to ${topic}`,
        "let gates write _reply topics in its access rules",
      );
}

/** The will is required and never sent after a clean end; its topic is one that nobody listens to. */
function requestOf(clientId: string, { prefix }: MqttConfig, level: ConnectRequest["level"]): ConnectRequest {
  const topic = `${prefix}/_reply/${clientId}/gone`;
  const will = { topic, payload: "{}", qos: 0, retain: false, contentType: "application/json" } as const;
  return { level, clientId, will, onMessage: () => undefined, signal: new AbortController().signal };
}

function refusal(url: string, error: ConnectError): Check {
  switch (error.kind) {
    case "unreachable":
      return bad(
        NAME,
        `${url} does not answer`,
        "check name, port and network; the gate works on without it",
      );
    case "closedEarly":
      return bad(
        NAME,
        `${url} closes the connection at once`,
        "check that this port speaks MQTT, and TLS or not as the url says",
      );
    case "tlsRefused":
      return bad(NAME, `${url} is not trusted`, error.remedy);
    case "refused":
      return bad(
        NAME,
        `${url} refuses the login: ${error.reason}`,
        "check userFile and passwordFile, and the broker's access rules",
      );
    case "fileUnusable":
      return bad(NAME, `${error.file} cannot be used`, error.remedy);
    default:
      return failure(NAME, error);
  }
}
