/**
 * Plays systemd for a gate: starts it, and whenever it ends runs ExecStopPost at once and starts it again
 * after RestartSec, as `systemd/varco.service` says. Some of its starts are armed: see `kill-points.mjs`.
 */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type GateFolder, LINES } from "./gate-folder.ts";
import { finished, type Running, startVarco } from "./processes.ts";

const KILL_POINTS = resolve("test/interop/kill-points.mjs");
const RESTART_MS = 1_000;

/** What the next start carries with it. */
export interface Arm {
  readonly point: string;
  /** Which time that the gate comes there. */
  readonly occurrence: number;
  /** Whom to kill instead of the gate. */
  readonly victim?: number;
}

/** One life of the gate. */
export interface Life {
  readonly armedFor: string | undefined;
  readonly ending: number | string;
  readonly endedAtMs: number;
  readonly errors: string;
}

export class Supervisor {
  readonly lives: Life[] = [];
  readonly #folder: GateFolder;
  readonly #arms: Arm[] = [];
  #gate: Running | undefined;
  #startedAtMs = 0;
  #stopping = false;
  #done: Promise<void> = Promise.resolve();

  constructor(folder: GateFolder) {
    this.#folder = folder;
  }

  start(): void {
    this.#done = this.#supervise();
  }

  arm(arms: readonly Arm[]): void {
    this.#arms.push(...arms);
  }

  /** Lives that were ended by SIGKILL. */
  kills(): readonly Life[] {
    return this.lives.filter(({ ending }) => ending === "SIGKILL");
  }

  /** How long the gate of the moment has been running, in ms; 0 while there is none. */
  ageMs(): number {
    return this.#gate === undefined ? 0 : Date.now() - this.#startedAtMs;
  }

  /** SIGKILL for the running gate, from outside. */
  kill(): void {
    this.#gate?.kill("SIGKILL");
  }

  /** Names of the points at which a gate, or its victim, was killed, in order. */
  pointsReached(): readonly string[] {
    return readFileSync(this.#logFile, "utf8").trimEnd().split("\n");
  }

  /** What the running gate has logged. */
  log(): string {
    return this.#gate?.out() ?? "";
  }

  /** SIGTERM, as `systemctl stop` sends it; resolves with how the gate ended. */
  async stop(): Promise<number | string> {
    this.#stopping = true;
    this.#gate?.kill("SIGTERM");
    await this.#done;
    return this.lives.at(-1)?.ending ?? "never started";
  }

  get #logFile(): string {
    return join(this.#folder.path, "kills.log");
  }

  async #supervise(): Promise<void> {
    while (!this.#stopping) {
      await this.#live(this.#arms.shift());
      if (!this.#stopping) await delay(RESTART_MS);
    }
  }

  async #live(arm: Arm | undefined): Promise<void> {
    const { configFile, stateDirectory } = this.#folder;
    const armed = arm === undefined ? {} : this.#armed(arm);
    const gate = startVarco(["run", "-c", configFile, "--state-dir", stateDirectory], armed);
    this.#gate = gate;
    this.#startedAtMs = Date.now();
    const ending = await gate.ended;
    const endedAtMs = Date.now();
    this.#gate = undefined;
    const post = await finished(startVarco(["relay-off", "--state-dir", stateDirectory]));
    const errors = `${gate.err()}${post.err}`;
    this.lives.push({ armedFor: arm?.point, ending, endedAtMs, errors });
  }

  #armed({ point, occurrence, victim }: Arm) {
    return {
      nodeFlags: ["--import", KILL_POINTS],
      env: {
        KILL_AT: `${point}#${occurrence}`,
        KILL_LOG: this.#logFile,
        KILL_RELAY_LINE: String(LINES.relay),
        ...(victim === undefined ? {} : { KILL_PID: String(victim) }),
      },
    };
  }
}
