/** A publisher over a real journal, a scripted broker and virtual time. */
import type { DoorState } from "../../src/mqtt/payloads.ts";
import { createPublisher, type Publisher } from "../../src/mqtt/publisher.ts";
import type { NewEvent } from "../../src/ports/journal.ts";
import type { LogFields } from "../../src/ports/log.ts";
import { good } from "../good.ts";
import { TemporaryJournal } from "../journal/temporary-journal.ts";
import { ScriptedBroker } from "./scripted-broker.ts";

export const TOPIC = "acs/v1/demo/gate-1";

export class PublisherWorld extends TemporaryJournal {
  readonly broker = new ScriptedBroker(this.clock);
  readonly logged: {
    readonly level: string;
    readonly event: string;
    readonly fields: LogFields | undefined;
  }[] = [];
  readonly publisher: Publisher = this.newPublisher();

  newPublisher(): Publisher {
    const note =
      (level: string) =>
      (event: string, fields?: LogFields): void => {
        this.logged.push({ level, event, fields });
      };
    return createPublisher({
      address: { prefix: "acs/v1", site: "demo", gate: "gate-1" },
      connect: this.broker.connect,
      journal: this.journal,
      clock: this.clock,
      clockState: () => this.clockState,
      random: this.random,
      log: {
        trace: note("trace"),
        debug: note("debug"),
        info: note("info"),
        warn: note("warn"),
        error: note("error"),
      },
      softwareVersion: "0.1.0",
      info: { model: "virtual" },
      health: () => ({ upSeconds: 1 }),
    });
  }

  async passMs(durationMs: number): Promise<void> {
    await this.timeline.run(this.timeline.nowUs() + durationMs * 1000);
  }

  async write(...events: readonly NewEvent[]): Promise<void> {
    good(await this.journal.append(events));
  }

  acknowledge(acked: number, journal = this.journal.journal): void {
    this.broker.send(`${TOPIC}/ack`, JSON.stringify({ v: 1, journal, acked }));
  }

  /** Sequence numbers in order of first arrival. */
  arrived(): readonly number[] {
    return [...new Set(this.broker.batches().flatMap(({ events }) => events.map(({ seq }) => seq)))];
  }
}

export const LOCKED: DoorState = { mode: "Locked", fault: "NotInFault" };
export const count = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);
