/**
 * `varco sim card`: a virtual card in the virtual reader of a computer (pcscd with vpcd), for every program that speaks
 * PC/SC. It lies there until it is interrupted, or the reader goes.
 */
import { toHex } from "../../bytes/hex.ts";
import { systemRandom } from "../../crypto/system-random.ts";
import { CARD_PROFILES, cardOfProfile } from "../../sim/cards/card-profiles.ts";
import { makeCard } from "../../sim/cards/make-card.ts";
import { pcscAtr } from "../../sim/cards/pcsc-atr.ts";
import { SeededRandom } from "../../sim/seeded-random.ts";
import { type ContactCard, insertCard, type VpcdAddress, type VpcdEnding } from "../../sim/vpcd-card.ts";
import { type CommandIo, EXIT, type Execute, type ExitCode, type Invocation } from "../command.ts";
import { describeError } from "../describe-error.ts";

const SEED_BYTES = 4;
const MAX_PORT = 0xffff;

interface Asked {
  readonly address: VpcdAddress;
  readonly card: ContactCard;
}

export const simCardCommand: Execute = async (invocation, io) => {
  const asked = parse(invocation);
  if (typeof asked === "string") {
    io.err(asked);
    return EXIT.usage;
  }
  const { address, card } = asked;
  const inserted = await insertCard(address, card);
  if (!inserted.ok) {
    io.err(describeError(inserted.error));
    return EXIT.environment;
  }
  const told = { vpcd: `${address.host}:${address.port}`, atr: toHex(card.atr) };
  io.out(
    invocation.flags.has("json")
      ? JSON.stringify(told)
      : `lies in the reader at ${told.vpcd}: ATR ${told.atr}`,
  );
  const pull = (): void => inserted.value.close();
  io.signal.addEventListener("abort", pull);
  if (io.signal.aborted) pull();
  return exitOf(await inserted.value.ended, io);
};

/** What was asked for, or what is wrong with it. */
function parse({ texts }: Invocation): Asked | string {
  const { vpcd = "", profile = "", seed: text } = texts;
  const address = parseAddress(vpcd);
  if (address === undefined) return "--vpcd takes HOST:PORT, where vpcd listens: usually 127.0.0.1:35963";
  const seed = text === undefined ? Number.parseInt(toHex(systemRandom.bytes(SEED_BYTES)), 16) : Number(text);
  if (!Number.isSafeInteger(seed) || seed < 0) return "--seed takes a whole number from 0";
  const card = contactCard(profile, new SeededRandom(seed));
  return card === undefined ? `--profile takes one of ${contactProfiles().join(", ")}` : { address, card };
}

function parseAddress(text: string): VpcdAddress | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([0-9A-Fa-f:]+)\]|([^:\s]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  return host === undefined || port < 1 || port > MAX_PORT ? undefined : { host, port };
}

/** The card of a profile as a computer's reader sees it, unless it takes no APDUs. */
function contactCard(profile: string, random: SeededRandom): ContactCard | undefined {
  const spec = cardOfProfile(profile, random);
  if (spec === undefined) return undefined;
  const { card } = makeCard(spec);
  const atr = pcscAtr(card);
  const application = card.profile.isoDep?.application;
  return atr === undefined || application === undefined ? undefined : { atr, application };
}

/** Those of cards that take APDUs, by their specification alone: to make each only for its name would take seconds. */
const contactProfiles = (): readonly string[] =>
  CARD_PROFILES.filter((profile) => {
    const spec = cardOfProfile(profile, new SeededRandom(0));
    return spec !== undefined && spec.card !== "transit";
  });

const ENDINGS: Readonly<Record<Exclude<VpcdEnding, "closed">, string>> = {
  removed: "the card was pulled, as its profile says",
  readerGone: "the reader is gone: start pcscd, then this command again",
  readerGarbled: "what listens there is no vpcd",
};

function exitOf(ending: VpcdEnding, io: CommandIo): ExitCode {
  if (ending === "closed") return EXIT.done;
  io.err(ENDINGS[ending]);
  return ending === "removed" ? EXIT.done : EXIT.environment;
}
