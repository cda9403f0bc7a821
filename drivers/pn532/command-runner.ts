/**
 * Drives the exchange core over a link: writes what it returns, waits for its deadline, hands in what was
 * read. The only place of the driver that awaits a command, so retries, cancelling and tracing exist once.
 */
import { concat } from "../../src/bytes/bytes.ts";
import type { BusError } from "../../src/ports/bus.ts";
import type { ReaderError, ReaderHealth } from "../../src/ports/card.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { Log } from "../../src/ports/log.ts";
import { err, ok, type Result } from "../../src/result.ts";
import { after } from "../../src/time/time.ts";
import type { Command } from "./commands.ts";
import {
  begin,
  beginClearing,
  type Exchange,
  type ExchangeInput,
  type Outcome,
  type Step,
  step,
  wanted,
} from "./exchange.ts";
import { ACK, NACK } from "./frame.ts";
import type { HostLink } from "./host-link.ts";
import {
  STATUS_OK,
  STATUS_OVER_CURRENT,
  STATUS_OVER_TEMPERATURE,
  STATUS_SYNTAX_ERROR,
  statusMeaning,
} from "./status.table.ts";

/** Inputs of one exchange: resends, re-reads, strays, rests of frames and drains stay far below. */
const MAX_INPUTS = 64;
/** Readings without a byte, one after another, that are put down to a hasty interrupt line or a busy bus. */
const MAX_EMPTY_READS = 8;

/** What the exchange is told of a wait that ended without anything to read. */
const ENDS_OF_WAIT = {
  late: { kind: "silence" },
  aborted: { kind: "abort" },
} as const satisfies Record<string, ExchangeInput>;

/** Why a command has no answer. */
export type CommandError =
  | { readonly kind: "reader"; readonly error: ReaderError }
  /** Acknowledged, but no response in time. The command was aborted; card or chip may be the cause. */
  | { readonly kind: "unanswered" }
  | { readonly kind: "aborted" };

export class CommandRunner {
  readonly #link: HostLink;
  readonly #clock: Clock;
  readonly #log: Log;
  #commands = 0;
  #rereads = 0;
  #resends = 0;
  #aborts = 0;
  #strays = 0;

  constructor(parts: { readonly link: HostLink; readonly clock: Clock; readonly log: Log }) {
    this.#link = parts.link;
    this.#clock = parts.clock;
    this.#log = parts.log;
  }

  /** What was sent since this runner was made, by the reason for it, and what came unasked. */
  get counts(): Pick<ReaderHealth, "commands" | "rereads" | "resends" | "aborts" | "strays"> {
    return {
      commands: this.#commands,
      rereads: this.#rereads,
      resends: this.#resends,
      aborts: this.#aborts,
      strays: this.#strays,
    };
  }

  /** Runs one command to its typed answer. `signal` aborts it by host ACK. */
  async run<T>(command: Command<T>, signal?: AbortSignal): Promise<Result<T, CommandError>> {
    const { name, answerBytes, responseMs, repeat } = command;
    const startedAt = this.#clock.monotonicMs();
    const payload = concat(Uint8Array.of(command.code), command.parameters);
    this.#commands += 1;
    const outcome = await this.#drive(begin({ payload, answerBytes, responseMs, repeat }, startedAt), signal);
    this.#log.trace("pn532.command", {
      command: name,
      outcome: outcome.ok ? outcome.value.kind : outcome.error.kind,
      sentBytes: payload.length,
      receivedBytes: outcome.ok && outcome.value.kind === "answered" ? outcome.value.data.length : 0,
      durationMs: this.#clock.monotonicMs() - startedAt,
    });
    if (!outcome.ok) return err({ kind: "reader", error: { kind: "bus", error: outcome.error } });
    return this.#judge(command, outcome.value);
  }

  /** Aborts whatever the chip is doing and throws away answers that nobody read (after a host restart). */
  async clear(): Promise<Result<void, ReaderError>> {
    const outcome = await this.#drive(beginClearing(this.#clock.monotonicMs()));
    return outcome.ok ? ok(undefined) : err({ kind: "bus", error: outcome.error });
  }

  async #drive(first: Step, signal?: AbortSignal): Promise<Result<Outcome, BusError>> {
    let current = first;
    for (let inputs = 0; inputs < MAX_INPUTS; inputs++) {
      if (current.write !== undefined) {
        this.#count(current.write, inputs);
        const begunAt = this.#clock.monotonicMs();
        const written = await this.#link.write(current.write);
        if (!written.ok) return written;
        current = { next: delayed(current.next, this.#clock.monotonicMs() - begunAt) };
      }
      if (current.next.at === "finished") return ok(current.next.outcome);
      // While the line settles an abort has nothing left to stop.
      const input = await this.#nextInput(current.next, current.next.at === "settle" ? undefined : signal);
      if (!input.ok) return input;
      current = this.#step(current.next, input.value);
    }
    return ok({ kind: "damaged" });
  }

  #step(exchange: Exchange, input: ExchangeInput): Step {
    const stepped = step(exchange, input, this.#clock.monotonicMs());
    if (stepped.isStray === true) this.#strays += 1;
    return stepped;
  }

  #count(frame: Uint8Array, inputs: number): void {
    // The first frame is the command, or the abort before a start, which gives nothing up.
    if (inputs === 0) return;
    if (frame === ACK) this.#aborts += 1;
    else if (frame === NACK) this.#rereads += 1;
    else this.#resends += 1;
  }

  async #nextInput(
    exchange: Exclude<Step["next"], { at: "finished" }>,
    signal: AbortSignal | undefined,
  ): Promise<Result<ExchangeInput, BusError>> {
    const want = wanted(exchange);
    for (let reads = 0; reads < MAX_EMPTY_READS; reads++) {
      // The rest of a frame is there or it is not; only its beginning is waited for.
      const readiness =
        want.position === "frameStart"
          ? await this.#link.waitReady(exchange.until, signal)
          : ok("ready" as const);
      if (!readiness.ok) return readiness;
      if (readiness.value !== "ready") return ok(ENDS_OF_WAIT[readiness.value]);
      const bytes = await this.#link.read(want);
      if (!bytes.ok) return bytes;
      if (bytes.value.length > 0) return ok({ kind: "bytes", bytes: bytes.value });
    }
    return ok(ENDS_OF_WAIT.late);
  }

  #judge<T>(command: Command<T>, outcome: Outcome): Result<T, CommandError> {
    switch (outcome.kind) {
      case "answered": {
        const value = command.decode(outcome.data);
        return value === undefined ? err({ kind: "reader", error: garbled(command.name) }) : ok(value);
      }
      case "refused":
        return err({ kind: "reader", error: refused(command.name, STATUS_SYNTAX_ERROR) });
      case "unacknowledged":
        return err({ kind: "reader", error: this.#link.explainSilence() });
      case "damaged":
        return err({ kind: "reader", error: garbled(command.name) });
      case "unanswered":
      case "aborted":
        return err({ kind: outcome.kind });
    }
  }
}

/** A deadline counts from the moment when the frame has left: on a slow bus the frame itself takes as long. */
function delayed(exchange: Exchange, byMs: number): Exchange {
  return exchange.at === "finished" ? exchange : { ...exchange, until: after(exchange.until, byMs) };
}

/** The chip's refusal of a command, by its error frame or a status. */
const refused = (command: string, status: number): ReaderError => ({ kind: "chipRefused", command, status });

/** The reader's trouble that a status tells of; nothing for success and for what is the card's. */
export function blamesReader(command: string, status: number): ReaderError | undefined {
  if (status === STATUS_OVER_TEMPERATURE) return { kind: "chipProtection", cause: "overTemperature" };
  if (status === STATUS_OVER_CURRENT) return { kind: "chipProtection", cause: "overCurrent" };
  if (status === STATUS_OK || statusMeaning(status).class === "card") return undefined;
  return refused(command, status);
}

// What was received is not shown: a damaged answer may hold card data.
const garbled = (command: string): ReaderError => ({
  kind: "chipGarbled",
  observed: `damaged answer to ${command}`,
  remedy: "frames arrive damaged: lower the bus clock (1 MHz), shorten the wires, check the ground wire",
});
