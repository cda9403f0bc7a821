/**
 * Honest readings of virtual documents, kept so that they can be played again without the chip's arithmetic: its answers in
 * clear, the secrets that the reader drew, and the keys of each session, which the chip of the replay has too.
 */
import type { SuiteName } from "../../src/crypto/document-suite.ts";
import { basicAccess } from "../../src/emrtd/bac.ts";
import { authenticateChip } from "../../src/emrtd/chip-authentication.ts";
import { chipAuthenticationWays } from "../../src/emrtd/chip-authentication-choice.ts";
import type { DataGroupName } from "../../src/emrtd/lds/data-groups.ts";
import { parseDg14 } from "../../src/emrtd/lds/dg14.ts";
import { establishPace, type PacePassword } from "../../src/emrtd/pace.ts";
import { EphemeralKeys } from "../../src/emrtd/pace-keys.ts";
import type { SessionKeys as ReaderKeys } from "../../src/emrtd/secure-messaging.ts";
import type { PaceMapping } from "../../src/emrtd/security-infos.ts";
import type { ExaminedDocument } from "../../src/gate/examine-document.ts";
import type { ChipContent } from "../../src/sim/emrtd/content.ts";
import { isContentFault } from "../../src/sim/emrtd/documents/content-faults.ts";
import { contentOf } from "../../src/sim/emrtd/documents/content-of.ts";
import type { EmrtdSpec } from "../../src/sim/emrtd/emrtd-spec.ts";
import type { SessionKeys } from "../../src/sim/emrtd/secure-channel.ts";
import { SeededRandom } from "../../src/sim/seeded-random.ts";
import { play } from "../emrtd/play.ts";
import { examine, passwordOf } from "../emrtd/whole-document.ts";
import { good } from "../good.ts";
import { type DrawnSecret, NotingKeys, RepeatingKeys } from "./document-keys.ts";

export interface Scene {
  readonly name: string;
  readonly spec: EmrtdSpec;
  readonly password: "CAN" | "MRZ" | "any";
  readonly preference?: readonly PaceMapping[];
  readonly wanted: readonly DataGroupName[];
}

export interface Recording extends Scene {
  readonly key: PacePassword;
  readonly seed: number;
  readonly content: ChipContent;
  readonly commands: readonly Uint8Array[];
  /** All answers from activation on, the protected ones among them. */
  readonly answers: readonly Uint8Array[];
  /** How many of them came before the first session. */
  readonly clearAnswers: number;
  readonly drawn: readonly DrawnSecret[];
  /** Of the session that access made, and of chip authentication. */
  readonly sessions: readonly SessionKeys[];
  readonly reading: ExaminedDocument;
}

const SET_TEMPLATE = 0x22;
const GET_CHALLENGE = 0x84;
const CLA_PROTECTED = 0x0c;
const OK = Uint8Array.of(0x90, 0x00);

/** Reads the document once with the chip itself. Another seed is another session of the same card; the chip's is not the reader's. */
export async function record(scene: Scene, seed: number): Promise<Recording> {
  const { spec, preference, wanted } = scene;
  const key = passwordOf(spec, scene.password);
  const answers: Uint8Array[] = [];
  const drawn: DrawnSecret[] = [];
  const keys = new NotingKeys(new EphemeralKeys(new SeededRandom(~seed)), drawn);
  const { result, commands } = await examine(
    { ...spec, seed },
    {
      ...{ password: key, keys, random: randomOf(seed), wanted },
      ...(preference === undefined ? {} : { preference }),
      tap: (_, answer) => {
        answers.push(answer);
        return answer;
      },
    },
  );
  const reading = good(result);
  const clearAnswers = commands.findIndex(([cla = 0]) => (cla & CLA_PROTECTED) === CLA_PROTECTED);
  const content = contentOfSpec(spec);
  const facts = { ...scene, key, seed, commands, answers, clearAnswers, drawn, reading, content };
  return { ...facts, sessions: sessionsOf(facts) };
}

/** What the reader draws besides the secrets of PACE and chip authentication. */
export const randomOf = (seed: number): SeededRandom => new SeededRandom(seed ^ 0x5eed);

export function contentOfSpec({ profile, fault }: EmrtdSpec): ChipContent {
  return contentOf(profile, fault === undefined || !isContentFault(fault) ? {} : { fault });
}

/** The reader's own protocols, once more over the answers that the chip gave: what they end with. */
function sessionsOf(recording: Omit<Recording, "sessions">): readonly SessionKeys[] {
  const { reading, key, seed, drawn, commands, answers } = recording;
  const { access } = reading;
  const isPace = access.protocol === "PACE";
  // BAC begins one command before its challenge, with the selection of the application.
  let at = isPace ? indexOf(commands, SET_TEMPLATE) : indexOf(commands, GET_CHALLENGE) - 1;
  const again = () => answers[at++] ?? new Uint8Array(0);
  const keys = new RepeatingKeys(drawn, seed);
  const first = isPace
    ? good(play(establishPace({ profile: access.profile, password: key, keys }), again))
    : good(play(basicAccess(key.key, randomOf(seed)), again));
  if (reading.chip !== "chipAuthentication") return [chipsOwn(first)];
  const infos = good(parseDg14(reading.files.get("DG14") ?? new Uint8Array(0)));
  const [way] = chipAuthenticationWays(infos);
  if (way === undefined) throw new Error("a chip was authenticated in no way");
  const second = good(play(authenticateChip(way, keys), () => OK)).session;
  return [chipsOwn(first), chipsOwn(second)];
}

const indexOf = (commands: readonly Uint8Array[], instruction: number): number =>
  commands.findIndex(([, ins]) => ins === instruction);

function chipsOwn({ suite, ksEnc, ksMac, ssc = new Uint8Array(0) }: ReaderKeys): SessionKeys {
  const counter = ssc.reduce((number, byte) => number * 256n + BigInt(byte), 0n);
  return { suite: suite satisfies SuiteName, enc: ksEnc.slice(), mac: ksMac.slice(), counter };
}
