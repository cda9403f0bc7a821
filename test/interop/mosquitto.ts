/** A real Mosquitto on a free port of loopback, with a configuration and a store of its own. */
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually, freePort, type Running, start } from "./processes.ts";

const PROGRAM = "/usr/sbin/mosquitto";

export const hasMosquitto = existsSync(PROGRAM);
if (!hasMosquitto)
  process.stderr.write(`skipped: tests against Mosquitto, because ${PROGRAM} is not installed\n`);

export class Mosquitto {
  readonly port: number;
  readonly #configFile: string;
  #process: Running | undefined;
  #earlierLog = "";

  private constructor(port: number, configFile: string) {
    this.port = port;
    this.#configFile = configFile;
  }

  /** `extra` are further lines of its configuration; without any, everybody may do everything. */
  static async start(folder: string, extra = "allow_anonymous true"): Promise<Mosquitto> {
    const port = await freePort();
    const own = mkdtempSync(join(folder, "mosquitto-"));
    const lines = [
      ...(process.getuid?.() === 0 ? ["user root"] : []),
      "persistence true",
      `persistence_location ${own}/`,
      `listener ${port} 127.0.0.1`,
      extra,
    ];
    writeFileSync(join(own, "mosquitto.conf"), `${lines.join("\n")}\n`);
    const broker = new Mosquitto(port, join(own, "mosquitto.conf"));
    await broker.restart();
    return broker;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** What it has logged so far, earlier lives included. */
  log(): string {
    return this.#earlierLog + (this.#process?.err() ?? "");
  }

  /** How many messages a client has published on topics that end so. */
  received(clientId: string, topic: string): number {
    const lines = this.log().split("\n");
    return lines.filter((line) => line.includes(`PUBLISH from ${clientId} `) && line.includes(`/${topic}'`))
      .length;
  }

  isDead(): boolean {
    return this.#process?.ending() !== undefined;
  }

  /** Ends it as a crash (SIGKILL: what was not yet on disk is gone) or in order (SIGTERM). */
  async end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    this.#process?.kill(signal);
    await this.#process?.ended;
  }

  async restart(): Promise<void> {
    this.#earlierLog = this.log();
    const broker = start(PROGRAM, ["-c", this.#configFile, "-v"]);
    this.#process = broker;
    await eventually(() => broker.err().includes("running"), "Mosquitto runs");
  }
}

/** Every message under `acs/#`, as Mosquitto's own client prints it. */
export class Listener {
  readonly #process: Running;

  private constructor(listening: Running) {
    this.#process = listening;
  }

  /** `extra` are further options of mosquitto_sub. Resolves once it is subscribed. */
  static async start(broker: Mosquitto, extra: readonly string[] = []): Promise<Listener> {
    const subscriptions = (): number => broker.log().split("Sending SUBACK").length;
    const before = subscriptions();
    const where = ["-h", "127.0.0.1", "-p", `${broker.port}`, ...extra];
    const what = ["-V", "5", "-q", "1", "-t", "acs/#", "-F", "%r %t %p"];
    const listening = start("mosquitto_sub", [...where, ...what]);
    await eventually(() => subscriptions() > before, "mosquitto_sub is subscribed");
    return new Listener(listening);
  }

  /** Bodies of the messages whose topic ends so, in order. */
  bodies(topic: string): readonly unknown[] {
    const lines = this.#process.out().split("\n").slice(0, -1);
    return lines
      .filter((line) => line.split(" ")[1]?.endsWith(`/${topic}`) === true)
      .map((line) => JSON.parse(line.split(" ").slice(2).join(" ")) as unknown);
  }
}
