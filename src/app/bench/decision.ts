/**
 * What a decision costs with very many credentials, in the process of the measurement: the time of the
 * decision, the question to the lists and the rules, as the gate puts them, for a number and for a document; and the
 * whole judge with pseudonym and journal row. Members and strangers alternate at random.
 */
import { pseudonym, type ScopeKey } from "../../crypto/pseudonym.ts";
import { bestOf, Judge, type JudgeContext, whoOf } from "../../gate/judge.ts";
import { CredentialStore } from "../../journal/credential-store.ts";
import type { SqliteJournal } from "../../journal/sqlite-journal.ts";
import { decide } from "../../policy/decide.ts";
import type { Clock } from "../../ports/clock.ts";
import type { PersonalPart } from "../../ports/journal.ts";
import { silentLog } from "../../ports/log.ts";
import { SeededRandom } from "../../sim/seeded-random.ts";
import { DAY_MS } from "../../time/civil-date.ts";
import { instant } from "../../time/time.ts";
import { watchClockState } from "../clock-state.ts";
import { policiesOf } from "../door-policy.ts";
import { GateTime } from "../gate-time.ts";
import { type Figure, quantile, rounded } from "./figure.ts";
import { good } from "./good.ts";
import { type LargeSite, openJournal } from "./large-site.ts";

/** Decisions before the first that counts: the engine has compiled what it will compile. */
const WARM_UP = 5_000;
const INDEX_PATIENCE_MS = 60_000;
const LOOK_EVERY_MS = 50;
const US_PER_MS = 1_000;
const BOUND_US = 50;

/** `decision.p99`, `.p50`, `decision.document.p99` and `decision.judge.p99`, in microseconds, for cards of these numbers. */
export async function measureDecision(
  site: LargeSite,
  clock: Clock,
  options: { readonly count: number; readonly numbers: readonly string[] },
): Promise<readonly Figure[]> {
  const database = site.open();
  const ending = new AbortController();
  const credentials = good(CredentialStore.open(database));
  const keeping = credentials.keepIndexed(clock, ending.signal);
  try {
    await untilIndexed(credentials, clock);
    const journal = good(openJournal(database, clock));
    const time = gateTime(journal, clock, site, ending.signal);
    // The watch has looked once a turn later.
    await clock.sleep(0);
    const context = contextOf(site, credentials, time);
    return figures(timesOf(context, site.scopeKey, clock, options), site, options.count);
  } finally {
    ending.abort();
    await keeping;
    database.close();
  }
}

async function untilIndexed(credentials: CredentialStore, clock: Clock): Promise<void> {
  const until = clock.monotonicMs() + INDEX_PATIENCE_MS;
  while (!good(credentials.isIndexed())) {
    if (clock.monotonicMs() > until) throw new Error("the credentials did not come into memory");
    await clock.sleep(LOOK_EVERY_MS);
  }
}

/** What the gate gives to the judge of its first door. */
function contextOf({ config }: LargeSite, credentials: CredentialStore, time: GateTime): JudgeContext {
  const [door] = config.doors;
  if (door === undefined) throw new Error("a configuration has a door");
  return {
    facts: { door: door.id, direction: door.direction },
    policy: policiesOf(config)(door),
    credentials,
    decisionTime: () => time.now(),
  };
}

/** As a running gate has it, watched for jumps at each decision; a service has just set this clock. */
function gateTime(
  journal: SqliteJournal,
  clock: Clock,
  { config }: LargeSite,
  signal: AbortSignal,
): GateTime {
  const { current } = watchClockState({
    clock,
    log: silentLog,
    signal,
    maxSkewMs: config.maxSkewS * 1_000,
    look: async () => ({ by: "timeService", ageMs: 0 }),
  });
  const time = new GateTime({
    clock,
    clockState: current,
    buildTime: instant(clock.wallTime() - DAY_MS),
  });
  time.follow([], () => journal.newestSeen);
  return time;
}

interface Times {
  readonly decisionsUs: readonly number[];
  readonly documentsUs: readonly number[];
  readonly judgesUs: readonly number[];
}

function timesOf(
  context: JudgeContext,
  scopeKey: ScopeKey,
  clock: Clock,
  { count, numbers }: { readonly count: number; readonly numbers: readonly string[] },
): Times {
  const random = new SeededRandom(1);
  const judge = new Judge(context);
  const proofs = new Set(["nisRead"] as const);
  const decisionsUs: number[] = [];
  const documentsUs: number[] = [];
  const judgesUs: number[] = [];
  for (let turn = 0; turn < WARM_UP + count; turn++) {
    const nis = new TextEncoder().encode(numbers[random.below(numbers.length)]);
    const holder = pseudonym(scopeKey, "nis", nis);
    const asked = clock.monotonicMs();
    const standing = good(context.credentials.standing(holder));
    decide({ door: context.policy, proofs, chip: "unpinned", standing, at: context.decisionTime() });
    const decided = clock.monotonicMs();
    const personal = {
      pseudonym: pseudonym(scopeKey, "nis", nis),
      keyId: scopeKey.keyId,
      kind: "nis",
    } as const;
    good(judge.judge({ proofs, holders: [personal], chip: { standing: "unpinned" } }, () => 0));
    const judged = clock.monotonicMs();
    // Last, since it leaves this holder's place in the processor's cache.
    const holders = asDocument(scopeKey, holder, random);
    const shown = clock.monotonicMs();
    const known = good(whoOf(holders, context.credentials));
    const at = context.decisionTime();
    bestOf(known, (each) => ({
      decision: decide({ door: context.policy, proofs, chip: "unpinned", standing: each.standing, at }),
    }));
    const settled = clock.monotonicMs();
    if (turn < WARM_UP) continue;
    documentsUs.push((settled - shown) * US_PER_MS);
    decisionsUs.push((decided - asked) * US_PER_MS);
    judgesUs.push((judged - decided) * US_PER_MS);
  }
  return { decisionsUs, documentsUs, judgesUs };
}

/** Somebody's document at a door that asks for all: number, fiscal code and a name that may be cut. He is listed by the last of them. */
function asDocument({ keyId }: ScopeKey, listed: Uint8Array, random: SeededRandom): readonly PersonalPart[] {
  const [number, code, name] = [random.bytes(32), random.bytes(32), random.bytes(32)];
  return [
    { kind: "doc", pseudonym: number, keyId },
    { kind: "cf", pseudonym: code, keyId },
    { kind: "name", pseudonym: name, keyId },
    { kind: "name", pseudonym: listed, keyId },
  ];
}

function figures(
  { decisionsUs, documentsUs, judgesUs }: Times,
  site: LargeSite,
  count: number,
): readonly Figure[] {
  const figure = (name: string, value: number, note: string): Figure => ({
    name,
    value: rounded(value),
    unit: "µs",
    note,
  });
  const among = `${count} decisions among ${site.credentials} credentials, members and strangers`;
  return [
    { ...figure("decision.p99", quantile(decisionsUs, 0.99), among), bound: BOUND_US },
    {
      ...figure(
        "decision.document.p99",
        quantile(documentsUs, 0.99),
        "a document, by four of its identifiers",
      ),
      bound: BOUND_US,
    },
    figure("decision.p50", quantile(decisionsUs, 0.5), "the same"),
    figure("decision.judge.p99", quantile(judgesUs, 0.99), "with pseudonym and journal row"),
  ];
}
