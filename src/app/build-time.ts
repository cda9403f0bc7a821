/** When this program was installed: the least time that the wall clock can truly show. */
import { stat } from "node:fs/promises";
import { type Instant, instant } from "../time/time.ts";

export async function buildTime(): Promise<Instant> {
  const { mtimeMs } = await stat(new URL(import.meta.url));
  return instant(Math.floor(mtimeMs));
}
