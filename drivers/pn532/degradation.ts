/**
 * Says in the log when a reader in service begins to cost latency, as by an interrupt line that dies, and when it no
 * longer does. A loose wire changes its mind with every frame, and one late frame proves nothing of the wire: what is
 * worse is told when two polls in a row ended with it, what is better only at a check-up.
 */
import type { Log } from "../../src/ports/log.ts";
import type { HostLink } from "./host-link.ts";

export class Degradation {
  readonly #link: Pick<HostLink, "degraded">;
  readonly #log: Log;
  #told = "";
  #afterLastPoll = "";

  constructor({ link, log }: { readonly link: Pick<HostLink, "degraded">; readonly log: Log }) {
    this.#link = link;
    this.#log = log;
  }

  /** The reader's start says how it is. */
  toldAtStart(): void {
    this.#told = this.#present();
  }

  /** After a poll. */
  tellWorse(): void {
    const present = this.#present();
    if (present !== "" && present === this.#afterLastPoll) this.tell();
    this.#afterLastPoll = present;
  }

  /** At a check-up: that all is well again, too. */
  tell(): void {
    const present = this.#present();
    if (present === this.#told) return;
    this.#told = present;
    this.#log.warn("pn532.degraded", { degraded: present });
  }

  #present(): string {
    return this.#link.degraded().join("; ");
  }
}
