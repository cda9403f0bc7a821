// A gate's surroundings for the commands: a temporary folder with key, state and configuration, a virtual
// board in this process, and an `io` that keeps what is printed.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CommandIo, Execute, Invocation } from "../../src/app/command.ts";
import { SystemClock } from "../../src/app/system-clock.ts";
import { type BoardServer, startBoardServer } from "../../src/sim/board-server.ts";
import type { ReaderWiring } from "../../src/sim/wiring.ts";
import { temporaryFolder } from "../temporary-folder.ts";

export const NODE = "/dev/spidev0.0";
const ON_SPI: ReaderWiring = { bus: "spi", node: NODE, clockHz: 2_000_000, irqLine: 25, resetLine: 24 };

export interface CommandWorld {
  readonly folder: string;
  readonly configFile: string;
  /** A virtual board with one reader, on SPI as in the example unless told otherwise. */
  startBoard(wiring?: ReaderWiring): Promise<BoardServer>;
  /**
   * Runs a command with `--config` set; the exit code and what was printed. `secret` is typed when it is asked for; `told`
   * hears each line for people as it is printed.
   */
  run(
    command: Execute,
    invocation?: Partial<Invocation> & { readonly secret?: string; readonly told?: (line: string) => void },
    signal?: AbortSignal,
  ): Promise<{ readonly exit: number; readonly out: readonly string[]; readonly err: readonly string[] }>;
  /** A file of the folder. */
  write(name: string, text: string): Promise<string>;
}

/** Replaces passages of the example configuration so that it runs in a temporary folder. */
export async function commandWorld(change: (text: string) => string = (text) => text): Promise<CommandWorld> {
  const folder = temporaryFolder("command");
  const write = async (name: string, text: string) => {
    await writeFile(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  await write("site.key", "5a".repeat(32));
  const example = await readFile("deploy/gate.example.yaml", "utf8");
  const socketPath = join(folder, "board.sock");
  const here = example
    .replace("kind: raspberryPi", `kind: virtual\n  socket: ${socketPath}`)
    .replace("/etc/varco/site.key", join(folder, "site.key"))
    .replace("/var/lib/varco", join(folder, "state"))
    .replace(/^mqtt:[\s\S]*?\n\n/m, "");
  const configFile = await write("gate.yaml", change(here));
  return {
    folder,
    configFile,
    write,
    startBoard: async (reader = ON_SPI) => {
      const server = await startBoardServer({ socketPath, wiring: [reader], seed: 1 });
      if (!server.ok) throw new Error("no virtual board", { cause: server.error });
      return server.value;
    },
    run: async (command, { secret, told, ...invocation } = {}, signal = new AbortController().signal) => {
      const out: string[] = [];
      const err: string[] = [];
      const io: CommandIo = {
        out: (line) => out.push(line),
        err: (line) => {
          err.push(line);
          told?.(line);
        },
        environment: {},
        colour: false,
        interactive: false,
        askSecret: async () => (secret === undefined ? undefined : new TextEncoder().encode(secret)),
        clock: new SystemClock(),
        signal,
      };
      const full = { texts: {}, flags: new Set<string>(), positionals: [], ...invocation };
      const exit = await command({ ...full, texts: { config: configFile, ...full.texts } }, io);
      return { exit, out, err };
    },
  };
}
