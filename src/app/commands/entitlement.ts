/** What an operator grants to one card on the command line: `--group`, `--from`, `--until`, `--ref`. */
import { parseValidity } from "../../config/credential-file.ts";
import type { Config } from "../../config/schema.ts";
import type { Invocation } from "../command.ts";

const LONGEST_REFERENCE = 64;

/** What is wrong with them, in words; `undefined` when nothing is. */
export function entitlementComplaint({ texts }: Invocation, config: Config): string | undefined {
  const { group, from = "", until = "" } = texts;
  if (group === undefined) return "--group is missing";
  const admitted = new Set(config.doors.flatMap(({ groups }) => groups.map(({ group: name }) => name)));
  if (!admitted.has(group)) return `--group: no door admits it; the doors admit ${[...admitted].join(", ")}`;
  const validity = parseValidity(from, until);
  return validity.ok ? referenceComplaint(texts["ref"]) : `--${validity.error}`;
}

export const referenceComplaint = (reference = ""): string | undefined =>
  reference.length > LONGEST_REFERENCE ? `--ref: at most ${LONGEST_REFERENCE} characters` : undefined;

/** The entitlement of a command line about which there is no complaint. */
export function entitlementOf(invocation: Invocation) {
  const { group = "", from = "", until = "" } = invocation.texts;
  const validity = parseValidity(from, until);
  const dates = validity.ok ? validity.value : {};
  return { group, enabled: true, ...dates, ...referenceOf(invocation) };
}

export const referenceOf = ({ texts }: Invocation) =>
  texts["ref"] === undefined ? {} : { reference: texts["ref"] };
