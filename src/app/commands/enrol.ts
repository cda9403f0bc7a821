/**
 * `varco enrol`: the card held to the reader is examined in full, every check is shown with its result, and its chip
 * is pinned to its holder. From then on no other chip passes with this number, at any door.
 */
import type { Config } from "../../config/schema.ts";
import type { Pinning } from "../../ports/chip-pins.ts";
import { type CommandIo, EXIT, type Execute, type ExitCode, type Invocation } from "../command.ts";
import { CAN_QUESTION, isAccessNumber } from "./access-number.ts";
import { type EnrolmentOrder, type ExaminedCard, examineTap, keepEnrolment } from "./enrol-card.ts";
import { checksOf, showChecks } from "./enrol-checks.ts";
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
    const card = await examineTap(config, site, invocation, io);
    if ("exit" in card) return card.exit;
    const isJson = invocation.flags.has("json");
    if (!isJson) showChecks(checksOf(card.value.examined), io);
    const kept = await keepEnrolment(site, card.value, order.value, io);
    if ("exit" in kept && kept.exit !== EXIT.negative) return kept.exit;
    return tell(card.value, "exit" in kept ? "notGenuine" : kept.value, { isJson, order: order.value }, io);
  } finally {
    order.value.can?.fill(0);
  }
}

async function orderOf(invocation: Invocation, io: CommandIo): Promise<Outcome<EnrolmentOrder>> {
  const { texts, flags } = invocation;
  const entitlement = texts["group"] === undefined ? {} : { entitlement: entitlementOf(invocation) };
  const order = { ...entitlement, replace: flags.has("replace") };
  if (!flags.has("can")) return { value: order };
  const can = await io.askSecret(CAN_QUESTION);
  if (can !== undefined && isAccessNumber(can)) return { value: { ...order, can } };
  can?.fill(0);
  io.err("the CAN has six digits; nothing was enrolled");
  return { exit: EXIT.usage };
}

type Conclusion = Pinning | "notGenuine";

const WORDS: Readonly<Record<Conclusion, string>> = {
  pinned: "is enrolled: from now on no other chip passes with its number",
  alreadyPinned: "was enrolled before, with this very chip",
  otherKey:
    "is NOT enrolled: another chip is pinned to this number, and the journal has the alarm; if you know why, add --replace",
  notGenuine: "is NOT enrolled: see the check that failed above; the journal has the alarm",
};

function tell(
  { holder, examined }: ExaminedCard,
  conclusion: Conclusion,
  { isJson, order }: { readonly isJson: boolean; readonly order: EnrolmentOrder },
  io: CommandIo,
): ExitCode {
  const done = conclusion === "pinned" || conclusion === "alreadyPinned";
  const admitted = done && order.entitlement !== undefined;
  const result = { card: holder.displayTag, result: conclusion, admitted, checks: checksOf(examined) };
  if (isJson) io.out(JSON.stringify(result));
  else io.out(`${holder.displayTag} ${WORDS[conclusion]}${admitted ? "; it is on the allow list" : ""}`);
  return done ? EXIT.done : EXIT.negative;
}
