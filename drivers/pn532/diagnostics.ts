/**
 * One PN532 for a person who mounts or repairs it: the tests that the chip and its wires offer, below the
 * `CardReader`. Each method answers one question; what follows from the answers is said above.
 * Governing document: NXP UM0701-02 §7.2.1 (Diagnose), §7.3.5 (InListPassiveTarget).
 */
import type { BusError, InputLine } from "../../src/ports/bus.ts";
import type { LoneReader, ReaderError, ReaderInfo } from "../../src/ports/card.ts";
import { err, ok, type Result } from "../../src/result.ts";
import { CommandRunner } from "./command-runner.ts";
import {
  type Command,
  getFirmwareVersion,
  type IsoDepEngine,
  listPassiveTarget,
  rfField,
} from "./commands.ts";
import { type LineTest, testLine } from "./line-test.ts";
import { createPn532Reader, type ReaderParts } from "./reader.ts";
import { changeSpeed, toResetSpeed } from "./serial-speed.ts";
import { FIELD_OFF_MS, RESET_MS, RESET_READY_MS, startUp } from "./start-up.ts";
import type { CardProtocol } from "./target.ts";

/** What a chip can test in itself, with the bytes of its Diagnose command. */
export type SelfTest = "rom" | "ram" | "antenna";

/**
 * Threshold of the antenna test, written to Andet_Control: detector on (bit 0), most current 150 mA (bits 3-1),
 * least 25 mA (bits 5-4), the widest window that an antenna which is not there does not fall into.
 */
const ANTENNA_WINDOW = 0x2f;
const SELF_TESTS: Readonly<Record<SelfTest, Uint8Array>> = {
  rom: Uint8Array.of(0x01),
  ram: Uint8Array.of(0x02),
  antenna: Uint8Array.of(0x07, ANTENNA_WINDOW),
};
/** Other drivers wait 1.5 s for the memory tests. */
const SELF_TEST_MS = 2_000;

/** Just after an exchange the chip refuses its address on I2C, which is no fault of the line. */
const REST_MS = 1;

const INTERRUPT_ROUNDS = 20;
/** Edges come by way of the kernel and the event loop. */
const EDGE_MS = 5;

const ONE_TRY = 1;
/** Slowest observed try, and what the rest takes. */
const TRY_MS = 250;
const PROTOCOLS: readonly CardProtocol[] = ["typeA", "typeB"];

/** How an interrupt line behaved over some commands. */
export type InterruptVerdict = "follows" | "neverFalls" | "staysLow" | "unsteady";

export interface DiagnosticsParts extends ReaderParts {
  readonly irq: InputLine | undefined;
}

/** The chip is to be started first, and after each error. Calls do not overlap. */
export class Diagnostics {
  readonly #parts: DiagnosticsParts;
  readonly #runner: CommandRunner;

  constructor(parts: DiagnosticsParts) {
    this.#parts = parts;
    this.#runner = new CommandRunner(parts);
  }

  /** The same chip as the gate has it, for cards; to be started by itself, and never used between two calls to this object. */
  asReader(isoDep: IsoDepEngine): LoneReader {
    return createPn532Reader({ ...this.#parts, isoDep });
  }

  /** As a reader starts: resets, wakes, configures; but with one try per poll. */
  start(): Promise<Result<ReaderInfo, ReaderError>> {
    const { link, reset, clock } = this.#parts;
    return startUp({ link, runner: this.#runner, reset, clock, tries: ONE_TRY, carrier: "on" });
  }

  /** The shortest command there is, and how long it took in ms, from the first byte written to its answer. */
  async roundTrip(): Promise<Result<number, ReaderError>> {
    const { clock } = this.#parts;
    const begunAt = clock.monotonicMs();
    const answer = await this.#run(getFirmwareVersion());
    return answer.ok ? ok(clock.monotonicMs() - begunAt) : answer;
  }

  /** One line test with so many bytes, 0 to 256; whatever a bad one left behind is cleared away. */
  async lineTest(dataBytes: number): Promise<Result<LineTest, ReaderError>> {
    const { link, clock } = this.#parts;
    await clock.sleep(REST_MS);
    const tested = await testLine(link, clock, dataBytes);
    if (!tested.ok) return busError(tested.error);
    if (tested.value.kind === "intact") return tested;
    const cleared = await this.#runner.clear();
    return cleared.ok ? tested : cleared;
  }

  /** Whether the chip finds its memory, or its antenna's current, in good order. */
  selfTest(which: SelfTest): Promise<Result<boolean, ReaderError>> {
    return this.#run(diagnose(SELF_TESTS[which]));
  }

  /**
   * Whether the chip is silent while its reset line is held, as it must be on every bus. Nothing where no line is
   * configured. Afterwards the chip is started; an error means that it did not come back.
   */
  async resetLine(): Promise<Result<"holds" | "ignored" | undefined, ReaderError>> {
    const { reset, clock } = this.#parts;
    if (reset === undefined) return ok(undefined);
    const held = await reset.drive("active");
    if (!held.ok) return err({ kind: "line", error: held.error });
    await clock.sleep(RESET_MS);
    const heard = await this.#runner.run({ ...getFirmwareVersion(), repeat: "never" });
    const released = await reset.drive("inactive");
    if (!released.ok) return err({ kind: "line", error: released.error });
    await clock.sleep(RESET_READY_MS);
    const started = await this.start();
    return started.ok ? ok(heard.ok ? "ignored" : "holds") : started;
  }

  /** Whether the interrupt line rests high, falls while a command runs, and is high again once it was read. */
  async interruptLine(): Promise<Result<InterruptVerdict | undefined, ReaderError>> {
    const { irq } = this.#parts;
    if (irq === undefined) return ok(undefined);
    const seen: Behaviour[] = [];
    for (let round = 0; round < INTERRUPT_ROUNDS; round++) {
      const behaviour = await this.#watchLine(irq);
      if (!behaviour.ok) return behaviour;
      seen.push(behaviour.value);
    }
    return ok(judgeLine(seen));
  }

  async #watchLine(irq: InputLine): Promise<Result<Behaviour, ReaderError>> {
    const restedBefore = !irq.isLow();
    let fell = false;
    const stop = irq.onFalling(() => {
      fell = true;
    });
    const answer = await this.#run(getFirmwareVersion());
    await this.#parts.clock.sleep(EDGE_MS);
    stop();
    return answer.ok ? ok({ fell, rests: restedBefore && !irq.isLow() }) : answer;
  }

  /** One try for a card of either type; the field is reset after a hit, so that the next try can find it again. */
  async tryForCard(): Promise<Result<boolean, ReaderError>> {
    for (const protocol of PROTOCOLS) {
      const list = await this.#run(listPassiveTarget(protocol, TRY_MS));
      if (!list.ok) return list;
      if (list.value.target === undefined) continue;
      const reset = await this.#resetField();
      return reset.ok ? ok(true) : reset;
    }
    return ok(false);
  }

  async #resetField(): Promise<Result<true, ReaderError>> {
    const off = await this.#run(rfField("off"));
    if (!off.ok) return off;
    await this.#parts.clock.sleep(FIELD_OFF_MS);
    return this.#run(rfField("on"));
  }

  /** Brings chip and link to a speed of the serial line, in bit/s; nothing to do on other links. */
  async setSpeed(baud: number): Promise<Result<void, ReaderError>> {
    const { link, clock } = this.#parts;
    const changed = await changeSpeed({ link, runner: this.#runner, clock }, baud);
    if (changed.ok) return changed;
    return err(changed.error.kind === "reader" ? changed.error.error : link.explainSilence());
  }

  /** Carrier off, and a serial chip back at the speed that other programs expect; as far as it still listens. */
  async stop(): Promise<void> {
    const off = await this.#run(rfField("off"));
    const { link, clock } = this.#parts;
    if (off.ok) await toResetSpeed({ link, runner: this.#runner, clock });
  }

  async #run<T>(command: Command<T>): Promise<Result<T, ReaderError>> {
    const answer = await this.#runner.run(command);
    if (answer.ok) return answer;
    return err(answer.error.kind === "reader" ? answer.error.error : this.#parts.link.explainSilence());
  }
}

/** Of an interrupt line round one command. */
interface Behaviour {
  readonly fell: boolean;
  /** High before the command and after its answer was read. */
  readonly rests: boolean;
}

function judgeLine(seen: readonly Behaviour[]): InterruptVerdict {
  if (seen.every(({ fell, rests }) => fell && rests)) return "follows";
  if (!seen.some(({ rests }) => rests)) return "staysLow";
  return seen.some(({ fell }) => fell) ? "unsteady" : "neverFalls";
}

const busError = (error: BusError): Result<never, ReaderError> => err({ kind: "bus", error });

/** Diagnose with a number and its parameters; the answer is one byte, 00 for good. */
const diagnose = (parameters: Uint8Array): Command<boolean> => ({
  name: "Diagnose",
  code: 0x00,
  parameters,
  answerBytes: 1,
  responseMs: SELF_TEST_MS,
  repeat: "afterDamage",
  decode: (data) => (data.length === 1 ? data[0] === 0x00 : undefined),
});
