/** What an installer leaves on a gate's disk, in a temporary folder, for a virtual board. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CardSpec } from "../../src/sim/cards/make-card.ts";
import { connectDirector, type Director } from "../../src/sim/director-client.ts";
import { eventually, type Running, startVarco, varco } from "./processes.ts";

export const NODE = "/dev/spidev0.0";
export const LINES = { relay: 17, green: 5, red: 6, irq: 25, reset: 24 } as const;
export const BASE = "acs/v1/interop/gate-1";
/** The relay is seen on for this long, and never longer than the maximum. */
export const PULSE_MS = { usual: 250, most: 500 } as const;

export interface FolderOptions {
  /** Lines of the section `mqtt`; without them the gate has no broker. */
  readonly mqtt?: Readonly<Record<string, string>>;
  readonly stateDirectory?: string;
}

export class GateFolder {
  readonly path: string;
  readonly configFile: string;
  readonly stateDirectory: string;
  readonly socket: string;

  constructor(options: FolderOptions = {}) {
    this.path = mkdtempSync(join(tmpdir(), "varco-interop-"));
    this.configFile = join(this.path, "gate.yaml");
    this.stateDirectory = options.stateDirectory ?? join(this.path, "state");
    this.socket = join(this.path, "board.sock");
    this.write("site.key", "7c".repeat(32));
    this.configure(options);
  }

  get databaseFile(): string {
    return join(this.stateDirectory, "varco.db");
  }

  configure({ mqtt }: FolderOptions): void {
    this.write("gate.yaml", configText(this, mqtt));
  }

  /** Replaces a passage of the configuration that must be there. */
  reconfigure(passage: string, replacement: string): void {
    const text = readFileSync(this.configFile, "utf8");
    if (!text.includes(passage)) throw new Error(`the configuration has no ${passage}`);
    this.write("gate.yaml", text.replace(passage, replacement));
  }

  /** A private file of the folder; its path. */
  write(name: string, content: string): string {
    const file = join(this.path, name);
    writeFileSync(file, content, { mode: 0o600 });
    return file;
  }

  /** Admits these numbers to the group of the door, by the program's own import. */
  async admit(numbers: readonly string[]): Promise<void> {
    const rows = numbers.map((number) => `${number},members`);
    const file = this.write("members.csv", `identifier,group\n${rows.join("\n")}\n`);
    const { exit, err } = await varco("credentials", "import", file, "-c", this.configFile);
    rmSync(file);
    if (exit !== 0) throw new Error(`the import failed: ${err}`);
  }

  /** Starts the virtual board as a process and reaches its director. */
  async startBoard(): Promise<Director> {
    const board = startVarco(["sim", "board", "-c", this.configFile, "--seed", "1"]);
    await eventually(() => board.out().includes('"ready"') || board.ending() !== undefined, "the board");
    const director = await connectDirector(this.socket);
    if (!director.ok) throw new Error(`no virtual board: ${board.err()}`, { cause: director.error });
    await director.value.ask({ do: "watchEdges" });
    return director.value;
  }

  /** Starts the gate; resolves once its reader is in use. */
  async startGate(): Promise<Running> {
    const gate = startVarco(["run", "-c", this.configFile, "--state-dir", this.stateDirectory]);
    await eventually(
      () => gate.out().includes('"readerStarted"') || gate.ending() !== undefined,
      "the gate's reader starts",
    );
    return gate;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** A card with this number; families differ in how they are read. */
export const cie = (nis: string, family: "gemalto" | "stm" | "nxp" | "itj4d" = "gemalto"): CardSpec => ({
  card: "cie",
  family,
  nis,
});

const configText = (
  folder: GateFolder,
  mqtt: Readonly<Record<string, string>> | undefined,
): string => `site: interop
gate: gate-1
notice: { version: 1, it: "Leggiamo il numero della carta.", fr: "Nous lisons le numéro.", en: "We read the number." }
scope: gym
siteKey: { id: k1, file: ${join(folder.path, "site.key")} }
stateDirectory: ${folder.stateDirectory}
board: { kind: virtual, socket: ${folder.socket} }
doors:
  - id: lane-1
    direction: in
    level: identifier
    nisOnly: acceptsCopiedNumbers
    groups: [members]
    reader: { bus: spi, node: ${NODE}, clockHz: 2000000, irqLine: ${LINES.irq}, resetLine: ${LINES.reset} }
    relay: { line: ${LINES.relay}, activeLevel: high, pulseMs: ${PULSE_MS.usual}, maxPulseMs: ${PULSE_MS.most} }
    green: { line: ${LINES.green}, activeLevel: high }
    red: { line: ${LINES.red}, activeLevel: high }
${mqtt === undefined ? "" : `mqtt:\n${entries(mqtt)}`}`;

const entries = (section: Readonly<Record<string, string>>): string =>
  Object.entries(section)
    .map(([key, value]) => `  ${key}: ${value}\n`)
    .join("");
