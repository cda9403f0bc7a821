/**
 * Defects to be planted, each through a seam that the gate has anyway. An invariant that does not find
 * its defect is worth nothing.
 */
import type { LaneRows } from "../../src/gate/access-event.ts";
import type { Lane, LaneEffect, LaneInput, LaneStep, step } from "../../src/gate/lane.ts";
import type { OpenDatabase } from "../../src/journal/database.ts";
import type { Connect, MqttLink } from "../../src/mqtt/mqtt-link.ts";
import type { Outbox } from "../../src/ports/journal.ts";
import type { Random } from "../../src/ports/random.ts";
import { ok } from "../../src/result.ts";
import { parseBatch } from "./back-end.ts";

export type Defect =
  | "relayBeforeCommit"
  | "doubleGrant"
  | "lostEvent"
  | "repeatedChallenge"
  | "silentAlarm"
  | "forgottenPin"
  | "wrongKeyPinned"
  | "lostPins"
  | "noTrust";

type Step = typeof step<LaneRows>;
type Effects = readonly LaneEffect<LaneRows>[];

/** The machine with the defect in it. */
export function withLaneDefect(defect: Defect | undefined, sound: Step): Step {
  if (defect === "relayBeforeCommit") return (lane, input) => relayFirst(sound(lane, input), lane, input);
  if (defect === "doubleGrant") return (lane, input) => sound(forgetful(lane), input);
  if (defect === "silentAlarm") return (lane, input) => sound(lane, withoutAlarm(input));
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

/** Writes down that somebody was refused, and not that it was a copy. */
const withoutAlarm = (input: LaneInput<LaneRows>): LaneInput<LaneRows> =>
  input.kind === "verdict"
    ? { ...input, verdict: { ...input.verdict, row: input.verdict.row.slice(-1) } }
    : input;

/** Always the same challenge: what a chip once answered to it, anybody can play back. */
export function withChanceDefect(defect: Defect | undefined, random: Random): Random {
  if (defect !== "repeatedChallenge") return random;
  const recorded = new TextEncoder().encode("recorded at another door, once..");
  return {
    bytes: (lengthBytes) => (lengthBytes === recorded.length ? recorded : random.bytes(lengthBytes)),
  };
}

/** By triggers that only the connection of the process has; what was lost at a kill is what that left in the table. */
const PIN_DEFECTS: Readonly<Partial<Record<Defect, string>>> = {
  forgottenPin: `CREATE TEMP TRIGGER forgotten AFTER INSERT ON main.chip_pin BEGIN
    DELETE FROM chip_pin WHERE pseudonym = NEW.pseudonym; END`,
  wrongKeyPinned: `CREATE TEMP TRIGGER wrong AFTER INSERT ON main.chip_pin BEGIN
    UPDATE chip_pin SET public_key = (SELECT min(public_key) FROM chip_pin) WHERE pseudonym = NEW.pseudonym; END`,
  lostPins: "DELETE FROM chip_pin",
};

/** Done to the database of each process at its start. */
export function plantInPins(defect: Defect | undefined, { connection }: OpenDatabase): void {
  const damage = defect === undefined ? undefined : PIN_DEFECTS[defect];
  if (damage !== undefined) connection.exec(damage);
}

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
