/**
 * Where no password may be tried, nobody is asked for one: at a lane where too many were wrong, and with the card whose number
 * too many were tried with. The refusal comes at once, not after the time in which digits are waited for.
 */
import { afterEach, describe, expect, test } from "vitest";
import { pseudonym } from "../../src/crypto/pseudonym.ts";
import { PasswordTryStore } from "../../src/journal/password-try-store.ts";
import { arrival } from "../../src/sim/arrivals.ts";
import { good } from "../good.ts";
import { DocumentStage } from "./document-stage.ts";

let stage: DocumentStage | undefined;
afterEach(() => {
  stage?.close();
  stage = undefined;
});

const BLOCKED = "access.denied acs:Blocked passwordTries";
/** A number is read in less, and digits are waited for much longer. */
const AT_ONCE_MS = 2_000;
const BLOCK_MS = 60_000;
const lucas = arrival("lucas");
const chiara = arrival("chiara");

async function lane(): Promise<DocumentStage> {
  stage = await DocumentStage.open();
  stage.rows();
  return stage;
}

/** Wrong tries at the lane's door, or at another with the card of this number. */
async function guess({ gate }: DocumentStage, count: number, nis?: string): Promise<void> {
  const tries = good(PasswordTryStore.open(gate.database, gate.gate.journal, () => gate.clock.wallTime()));
  const [door] = gate.config.doors;
  const holder =
    nis === undefined ? undefined : pseudonym(gate.scopeKey, "nis", new TextEncoder().encode(nis));
  for (let left = count; left > 0; left--)
    good(
      await gate.timeline.resolve(tries.begin(nis === undefined ? (door?.id ?? "") : "elsewhere", holder)),
    );
}

describe("a lane where ten passwords were wrong", () => {
  test("refuses a document at once, without waiting for digits", async () => {
    const here = await lane();
    await guess(here, 10);
    const card = here.place(lucas);
    await here.gate.pass(AT_ONCE_MS);
    expect(here.rows()).toEqual([BLOCKED]);
    here.remove(card);
    expect([card.made.emrtd?.wrongPasswords, here.triesOnRecord()]).toEqual([0, 10]);
  });

  test("asks again when the block is over", async () => {
    const here = await lane();
    here.admit(lucas);
    await guess(here, 10);
    await here.gate.pass(BLOCK_MS);
    const card = here.place(lucas);
    await here.gate.pass(AT_ONCE_MS);
    expect(here.rows()).toEqual([]);
    here.type(lucas.can ?? "");
    await here.decision();
    here.remove(card);
    expect(here.rows()).toEqual(["access.granted"]);
  });
});

test("a card whose number five passwords were wrong with is refused at once; others are asked", async () => {
  const here = await lane();
  await guess(here, 5, chiara.holder.nis);
  const card = here.place(chiara);
  await here.gate.pass(AT_ONCE_MS);
  expect(here.rows()).toEqual([BLOCKED]);
  here.remove(card);
  await here.gate.pass(AT_ONCE_MS);
  const other = here.place(lucas);
  await here.gate.pass(AT_ONCE_MS);
  expect(here.rows()).toEqual([]);
  here.type(lucas.can ?? "");
  await here.decision();
  here.remove(other);
  expect(here.rows()).toEqual(["access.denied CredentialNotFound"]);
});
