/**
 * The retained state of each door: always the newest one, at most one message per door on its way. A door
 * that changes faster than the broker confirms skips states in between.
 */
import type { Log } from "../ports/log.ts";
import type { Instant } from "../time/time.ts";
import type { MqttLink } from "./mqtt-link.ts";
import { type DoorState, doorStateMessage } from "./payloads.ts";
import type { Topics } from "./topics.ts";

type StampedState = DoorState & { readonly at: Instant };

interface Door {
  readonly state: StampedState;
  /** The connection and state of the last publication that has not been confirmed. */
  readonly sending?: { readonly link: MqttLink; readonly state: StampedState };
}

export class DoorStates {
  readonly #topics: Topics;
  readonly #log: Log;
  readonly #doors = new Map<string, Door>();
  #link: MqttLink | undefined;

  constructor(topics: Topics, log: Log) {
    this.#topics = topics;
    this.#log = log;
  }

  /** Publishes all states over a new connection, since the broker may have forgotten them. */
  attach(link: MqttLink): void {
    this.#link = link;
    for (const [name, door] of this.#doors) this.#send(name, door.state);
  }

  detach(): void {
    this.#link = undefined;
  }

  set(name: string, state: StampedState): void {
    const sending = this.#doors.get(name)?.sending;
    this.#doors.set(name, sending === undefined ? { state } : { state, sending });
    // A publication on its way looks at the newest state when it is confirmed.
    if (sending === undefined || sending.link !== this.#link) this.#send(name, state);
  }

  #send(name: string, state: StampedState): void {
    const link = this.#link;
    if (link === undefined) return;
    this.#doors.set(name, { state, sending: { link, state } });
    void link.publish(doorStateMessage(this.#topics, name, state)).then((confirmed) => {
      if (!confirmed) this.#log.debug("doorStateRefused", { door: name });
      this.#settled(name, link);
    });
  }

  #settled(name: string, link: MqttLink): void {
    const door = this.#doors.get(name);
    if (door?.sending === undefined || door.sending.link !== link) return;
    const sent = door.sending.state;
    this.#doors.set(name, { state: door.state });
    if (sent !== door.state) this.#send(name, door.state);
  }
}
