/** `varco credentials add --tap`: admits or denies the card held to a reader. Shows its tag, never its number. */
import { parseValidity } from "../../config/credential-file.ts";
import type { Config } from "../../config/schema.ts";
import { type CommandIo, EXIT, type Execute, type ExitCode, type Invocation } from "../command.ts";
import { failed, holderOf, openConfig, openSite, type Site } from "./site.ts";
import { awaitTap } from "./tap.ts";

const LONGEST_REFERENCE = 64;

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

function usageComplaint({ texts, flags }: Invocation, config: Config): string | undefined {
  const { group, from = "", until = "", ref = "" } = texts;
  if (!flags.has("tap")) return "--tap is missing";
  if (ref.length > LONGEST_REFERENCE) return `--ref: at most ${LONGEST_REFERENCE} characters`;
  if (flags.has("deny")) return group === undefined ? undefined : "--deny takes no --group";
  if (group === undefined) return "--group is missing";
  const admitted = new Set(config.doors.flatMap(({ groups }) => groups.map(({ group: name }) => name)));
  if (!admitted.has(group)) return `--group: no door admits it; the doors admit ${[...admitted].join(", ")}`;
  const validity = parseValidity(from, until);
  return validity.ok ? undefined : `--${validity.error}`;
}

async function addByTap(
  config: Config,
  site: Site,
  invocation: Invocation,
  io: CommandIo,
): Promise<ExitCode> {
  const tap = await awaitTap(config, invocation, io);
  if ("exit" in tap) return tap.exit;
  const holder = holderOf(site.scopeKey, tap.value.identifier.reveal());
  const denied = invocation.flags.has("deny");
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

type Holder = ReturnType<typeof holderOf>;

const referenceOf = ({ texts }: Invocation) =>
  texts["ref"] === undefined ? {} : { reference: texts["ref"] };

function deny({ register }: Site, holder: Holder, invocation: Invocation) {
  return register.deny({ ...holder, ...referenceOf(invocation) });
}

function admit({ register }: Site, holder: Holder, invocation: Invocation) {
  const { group = "", from = "", until = "" } = invocation.texts;
  const validity = parseValidity(from, until);
  const dates = validity.ok ? validity.value : {};
  return register.admit({ ...holder, group, enabled: true, ...dates, ...referenceOf(invocation) });
}
