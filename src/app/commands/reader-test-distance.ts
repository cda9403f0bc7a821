/**
 * `varco reader test --distance`: tries for a card as fast as the chip can, and says each second how many tries saw
 * one. For a person who moves a card, or the reader behind its panel, until it says "strong".
 */
import type { Diagnostics } from "../../../drivers/pn532/diagnostics.ts";
import { type CommandIo, EXIT, type ExitCode } from "../command.ts";
import { failed } from "./site.ts";

const WINDOW_MS = 1_000;
const BAR_CHARACTERS = 20;

/** From the share of tries that saw the card, the best first. */
const SIGNALS: readonly { readonly least: number; readonly word: string }[] = [
  { least: 0.98, word: "strong" },
  { least: 0.8, word: "good" },
  { least: 0.4, word: "weak: a document with much to read would be lost" },
  { least: 0.000_001, word: "edge of the field" },
];
const NOTHING = "no card";

/** What one second has shown. */
interface Window {
  readonly tries: number;
  readonly hits: number;
}

/** Until it is interrupted; the carrier is off afterwards, however it ended. Exit 0 when a card was ever seen, 1 when none was, 3 when the reader fails. */
export async function showDistance(
  chip: Pick<Diagnostics, "start" | "tryForCard" | "stop">,
  io: CommandIo,
  format: "text" | "json",
): Promise<ExitCode> {
  const started = await chip.start();
  if (!started.ok) return failed(io, started.error).exit;
  io.err("hold a card to the reader, move it away slowly; Ctrl-C ends");
  try {
    return await showWindows(chip, io, format);
  } finally {
    await chip.stop();
  }
}

async function showWindows(
  chip: Pick<Diagnostics, "tryForCard">,
  io: CommandIo,
  format: "text" | "json",
): Promise<ExitCode> {
  let everSeen = false;
  while (!io.signal.aborted) {
    const window = await watch(chip, io);
    if ("exit" in window) return window.exit;
    everSeen ||= window.hits > 0;
    if (window.tries > 0) io.out(format === "json" ? asJson(window) : asLine(window));
  }
  return everSeen ? EXIT.done : EXIT.negative;
}

async function watch(
  chip: Pick<Diagnostics, "tryForCard">,
  io: CommandIo,
): Promise<Window | { readonly exit: ExitCode }> {
  const until = io.clock.monotonicMs() + WINDOW_MS;
  let [tries, hits] = [0, 0];
  while (io.clock.monotonicMs() < until && !io.signal.aborted) {
    const hit = await chip.tryForCard();
    if (!hit.ok) return failed(io, hit.error);
    tries += 1;
    if (hit.value) hits += 1;
  }
  return { tries, hits };
}

const shareOf = ({ tries, hits }: Window): number => hits / tries;

const signalOf = (window: Window): string =>
  SIGNALS.find(({ least }) => shareOf(window) >= least)?.word ?? NOTHING;

const asJson = (window: Window): string =>
  JSON.stringify({ ...window, share: Math.round(shareOf(window) * 100) / 100, signal: signalOf(window) });

function asLine(window: Window): string {
  const share = shareOf(window);
  const bar = "#".repeat(Math.round(share * BAR_CHARACTERS)).padEnd(BAR_CHARACTERS, ".");
  const percent = `${Math.round(share * 100)} %`.padStart(5);
  return `[${bar}] ${percent} of ${window.tries} tries: ${signalOf(window)}`;
}
