/** The program's own version, from the package.json above it, whether it runs from source or as built. */
import { readFile } from "node:fs/promises";

/** From `src/app` the file is two folders up, from `dist/src/app` three. */
const PLACES = ["../../package.json", "../../../package.json"] as const;

export async function programVersion(): Promise<string> {
  for (const place of PLACES) {
    const text = await readFile(new URL(place, import.meta.url), "utf8").catch(() => "{}");
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null && "version" in parsed) return String(parsed.version);
  }
  return "unknown";
}
