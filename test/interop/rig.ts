/**
 * The world of the crash test: a real Mosquitto, a back end, the virtual board as a process that holds and
 * time-stamps the relay's pin over all deaths of the gate, a supervisor in systemd's place, and people.
 */
import Sqlite from "better-sqlite3";
import { toBase64Url } from "../../src/bytes/base64url.ts";
import type { Director } from "../../src/sim/director-client.ts";
import { BackEnd } from "./back-end.ts";
import { Crowd } from "./crowd.ts";
import { BASE, GateFolder, LINES } from "./gate-folder.ts";
import { Mosquitto } from "./mosquitto.ts";
import { Supervisor } from "./supervisor.ts";
import type { CommittedRow, RelayEdge } from "./witness.ts";

const PERSONS_OF_EACH_KIND = 8;
const CLOCK_LOOKS = 10;

export interface Rig {
  readonly folder: GateFolder;
  readonly broker: Mosquitto;
  readonly backEnd: BackEnd;
  readonly director: Director;
  readonly supervisor: Supervisor;
  readonly crowd: Crowd;
}

/** Sets the world going: gate, back end and people. */
export async function startRig(): Promise<Rig> {
  const folder = new GateFolder();
  const broker = await Mosquitto.start(folder.path);
  folder.configure({ mqtt: { url: `mqtt://127.0.0.1:${broker.port}` } });
  const members = numbers(1);
  const strangers = numbers(2);
  await folder.admit(members);
  const director = await folder.startBoard();
  const backEnd = new BackEnd(BASE, broker.port);
  await backEnd.come();
  const inTurn = members.flatMap((member, index) => [member, strangers[index] ?? member]);
  const crowd = new Crowd(director, inTurn);
  const supervisor = new Supervisor(folder);
  supervisor.start();
  crowd.start();
  return { folder, broker, backEnd, director, supervisor, crowd };
}

const numbers = (kind: number): readonly string[] =>
  Array.from({ length: PERSONS_OF_EACH_KIND }, (_, index) => `${kind}0000000000${index}`);

/** Every edge of the relay's pin since the board was made, in wall time. */
export async function relayEdges(director: Director): Promise<readonly RelayEdge[]> {
  const offsetMs = await boardToWallMs(director);
  const edges = await director.ask({ do: "edges", sinceUs: 0 });
  if (!edges.ok) throw new Error("the board does not answer", { cause: edges.error });
  return edges.value
    .filter(({ line }) => line === LINES.relay)
    .map(({ timeUs, level }) => ({ atMs: timeUs / 1_000 + offsetMs, to: level === "high" ? "on" : "off" }));
}

/** What to add to the board's time; the quickest of several answers has the least error. */
async function boardToWallMs(director: Director): Promise<number> {
  let best = { tookMs: Number.POSITIVE_INFINITY, offsetMs: 0 };
  for (let look = 0; look < CLOCK_LOOKS; look++) {
    const askedAtMs = performance.timeOrigin + performance.now();
    const now = await director.ask({ do: "now" });
    const tookMs = performance.timeOrigin + performance.now() - askedAtMs;
    if (now.ok && tookMs < best.tookMs)
      best = { tookMs, offsetMs: askedAtMs + tookMs / 2 - now.value / 1_000 };
  }
  return best.offsetMs;
}

/** The journal as it is on the disk, and how far the gate believes that the back end has it. */
export function committedRows({ databaseFile }: GateFolder): {
  readonly rows: readonly CommittedRow[];
  readonly acked: number;
} {
  const database = new Sqlite(databaseFile, { readonly: true });
  try {
    const found = database
      .prepare<[], { line: string; time: number; hash: Uint8Array }>(
        "SELECT line, time, hash FROM event ORDER BY seq",
      )
      .all();
    const counter = database
      .prepare<[], { value: number }>("SELECT value FROM counter WHERE name = 'acked'")
      .get();
    const rows = found.map(({ line, time, hash }) => {
      const { journal, seq, type } = JSON.parse(line) as CommittedRow;
      return { journal, seq, type, timeMs: time, hash: toBase64Url(hash) };
    });
    return { rows, acked: counter?.value ?? 0 };
  } finally {
    database.close();
  }
}
