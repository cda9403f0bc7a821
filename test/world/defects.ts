/**
 * Three defects to be planted, each through a seam that the gate has anyway. An invariant that does not find
 * its defect is worth nothing.
 */
import type { LaneRows } from "../../src/gate/access-event.ts";
import type { Lane, LaneEffect, LaneInput, LaneStep, step } from "../../src/gate/lane.ts";
import type { Connect, MqttLink } from "../../src/mqtt/mqtt-link.ts";
import type { Outbox } from "../../src/ports/journal.ts";
import { ok } from "../../src/result.ts";
import { parseBatch } from "./back-end.ts";

export type Defect = "relayBeforeCommit" | "doubleGrant" | "lostEvent";

type Step = typeof step<LaneRows>;
type Effects = readonly LaneEffect<LaneRows>[];

/** The machine with the defect in it. */
export function withLaneDefect(defect: Defect | undefined, sound: Step): Step {
  if (defect === "relayBeforeCommit") return (lane, input) => relayFirst(sound(lane, input), lane, input);
  if (defect === "doubleGrant") return (lane, input) => sound(forgetful(lane), input);
  return sound;
}

/** Opens at the verdict and writes afterwards, as a programmer in search of 5 ms might do it. */
function relayFirst(
  [next, effects]: LaneStep<LaneRows>,
  lane: Lane<LaneRows>,
  input: LaneInput<LaneRows>,
): LaneStep<LaneRows> {
  if (next.at === "committing" && next.verdict.outcome === "granted")
    return [next, [{ do: "pulseRelay" }, ...effects]];
  if (lane.at !== "committing" || input.kind !== "committed") return [next, effects];
  const later: Effects = effects.filter((effect) => effect.do !== "pulseRelay");
  return [next, later];
}

/** Does not remember who has just been there. */
const forgetful = (lane: Lane<LaneRows>): Lane<LaneRows> => ({ ...lane, recents: [] });

/** Takes the broker's PUBACK for the back end's acknowledgement. */
export function withLinkDefect(defect: Defect | undefined, connect: Connect, outbox: Outbox): Connect {
  if (defect !== "lostEvent") return connect;
  return async (request) => {
    const made = await connect(request);
    return made.ok ? ok(trusting(made.value, outbox)) : made;
  };
}

const trusting = (link: MqttLink, outbox: Outbox): MqttLink => ({
  maxPayloadBytes: link.maxPayloadBytes,
  ended: link.ended,
  subscribe: (topic) => link.subscribe(topic),
  close: () => link.close(),
  publish: async (message) => {
    const confirmed = await link.publish(message);
    const last = message.topic.includes("/event/") ? parseBatch(message.payload).at(-1)?.seq : undefined;
    if (confirmed && last !== undefined) outbox.acknowledge(last);
    return confirmed;
  },
});
