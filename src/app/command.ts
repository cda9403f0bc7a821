/**
 * What a command is: words, options and an example for people, and a module loaded only when the command is
 * asked for, so that putting a relay off does not wait for a database or a schema library.
 */
import type { Clock } from "../ports/clock.ts";

/** 0 done · 1 a negative result (a problem was found, no card came) · 2 wrong usage · 3 the surroundings fail. */
export type ExitCode = 0 | 1 | 2 | 3;
export const EXIT = { done: 0, negative: 1, usage: 2, environment: 3 } as const satisfies Record<
  string,
  ExitCode
>;

/** The process as a command sees it. */
export interface CommandIo {
  /** Results: one line on standard output. */
  readonly out: (line: string) => void;
  /** Progress and problems: one line on standard error. */
  readonly err: (line: string) => void;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Standard output goes to a person, and colour is not refused by `NO_COLOR`. */
  readonly colour: boolean;
  /** Standard error goes to a person: progress may be shown. */
  readonly interactive: boolean;
  /**
   * One line that a person types and nobody sees, or the first line of standard input when that is no terminal,
   * as bytes without the line end; `undefined` when there is none. To be wiped by whoever asked.
   */
  readonly askSecret: (question: string) => Promise<Uint8Array | undefined>;
  readonly clock: Clock;
  /** Aborted by the first SIGINT, SIGTERM or SIGHUP. */
  readonly signal: AbortSignal;
}

/** A command line that agrees with its command's specification. */
export interface Invocation {
  /** Values of options that take one. */
  readonly texts: Readonly<Record<string, string | undefined>>;
  /** Options without a value that were given. */
  readonly flags: ReadonlySet<string>;
  readonly positionals: readonly string[];
}

export type Execute = (invocation: Invocation, io: CommandIo) => Promise<ExitCode>;

/** The configuration when `--config` does not name one. */
export const DEFAULT_CONFIG = "/etc/varco/gate.yaml";

export interface OptionSpec {
  readonly short?: string;
  /** Name of the value in the help, for example `FILE`; absent for a flag. */
  readonly value?: string;
  readonly help: string;
}

export interface CommandSpec {
  /** One or two words: `run`, `credentials add`. */
  readonly name: string;
  readonly summary: string;
  readonly options: Readonly<Record<string, OptionSpec>>;
  /** Names of the positional arguments; those in brackets, at the end, may be left out, one with `...` repeated. */
  readonly positionals: readonly string[];
  readonly example: string;
  /** Puts the relays of the last good pin map off before anything else of the command is loaded. */
  readonly relaysOffFirst?: true;
  readonly load: () => Promise<Execute>;
}
