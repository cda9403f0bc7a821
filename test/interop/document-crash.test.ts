// `kill -9` against a whole gate in the midst of its exchanges with a travel document, with the virtual board as a process that
// no kill reaches. After each kill the gate is started anew: it has granted nothing, the try that was begun is on record, and
// the next holder passes.
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import Sqlite from "better-sqlite3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadOrCreateSigner } from "../../src/crypto/signing-key.ts";
import { systemRandom } from "../../src/crypto/system-random.ts";
import { openDatabase } from "../../src/journal/database.ts";
import { verifyChain } from "../../src/journal/verify-chain.ts";
import { type Arrival, arrival } from "../../src/sim/arrivals.ts";
import type { Director } from "../../src/sim/director-client.ts";
import { documentTrust } from "../../src/sim/pki/document-trust.ts";
import { SeededRandom } from "../../src/sim/seeded-random.ts";
import { good } from "../good.ts";
import { GateFolder, LINES, NODE } from "./gate-folder.ts";
import { endAll, eventually, finished, type Running, startVarco, varco } from "./processes.ts";
import { committedRows } from "./rig.ts";

/** Commands to a kind of document of which the gate knows nothing yet: for a number, which it has not, and then for the rest. */
const FOR_A_NUMBER = 7;
const EXCHANGES = FOR_A_NUMBER + 13;
const EVERYDAY_KILLS = 3;
const SEED = Number(process.env["CRASH_SEED"] ?? 1);
const KILL_LIMIT_MS = 60_000;
const KEYPAD_NODE = "/dev/ttyUSB0";
const KILL_EXCHANGE = resolve("test/interop/kill-exchange.mjs");

const victim = arrival("lucas");
/** In turn: who was there last is not let in twice by a restart. */
const OTHERS = [arrival("camille"), arrival("greta")] as const;

/** With `CRASH_EACH` every exchange, else some that the seed chooses. */
function exchangesToDieIn(): readonly number[] {
  const all = Array.from({ length: EXCHANGES }, (_, index) => index + 1);
  if (process.env["CRASH_EACH"] !== undefined) return all;
  const random = new SeededRandom(SEED);
  const chosen = new Set<number>();
  while (chosen.size < EVERYDAY_KILLS) chosen.add(random.below(EXCHANGES) + 1);
  return [...chosen];
}

let folder: GateFolder;
let director: Director;
let openings = 0;

beforeAll(async () => {
  folder = new GateFolder();
  folder.reconfigure(
    "level: identifier\n    nisOnly: acceptsCopiedNumbers",
    `level: verifiedDocument\n    document: { keypad: { serial: { node: ${KEYPAD_NODE}, baud: 9600 } } }`,
  );
  const files = documentTrust().certificates.map((der, index) => {
    const file = join(folder.path, `signer-${index}.cer`);
    writeFileSync(file, der);
    return file;
  });
  await done("trust", "import", ...files, "-c", folder.configFile);
  const rows = [victim, ...OTHERS].map(({ holder }) => `${holder.issuer},${holder.documentNumber},members`);
  const list = folder.write("list.csv", `issuer,document_number,group\n${rows.join("\n")}\n`);
  await done("credentials", "import", list, "-c", folder.configFile);
  director = await folder.startBoard();
  director.onEdge(({ line, level }) => {
    if (line === LINES.relay && level === "high") openings += 1;
  });
});

afterAll(() => {
  director.close();
  endAll();
  folder.remove();
});

async function done(...words: readonly string[]): Promise<void> {
  const { exit, err } = await varco(...words);
  if (exit !== 0) throw new Error(`${words.slice(0, 2).join(" ")}: ${err}`);
}

const isPolling = (gate: Running) => (): boolean =>
  gate.out().includes('"readerStarted"') || gate.ending() !== undefined;

/** A gate that dies as it sends its `exchange`th command to a card. */
async function startDoomed(exchange: number): Promise<Running> {
  const words = ["run", "-c", folder.configFile, "--state-dir", folder.stateDirectory];
  const env = { KILL_EXCHANGE: String(exchange) };
  const gate = startVarco(words, { nodeFlags: ["--import", KILL_EXCHANGE], env });
  await eventually(isPolling(gate), "the gate's reader starts");
  return gate;
}

async function enterAndLay({ can = "", spec }: Arrival): Promise<void> {
  const hex = Buffer.from(`${can}\r`).toString("hex");
  await director.ask({ do: "type", node: KEYPAD_NODE, hex });
  await director.ask({ do: "place", node: NODE, card: spec, when: "nextTry" });
}

const grants = (): number =>
  committedRows(folder).rows.filter(({ type }) => type === "acs.access.granted").length;

/** Wrong tries on record, and then none: a quarter of an hour later. */
function takeTries(): number {
  const database = new Sqlite(folder.databaseFile);
  const row = database.prepare<[], { tries: number }>("SELECT count(*) AS tries FROM password_try").get();
  database.exec("DELETE FROM password_try");
  database.close();
  return row?.tries ?? -1;
}

function expectWholeJournal(): void {
  const signer = good(loadOrCreateSigner(join(folder.stateDirectory, "journal.key"), systemRandom));
  const database = good(openDatabase(folder.databaseFile, { busyTimeoutMs: 1_000 }));
  const verified = verifyChain(database, signer.publicKey);
  database.close();
  expect(verified).toMatchObject({ ok: true });
}

test.each(exchangesToDieIn().map((exchange, index) => [exchange, index] as const))(
  "kill -9 during exchange %i",
  { timeout: KILL_LIMIT_MS },
  async (exchange, index) => {
    const before = { grants: grants(), openings };
    const doomed = await startDoomed(exchange);
    await enterAndLay(victim);
    await eventually(() => doomed.ending() !== undefined, "the kill");
    expect(doomed.ending()).toBe("SIGKILL");
    await director.ask({ do: "remove", node: NODE });
    await finished(startVarco(["relay-off", "--state-dir", folder.stateDirectory]));
    expect({ grants: grants(), openings }).toEqual(before);
    expect(takeTries()).toBe(exchange > FOR_A_NUMBER ? 1 : 0);
    const gate = await folder.startGate();
    await enterAndLay(OTHERS[index % OTHERS.length] ?? OTHERS[0]);
    await eventually(() => openings > before.openings, "the next holder passes");
    await director.ask({ do: "remove", node: NODE });
    gate.kill("SIGTERM");
    expect(await gate.ended).toBe(0);
    expect({ grants: grants(), openings }).toEqual({
      grants: before.grants + 1,
      openings: before.openings + 1,
    });
    expect(takeTries()).toBe(0);
    expectWholeJournal();
  },
);
