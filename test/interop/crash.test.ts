// `kill -9` against the gate as a whole process, at every named point and at random moments, with a real
// Mosquitto that crashes too and a back end that stays away. People come all the while. What is left behind
// is judged by three witnesses that no kill reaches: the board, the disk, the back end.
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadOrCreateSigner } from "../../src/crypto/signing-key.ts";
import { systemRandom } from "../../src/crypto/system-random.ts";
import { openDatabase } from "../../src/journal/database.ts";
import { verifyChain } from "../../src/journal/verify-chain.ts";
import { SeededRandom } from "../../src/sim/seeded-random.ts";
import { tell } from "../tell.ts";
import { PULSE_MS } from "./gate-folder.ts";
import { hasMosquitto } from "./mosquitto.ts";
import { endAll, eventually } from "./processes.ts";
import { committedRows, type Rig, relayEdges, startRig } from "./rig.ts";
import {
  type CommittedRow,
  deliveryFaults,
  groundlessPulses,
  overlongPulses,
  type Pulse,
  pulsesOf,
} from "./witness.ts";

/** With four batches unacknowledged the gate sends none for 30 s, then all of them again. */
const UNACKNOWLEDGED_LIMIT_MS = 60_000;
const POINTS = [
  "before read",
  "after read",
  "before commit",
  "after commit",
  "after relay on",
  "before relay off",
  "after relay off",
  "before publish",
  "after publish",
  "before ack is stored",
  "after ack is stored",
] as const;
const KILLS_AT_EACH_POINT = Number(process.env["CRASH_EACH"] ?? 1);
const RANDOM_KILLS = Number(process.env["CRASH_RANDOM"] ?? 3);
const SEED = Number(process.env["CRASH_SEED"] ?? 1);
/** A gate is killed at any age up to this: while it starts, and while it serves. */
const OLDEST_MS = 3_000;
/** One life: start, the named occurrence, the supervisor's pause. */
const LIFE_LIMIT_MS = 30_000;
const OFF_AFTER_KILL_MS = 2_000;
/** Rows that nobody acknowledged are sent again after 30 s, and after 60 s more. */
const HEAL_LIMIT_MS = 120_000;

let rig: Rig;

afterAll(endAll);

describe.runIf(hasMosquitto)("kill -9", () => {
  beforeAll(async () => {
    rig = await startRig();
    await eventually(() => rig.backEnd.events().length > 0, "the first event");
  });

  test.each(POINTS)("of the gate %s", { timeout: KILLS_AT_EACH_POINT * LIFE_LIMIT_MS }, async (point) => {
    const { supervisor } = rig;
    const before = supervisor.lives.length;
    const occurrences = Array.from({ length: KILLS_AT_EACH_POINT }, (_, index) => index + 1);
    supervisor.arm(occurrences.map((occurrence) => ({ point, occurrence })));
    // The gate that is running was not armed; it makes room for those that are.
    supervisor.kill();
    const armed = () => supervisor.lives.slice(before).filter(({ armedFor }) => armedFor === point);
    await eventually(
      () => armed().length === KILLS_AT_EACH_POINT,
      "all its kills",
      KILLS_AT_EACH_POINT * LIFE_LIMIT_MS,
    );
    expect(armed().map(({ ending }) => ending)).toEqual(occurrences.map(() => "SIGKILL"));
    expect(supervisor.pointsReached().filter((reached) => reached === point)).toHaveLength(
      KILLS_AT_EACH_POINT,
    );
  });

  test(`of the gate at ${RANDOM_KILLS} random moments, seed ${SEED}`, {
    timeout: RANDOM_KILLS * LIFE_LIMIT_MS,
  }, async () => {
    const { supervisor } = rig;
    const random = new SeededRandom(SEED);
    const before = supervisor.kills().length;
    for (let kill = 1; kill <= RANDOM_KILLS; kill++) {
      const age = random.below(OLDEST_MS) + 1;
      await eventually(() => supervisor.ageMs() >= age, `a gate ${age} ms old`, LIFE_LIMIT_MS);
      supervisor.kill();
      await eventually(() => supervisor.kills().length === before + kill, "the kill", LIFE_LIMIT_MS);
    }
  });

  test("of the broker, between a batch and its confirmation", { timeout: LIFE_LIMIT_MS }, async () => {
    const { supervisor, broker } = rig;
    supervisor.arm([{ point: "after publish", occurrence: 2, victim: broker.pid }]);
    supervisor.kill();
    await eventually(() => broker.isDead(), "the end of the broker", LIFE_LIMIT_MS);
    const before = rig.crowd.answers;
    await eventually(() => rig.crowd.answers > before, "a decision without a broker");
    await broker.restart();
  });

  test("of the broker, with what it held for an absent back end", { timeout: 240_000 }, async () => {
    const { backEnd, broker, crowd } = rig;
    const batches = (): number => broker.received("gate-1", "event/access");
    const published = async (count: number): Promise<void> => {
      const before = batches();
      await eventually(
        () => batches() >= before + count,
        `${count} batches at the broker`,
        UNACKNOWLEDGED_LIMIT_MS,
      );
    };
    await published(1);
    await backEnd.leave();
    await published(2);
    await broker.end("SIGKILL");
    const before = crowd.answers;
    await eventually(() => crowd.answers >= before + 3, "decisions without a broker");
    await broker.restart();
    await published(2);
    await backEnd.come();
  });
});

describe.runIf(hasMosquitto)("after all that", () => {
  let rows: readonly CommittedRow[] = [];
  let acked = 0;
  let pulses: readonly Pulse[] = [];

  beforeAll(async () => {
    await heal(rig);
    pulses = pulsesOf(
      await relayEdges(rig.director),
      rig.supervisor.kills().map(({ endedAtMs }) => endedAtMs),
    );
    rig.director.close();
    ({ rows, acked } = committedRows(rig.folder));
    report(rig, rows, pulses);
  }, HEAL_LIMIT_MS + 30_000);

  afterAll(async () => {
    await rig.backEnd.leave();
    rig.folder.remove();
  });

  test("every life ended by a kill, except the last one, which ended in order", () => {
    const { lives } = rig.supervisor;
    expect(lives.filter(({ ending }) => ending !== "SIGKILL").map(({ ending }) => ending)).toEqual([0]);
    expect(lives.at(-1)).toMatchObject({ ending: 0, errors: "" });
    expect(lives.length).toBeGreaterThan(POINTS.length * KILLS_AT_EACH_POINT + RANDOM_KILLS);
  });

  test("the back end has every row of the journal once, and nothing else", () => {
    // The farewell itself is written when the connection is about to end.
    const last = rows.at(-1)?.type === "acs.system.stopped" ? rows.slice(0, -1) : rows;
    const received = rig.backEnd.events().filter(({ seq }) => seq <= last.length);
    expect(deliveryFaults(last, received)).toEqual([]);
    expect(rig.backEnd.contradictions).toBe(0);
  });

  test("the gate never took for delivered what the back end has not", () => {
    const [first] = rows;
    expect(acked).toBeLessThanOrEqual(rig.backEnd.contiguous(first?.journal ?? ""));
    expect(acked).toBeGreaterThan(0);
  });

  test("the chain verifies", () => {
    const signer = loadOrCreateSigner(join(rig.folder.stateDirectory, "journal.key"), systemRandom);
    const database = openDatabase(rig.folder.databaseFile, { busyTimeoutMs: 1_000 });
    if (!signer.ok || !database.ok) throw new Error("journal or key cannot be opened");
    const verified = verifyChain(database.value, signer.value.publicKey);
    database.value.close();
    expect(verified).toMatchObject({ ok: true, value: { first: 1, last: rows.length } });
  });

  test("the relay never went on without a committed grant", () => {
    expect(pulses.length).toBeGreaterThan(0);
    expect(groundlessPulses(pulses, rows)).toEqual([]);
  });

  test("no pulse exceeded its maximum, and a kill left the relay on for less than two seconds", () => {
    expect(pulses.some(({ killedAtMs }) => killedAtMs !== undefined)).toBe(true);
    const limits = { maxPulseMs: PULSE_MS.most, offAfterKillMs: OFF_AFTER_KILL_MS };
    expect(overlongPulses(pulses, limits)).toEqual([]);
  });
});

/** People go home; the back end catches up; the gate is stopped in order. */
async function heal({ crowd, backEnd, supervisor, folder }: Rig): Promise<void> {
  await crowd.stop();
  await delay(PULSE_MS.most);
  const { rows } = committedRows(folder);
  const journal = rows[0]?.journal ?? "";
  const caughtUp = () => backEnd.contiguous(journal) >= rows.length;
  await eventually(caughtUp, "the back end catches up", HEAL_LIMIT_MS).catch((cause: unknown) => {
    throw new Error(`${backEnd.contiguous(journal)} of ${rows.length} rows, and:\n${supervisor.log()}`, {
      cause,
    });
  });
  await supervisor.stop();
}

function report(
  { supervisor, crowd, backEnd }: Rig,
  rows: readonly CommittedRow[],
  pulses: readonly Pulse[],
): void {
  const count = (type: string): number => rows.filter((row) => row.type === type).length;
  const longest = (durations: readonly number[]): number => Math.round(Math.max(0, ...durations));
  const cut = pulses.filter(({ killedAtMs }) => killedAtMs !== undefined);
  const whole = pulses.filter(({ killedAtMs }) => killedAtMs === undefined);
  const figures = {
    kills: supervisor.kills().length,
    presentations: crowd.presentations,
    decisions: count("acs.access.granted") + count("acs.access.denied"),
    grants: count("acs.access.granted"),
    onEdges: pulses.length,
    longestPulseMs: longest(whole.map(({ onAtMs, offAtMs }) => offAtMs - onAtMs)),
    pulsesCut: cut.length,
    longestOffAfterKillMs: longest(cut.map(({ offAtMs, killedAtMs = 0 }) => offAtMs - killedAtMs)),
    rows: rows.length,
    deliveredAgain: backEnd.doubled,
  };
  tell(`crash test: ${JSON.stringify(figures)}`);
}
