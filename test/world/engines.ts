/**
 * Who speaks ISO-DEP at which reader of a simulated day: drawn from the day's seed by a stream of its own, so that everything
 * else that the seed says stays as it is. To see whether it matters, one can be set for all readers in place of the draw.
 */
import { SeededRandom } from "../../src/sim/seeded-random.ts";
import type { DoorWiring } from "./virtual-gate.ts";

/** As `reader.isoDep` has it; `unset` where the configuration says nothing of it. */
export type Engine = "firmware" | "software" | "unset";

/** Our own half of the time, which has more to go wrong in it. */
const DRAWN: readonly Engine[] = ["software", "software", "firmware", "unset"];
/** `ISOD`; apart from all that is drawn from the seed itself. */
const STREAM = 0x49_53_4f_44;

/** What the environment names for all readers; nothing for the draw. */
export function engineNamed(name: string | undefined): Engine | undefined {
  if (name === undefined) return undefined;
  const engine = DRAWN.find((each) => each === name);
  if (engine === undefined) throw new Error(`no engine ${name}: ${[...new Set(DRAWN)].join(", ")}`);
  return engine;
}

/** The engines of one seed, one after the other. */
export function enginesOf(seed: number, all?: Engine): () => Engine {
  const random = new SeededRandom(seed ^ STREAM);
  return () => {
    const drawn = random.pick(DRAWN);
    return all ?? drawn;
  };
}

/** As the driver and the configuration take it. */
export const isoDepOf = (engine: Engine): { readonly isoDep?: "firmware" | "software" } =>
  engine === "unset" ? {} : { isoDep: engine };

/** The same doors, each reader with the next engine. */
export const withEngines = <D extends DoorWiring>(doors: readonly D[], next: () => Engine): readonly D[] =>
  doors.map((door) => ({ ...door, reader: { ...door.reader, ...isoDepOf(next()) } }));

interface Door {
  readonly reader: { readonly isoDep?: "firmware" | "software" };
}

/** Of these doors, in their order; as they are wired, or configured. */
export const enginesAt = (doors: readonly Door[]): readonly Engine[] =>
  doors.map(({ reader }) => reader.isoDep ?? "unset");

/** In words: `lane 1 software, lane 2 unset`. */
export const engineWords = (engines: readonly Engine[]): string =>
  engines.map((engine, lane) => `lane ${lane + 1} ${engine}`).join(", ");

/** How often each: `engines: software 3, firmware 1, unset 2`. */
export function engineTally(engines: readonly Engine[]): string {
  const counts = [...new Set(DRAWN)].map(
    (engine) => `${engine} ${engines.filter((each) => each === engine).length}`,
  );
  return `engines: ${counts.join(", ")}`;
}
