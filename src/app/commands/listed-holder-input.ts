/**
 * A holder whose card is not there, as a person at the keyboard names him for `varco credentials add`: by document, by
 * fiscal code, or by name and birth date. Asked for without echo, never taken from a command line, wiped where that can be.
 */
import { type HolderIdentifiers, identifiersOf, type ListedHolder } from "../../config/listed-holder.ts";
import { type CommandIo, EXIT, type Invocation } from "../command.ts";
import type { Outcome } from "./site.ts";

/** One way to name a holder: what is asked, and how the answer is read. */
interface Way {
  readonly question: string;
  readonly read: (answer: string) => ListedHolder;
}

/** The options of the command that ask. */
export const WAYS = ["document", "fiscal-code", "name"] as const;
type WayName = (typeof WAYS)[number];

const READING: Readonly<Record<WayName, Way>> = {
  document: {
    question:
      "the issuing State as in the machine readable zone (ITA, FRA, …), a space, and the document's number",
    read: (answer) => {
      const [issuer = "", ...number] = answer.trim().split(/\s+/);
      return { issuer, document_number: number.join("") };
    },
  },
  "fiscal-code": { question: "the fiscal code", read: (answer) => ({ fiscal_code: answer.trim() }) },
  name: {
    question: "family name; given names; date of birth (YYYY-MM-DD), with semicolons between",
    read: (answer) => {
      const [family = "", given = "", birthDate = "", ...more] = answer.split(";").map((part) => part.trim());
      // Whoever writes more parts means something else by them.
      if (more.length > 0) return {};
      return { family_name: family, given_name: given, birth_date: birthDate };
    },
  },
};

/** The way that was asked for on the command line; `undefined` when there is none, or more than one. */
export function askedWay({ flags }: Invocation): WayName | undefined {
  const [way, ...others] = WAYS.filter((name) => flags.has(name));
  return others.length === 0 ? way : undefined;
}

/** All by which the holder may be met. The answer's own bytes are wiped; as text it lasts until memory is used again. */
export async function askHolder(way: WayName, io: CommandIo): Promise<Outcome<HolderIdentifiers>> {
  const { question, read } = READING[way];
  const typed = await io.askSecret(question);
  if (typed === undefined) return usage("nothing was typed, and nothing read", io);
  const answer = new TextDecoder().decode(typed);
  typed.fill(0);
  const identifiers = identifiersOf(read(answer), { hexIdentifiers: "refused" });
  return identifiers.ok ? { value: identifiers.value } : usage(identifiers.error, io);
}

function usage(complaint: string, io: CommandIo): Outcome<never> {
  io.err(`${complaint}; see varco credentials add --help`);
  return { exit: EXIT.usage };
}
