/**
 * `varco sim chip`: the virtual PN532 on a pseudo-terminal, with a card on its antenna, for foreign programs.
 * Serves one program after the other until it is interrupted. Of a specimen it tells what opens it.
 */
import { VirtualBoard } from "../../sim/board.ts";
import { CARD_PROFILES, cardOfProfile, identityOf } from "../../sim/cards/card-profiles.ts";
import { HastyTimeline } from "../../sim/hasty-timeline.ts";
import { RealTimeline } from "../../sim/real-timeline.ts";
import { SeededRandom } from "../../sim/seeded-random.ts";
import { offerTerminal } from "../../sim/terminal-host.ts";
import { type CommandIo, EXIT, type Execute, type ExitCode, type Invocation } from "../command.ts";
import { describeError } from "../describe-error.ts";
import { askedSeed, openingOf, SEED_COMPLAINT } from "./virtual-card.ts";

interface Asked {
  readonly link: string;
  readonly profile: string;
  readonly seed: number;
}

export const simChipCommand: Execute = async (invocation, io) => {
  const asked = parse(invocation);
  if (typeof asked === "string") {
    io.err(asked);
    return EXIT.usage;
  }
  const paced = invocation.flags.has("realtime") ? new RealTimeline() : undefined;
  const timeline = paced ?? new HastyTimeline();
  const random = new SeededRandom(asked.seed);
  const wiring = [{ bus: "hsu", node: asked.link }] as const;
  const board = new VirtualBoard({ timeline, wiring, seed: random.next() });
  const spec = cardOfProfile(asked.profile, random);
  const told =
    spec === undefined ? {} : { ...identityOf(board.place(asked.link, spec).card), ...openingOf(spec) };
  const offered = await offerTerminal(board, { node: asked.link, onNews: () => paced?.hear() });
  if (!offered.ok) {
    io.err(describeError(offered.error));
    return EXIT.environment;
  }
  io.out(ready({ link: asked.link, ...told }, invocation));
  const ending = await Promise.race([offered.value.ended.then(() => "lost" as const), interrupted(io)]);
  timeline.close();
  await offered.value.close();
  const { unhandled } = board.reader(asked.link).chip;
  if (unhandled.length > 0) io.err(`commands that this chip does not know: ${unhandled.join(", ")}`);
  return ending === "lost" ? lost(asked.link, io) : EXIT.done;
};

/** What was asked for, or what is wrong with it. */
function parse({ texts }: Invocation): Asked | string {
  const { hsu: link, card: profile, seed: text } = texts;
  if (link === undefined) return "--hsu LINK is missing: the path at which the chip shall appear";
  if (profile === undefined || !CARD_PROFILES.includes(profile))
    return `--card takes one of ${CARD_PROFILES.join(", ")}`;
  const seed = askedSeed(text);
  return seed === undefined ? SEED_COMPLAINT : { link, profile, seed };
}

function ready(told: Readonly<Record<string, string>>, { flags }: Invocation): string {
  if (flags.has("json")) return JSON.stringify(told);
  const { link, ...facts } = told;
  const numbers = Object.entries(facts).map(([name, value]) => `${name.toUpperCase()} ${value}`);
  return `ready on ${link}: ${numbers.length === 0 ? "no card" : numbers.join(", ")}`;
}

function interrupted({ signal }: CommandIo): Promise<"interrupted"> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve("interrupted");
    signal.addEventListener("abort", () => resolve("interrupted"));
  });
}

function lost(link: string, io: CommandIo): ExitCode {
  io.err(`socat, which held ${link}, has ended: start this command again`);
  return EXIT.environment;
}
