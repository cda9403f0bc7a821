/**
 * `varco credentials add`: admits or denies one holder, by the card held to a reader (`--tap`), or by what a person types of
 * his document. Shows a tag, never a number or a name.
 */
import type { HolderIdentifiers } from "../../config/listed-holder.ts";
import type { Config } from "../../config/schema.ts";
import { everDemanded } from "../../policy/demand.ts";
import { type CommandIo, EXIT, type Execute, type ExitCode, type Invocation } from "../command.ts";
import { policiesOf } from "../door-policy.ts";
import { enrol } from "./enrol.ts";
import { entitlementComplaint, entitlementOf, referenceComplaint, referenceOf } from "./entitlement.ts";
import { askedWay, askHolder, WAYS } from "./listed-holder-input.ts";
import { failed, holderOf, openConfig, openSite, type Site } from "./site.ts";
import { awaitTap, readNumber } from "./tap.ts";

export const addCommand: Execute = async (invocation, io) => {
  const config = await openConfig(invocation, io);
  if ("exit" in config) return config.exit;
  const complaint = usageComplaint(invocation, config.value);
  if (complaint !== undefined) {
    io.err(`${complaint}; see varco credentials add --help`);
    return EXIT.usage;
  }
  const site = await openSite(config.value, io);
  if ("exit" in site) return site.exit;
  try {
    const way = askedWay(invocation);
    return await (way === undefined
      ? addByTap(config.value, site.value, invocation, io)
      : addByWord(way, site.value, invocation, io));
  } finally {
    site.value.close();
  }
};

function usageComplaint(invocation: Invocation, config: Config): string | undefined {
  const { texts, flags } = invocation;
  const ways = ["tap", ...WAYS].filter((way) => flags.has(way));
  if (ways.length !== 1) return "one of --tap, --document, --fiscal-code and --name is needed";
  if (!flags.has("deny")) return entitlementComplaint(invocation, config);
  return texts["group"] === undefined ? referenceComplaint(texts["ref"]) : "--deny takes no --group";
}

async function addByTap(
  config: Config,
  site: Site,
  invocation: Invocation,
  io: CommandIo,
): Promise<ExitCode> {
  if (!invocation.flags.has("deny") && demandsChip(config, invocation))
    return enrol(config, site, invocation, io);
  const tap = await awaitTap(config, invocation, io, readNumber(io));
  if ("exit" in tap) return tap.exit;
  const { kind, identifier } = tap.value.found;
  return add(site, [{ kind, bytes: identifier.reveal() }], invocation, io);
}

async function addByWord(
  way: (typeof WAYS)[number],
  site: Site,
  invocation: Invocation,
  io: CommandIo,
): Promise<ExitCode> {
  const asked = await askHolder(way, io);
  return "exit" in asked ? asked.exit : add(site, asked.value, invocation, io);
}

async function add(
  site: Site,
  identifiers: HolderIdentifiers,
  invocation: Invocation,
  io: CommandIo,
): Promise<ExitCode> {
  const denied = invocation.flags.has("deny");
  const holder = holderOf(site, identifiers);
  const stored = await (denied ? deny(site, holder, invocation) : admit(site, holder, invocation));
  if (!stored.ok) return failed(io, stored.error).exit;
  const result = { card: holder.displayTag, list: denied ? "deny" : "allow" };
  io.out(
    invocation.flags.has("json")
      ? JSON.stringify(result)
      : `${result.card} is now on the ${result.list} list`,
  );
  return EXIT.done;
}

/** Where a door that admits the group wants the chip's own proof, be it at times, the number alone would not admit its holder. */
function demandsChip(config: Config, { texts: { group = "" } }: Invocation): boolean {
  const policyOf = policiesOf(config);
  return config.doors
    .map(policyOf)
    .filter(({ admissions }) => admissions.has(group))
    .flatMap((door) => everDemanded(door, group))
    .some((levels) => levels.includes("originalChip"));
}

type Holder = ReturnType<typeof holderOf>;

function deny({ register }: Site, holder: Holder, invocation: Invocation) {
  return register.deny({ ...holder, ...referenceOf(invocation) });
}

function admit({ register }: Site, holder: Holder, invocation: Invocation) {
  return register.admit({ ...holder, ...entitlementOf(invocation) });
}
