/**
 * Published and recorded sessions of secure messaging in one form, for the reader's end and for the chip's; values are
 * hexadecimal. ICAO Doc 9303-11 appendix D.4, and others as each file says.
 */
import type { SuiteName } from "../../src/crypto/document-suite.ts";
import tripleDes from "../vectors/secure-messaging-3des.json" with { type: "json" };
import aes from "../vectors/secure-messaging-aes.json" with { type: "json" };
import { SUITES } from "./session-ends.ts";

export interface SessionStep {
  readonly name?: string;
  readonly sscBefore?: string;
  readonly plainCommand: string;
  readonly protectedCommand: string;
  readonly plainResponse?: string;
  readonly sw: number;
  /** Absent where a recording ends with the command. */
  readonly protectedResponse?: string;
  readonly sscAfter?: string;
}

export interface PublishedSession {
  readonly name: string;
  readonly suite: SuiteName;
  readonly ksEnc: string;
  readonly ksMac: string;
  /** Counter before the first command, as long as a block. */
  readonly sscStart: string;
  readonly steps: readonly SessionStep[];
}

type ToldStep = Omit<SessionStep, "plainCommand" | "sw"> & {
  readonly plainCommand?: string;
  readonly sw?: string;
};
type Told = Omit<PublishedSession, "suite" | "sscStart" | "steps"> & {
  readonly sscStart?: string;
  readonly steps: readonly ToldStep[];
};

/** What the steps of a recording are named after, where their plain commands were not recorded. */
const PLAIN_COMMANDS: ReadonlyMap<string, string> = new Map([
  ["SELECT EF.CardSecurity", "00A4020C02011D"],
  ["READ BINARY 4", "00B0000004"],
]);

const stepOf = ({ sw = "9000", ...step }: ToldStep): SessionStep => ({
  ...step,
  plainCommand: step.plainCommand ?? PLAIN_COMMANDS.get(step.name ?? "") ?? "",
  sw: Number.parseInt(sw, 16),
});

function sessionOf({ steps, sscStart, ...session }: Told): PublishedSession {
  // The names of the 3DES sessions tell no suite.
  const suite = SUITES.find((name) => session.name.startsWith(name)) ?? "3DES";
  const zeros = "00".repeat(suite === "3DES" ? 8 : 16);
  return {
    ...session,
    suite,
    sscStart: steps[0]?.sscBefore ?? sscStart ?? zeros,
    steps: steps.map(stepOf),
  };
}

const { ksEnc, ksMac } = tripleDes;

export const PUBLISHED_SESSIONS: readonly PublishedSession[] = [
  ...tripleDes.sessions.map((session) => ({ ...session, ksEnc, ksMac })),
  ...aes.sessions,
].map(sessionOf);

/** Every step whose counter is told, to be taken by itself. */
export const SINGLE_STEPS = PUBLISHED_SESSIONS.flatMap((session) =>
  session.steps.flatMap(({ sscBefore, ...step }) =>
    sscBefore === undefined ? [] : [{ ...step, sscBefore, session }],
  ),
);
