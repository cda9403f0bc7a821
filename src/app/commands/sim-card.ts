/**
 * `varco sim card`: a virtual card in the virtual reader of a computer (pcscd with vpcd), for every program that speaks
 * PC/SC. It lies there until it is interrupted, or the reader goes. Of a specimen it tells what opens it.
 */
import { writeFile } from "node:fs/promises";
import { toHex } from "../../bytes/hex.ts";
import { err, ok, type Result } from "../../result.ts";
import { CARD_PROFILES, cardOfProfile } from "../../sim/cards/card-profiles.ts";
import { type CardSpec, makeCard } from "../../sim/cards/make-card.ts";
import { pcscAtr } from "../../sim/cards/pcsc-atr.ts";
import { documentTrust } from "../../sim/pki/document-trust.ts";
import { SeededRandom } from "../../sim/seeded-random.ts";
import { type ContactCard, insertCard, type VpcdAddress, type VpcdEnding } from "../../sim/vpcd-card.ts";
import { type CommandIo, EXIT, type Execute, type ExitCode, type Invocation } from "../command.ts";
import { describeError } from "../describe-error.ts";
import { type SinkError, sinkError } from "./export-sink.ts";
import { askedSeed, type Opening, openingOf, SEED_COMPLAINT } from "./virtual-card.ts";

const MAX_PORT = 0xffff;

interface Asked {
  readonly address: VpcdAddress;
  readonly card: ContactCard;
  readonly opening: Opening;
}

export const simCardCommand: Execute = async (invocation, io) => {
  const { states, vpcd } = invocation.texts;
  const written = states === undefined ? ok(undefined) : await writeStates(states);
  if (!written.ok) {
    io.err(describeError(written.error));
    return EXIT.environment;
  }
  return states !== undefined && vpcd === undefined ? EXIT.done : serve(invocation, io);
};

async function serve(invocation: Invocation, io: CommandIo): Promise<ExitCode> {
  const asked = parse(invocation);
  if (typeof asked === "string") {
    io.err(asked);
    return EXIT.usage;
  }
  const { address, card, opening } = asked;
  const inserted = await insertCard(address, card);
  if (!inserted.ok) {
    io.err(describeError(inserted.error));
    return EXIT.environment;
  }
  const told = { vpcd: `${address.host}:${address.port}`, atr: toHex(card.atr), ...opening };
  const { can = "none", mrz } = opening;
  const opened = mrz === undefined ? "" : `; CAN ${can}; MRZ ${mrz}`;
  io.out(
    invocation.flags.has("json")
      ? JSON.stringify(told)
      : `lies in the reader at ${told.vpcd}: ATR ${told.atr}${opened}`,
  );
  const pull = (): void => inserted.value.close();
  io.signal.addEventListener("abort", pull);
  if (io.signal.aborted) pull();
  return exitOf(await inserted.value.ended, io);
}

/** What was asked for, or what is wrong with it. */
function parse({ texts }: Invocation): Asked | string {
  const { vpcd = "", profile = "", seed: text } = texts;
  const address = parseAddress(vpcd);
  if (address === undefined) return "--vpcd takes HOST:PORT, where vpcd listens: usually 127.0.0.1:35963";
  const seed = askedSeed(text);
  if (seed === undefined) return SEED_COMPLAINT;
  const spec = cardOfProfile(profile, new SeededRandom(seed));
  const card = spec && contactCard(spec);
  return spec === undefined || card === undefined
    ? `--profile takes one of ${contactProfiles().join(", ")}`
    : { address, card, opening: openingOf(spec) };
}

/** The country signers of the simulated States as one PEM file. */
async function writeStates(file: string): Promise<Result<void, SinkError>> {
  const blocks = documentTrust().certificates.map(
    (der) =>
      `-----BEGIN CERTIFICATE-----\n${Buffer.from(der).toString("base64")}\n-----END CERTIFICATE-----\n`,
  );
  try {
    return ok(await writeFile(file, blocks.join("")));
  } catch (cause) {
    return err(sinkError(file, cause));
  }
}

function parseAddress(text: string): VpcdAddress | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([0-9A-Fa-f:]+)\]|([^:\s]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  return host === undefined || port < 1 || port > MAX_PORT ? undefined : { host, port };
}

/** The card of a profile as a computer's reader sees it, unless it takes no APDUs. */
function contactCard(spec: CardSpec): ContactCard | undefined {
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
  readerGone: "the reader has closed: it has finished with the card, or pcscd has ended",
  readerGarbled: "what listens there is no vpcd",
};

function exitOf(ending: VpcdEnding, io: CommandIo): ExitCode {
  if (ending === "closed") return EXIT.done;
  io.err(ENDINGS[ending]);
  return ending === "readerGarbled" ? EXIT.environment : EXIT.done;
}
