/**
 * `varco enrol`: the card held to the reader is examined in full, every check is shown with its result, and its chip
 * is pinned to its holder. From then on no other chip passes with this number, at any door. With `--document` its travel
 * document is examined in the same presentation and enrolled with it, so that the holder need only tap where that is asked for.
 */
import type { Config } from "../../config/schema.ts";
import { isAccessNumber } from "../../gate/entered-password.ts";
import { type CommandIo, EXIT, type Execute, type ExitCode, type Invocation } from "../command.ts";
import { CAN_QUESTION } from "./document-password.ts";
import {
  type Enrolled,
  type EnrolmentOrder,
  type ExaminedCard,
  examineTap,
  keepEnrolment,
} from "./enrol-card.ts";
import { checksOf, type ShownCheck, showChecks } from "./enrol-checks.ts";
import { documentChecksOf } from "./enrol-document-checks.ts";
import { entitlementComplaint, entitlementOf } from "./entitlement.ts";
import { type Outcome, openConfig, openSite, type Site } from "./site.ts";

export const enrolCommand: Execute = async (invocation, io) => {
  const config = await openConfig(invocation, io);
  if ("exit" in config) return config.exit;
  const complaint = usageComplaint(invocation, config.value);
  if (complaint !== undefined) {
    io.err(`${complaint}; see varco enrol --help`);
    return EXIT.usage;
  }
  const site = await openSite(config.value, io);
  if ("exit" in site) return site.exit;
  try {
    return await enrol(config.value, site.value, invocation, io);
  } finally {
    site.value.close();
  }
};

function usageComplaint(invocation: Invocation, config: Config): string | undefined {
  const { group, from, until, ref } = invocation.texts;
  if (group !== undefined) return entitlementComplaint(invocation, config);
  return from !== undefined || until !== undefined || ref !== undefined
    ? "--from, --until and --ref go with --group"
    : undefined;
}

/** Examines the card held to the reader, shows what was found, and keeps it. */
export async function enrol(
  config: Config,
  site: Site,
  invocation: Invocation,
  io: CommandIo,
): Promise<ExitCode> {
  const order = await orderOf(invocation, io);
  if ("exit" in order) return order.exit;
  try {
    const card = await examineTap(config, site, order.value, invocation, io);
    if ("exit" in card) return card.exit;
    const checks = allChecks(card.value, order.value);
    const isJson = invocation.flags.has("json");
    if (!isJson) showChecks(checks, io);
    const kept = await keepEnrolment(site, card.value, order.value, io);
    if ("exit" in kept) return kept.exit;
    return tell(card.value, kept.value, { checks, isJson, order: order.value }, io);
  } finally {
    order.value.can?.fill(0);
  }
}

const allChecks = ({ examined, document }: ExaminedCard, { sides }: EnrolmentOrder): readonly ShownCheck[] =>
  sides === "service" ? checksOf(examined) : [...checksOf(examined), ...documentChecksOf(document)];

async function orderOf(invocation: Invocation, io: CommandIo): Promise<Outcome<EnrolmentOrder>> {
  const { texts, flags } = invocation;
  const entitlement = texts["group"] === undefined ? {} : { entitlement: entitlementOf(invocation) };
  const sides = flags.has("document") ? "both" : "service";
  const order = { ...entitlement, sides, replace: flags.has("replace") } as const;
  if (sides === "service" && !flags.has("can")) return { value: order };
  const can = await io.askSecret(CAN_QUESTION);
  if (can !== undefined && isAccessNumber(can)) return { value: { ...order, can } };
  can?.fill(0);
  io.err("the CAN has six digits; nothing was enrolled");
  return { exit: EXIT.usage };
}

const WORDS: Readonly<Record<Enrolled, string>> = {
  pinned: "is enrolled: from now on no other chip passes with its number",
  alreadyPinned: "was enrolled before, with this very chip",
  otherKey:
    "is NOT enrolled: another chip is pinned to this number, and the journal has the alarm; if you know why, add --replace",
  unsound: "is NOT enrolled: see the check that failed above",
};

interface Told {
  readonly checks: readonly ShownCheck[];
  readonly isJson: boolean;
  readonly order: EnrolmentOrder;
}

function tell(
  { holder, examined }: ExaminedCard,
  enrolled: Enrolled,
  { checks, isJson, order }: Told,
  io: CommandIo,
): ExitCode {
  const done = enrolled === "pinned" || enrolled === "alreadyPinned";
  const admitted = done && order.entitlement !== undefined;
  const document = done && order.sides === "both";
  const unsound = examined.ok ? "documentUnsound" : "notGenuine";
  const result = enrolled === "unsound" ? unsound : enrolled;
  const card = holder.displayTag;
  if (isJson) io.out(JSON.stringify({ card, result, document, admitted, checks }));
  else io.out(`${card} ${WORDS[enrolled]}${listed({ document, admitted })}`);
  return done ? EXIT.done : EXIT.negative;
}

const listed = ({ document, admitted }: { readonly document: boolean; readonly admitted: boolean }): string =>
  `${document ? "; its document is enrolled with it" : ""}${admitted ? "; it is on the allow list" : ""}`;
