/** `varco credentials add --tap`: admits or denies the card held to a reader. Shows its tag, never its number. */
import type { Config } from "../../config/schema.ts";
import { type CommandIo, EXIT, type Execute, type ExitCode, type Invocation } from "../command.ts";
import { enrol } from "./enrol.ts";
import { entitlementComplaint, entitlementOf, referenceComplaint, referenceOf } from "./entitlement.ts";
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
    return await addByTap(config.value, site.value, invocation, io);
  } finally {
    site.value.close();
  }
};

function usageComplaint(invocation: Invocation, config: Config): string | undefined {
  const { texts, flags } = invocation;
  if (!flags.has("tap")) return "--tap is missing";
  if (!flags.has("deny")) return entitlementComplaint(invocation, config);
  return texts["group"] === undefined ? referenceComplaint(texts["ref"]) : "--deny takes no --group";
}

async function addByTap(
  config: Config,
  site: Site,
  invocation: Invocation,
  io: CommandIo,
): Promise<ExitCode> {
  const denied = invocation.flags.has("deny");
  if (!denied && demandsChip(config, invocation)) return enrol(config, site, invocation, io);
  const tap = await awaitTap(config, invocation, io, readNumber(io));
  if ("exit" in tap) return tap.exit;
  const holder = holderOf(site.scopeKey, tap.value.found.identifier.reveal());
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

/** Where a door that admits the group wants the chip's own proof, the number alone would not admit its holder. */
const demandsChip = ({ doors }: Config, { texts }: Invocation): boolean =>
  doors.some(
    ({ level, groups }) => level === "originalChip" && groups.some(({ group }) => group === texts["group"]),
  );

type Holder = ReturnType<typeof holderOf>;

function deny({ register }: Site, holder: Holder, invocation: Invocation) {
  return register.deny({ ...holder, ...referenceOf(invocation) });
}

function admit({ register }: Site, holder: Holder, invocation: Invocation) {
  return register.admit({ ...holder, ...entitlementOf(invocation) });
}
