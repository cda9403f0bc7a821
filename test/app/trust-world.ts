/** What a gate's journal says, for tests of commands. */
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import type { CommandWorld } from "./command-world.ts";

/** Types and data of all rows, in order. */
export function journalRows(world: CommandWorld): readonly Readonly<Record<string, unknown>>[] {
  const raw = new Sqlite(join(world.folder, "state", "varco.db"));
  const lines = raw.prepare<[], { line: string }>("SELECT line FROM event ORDER BY seq").all();
  raw.close();
  return lines.map(({ line }) => {
    const { type, data } = JSON.parse(line) as { type: string; data: object };
    return { type, ...data };
  });
}
