import { join } from "node:path";
import { expect, test } from "vitest";
import { loadOrCreateSigner } from "../../src/crypto/signing-key.ts";
import { systemRandom } from "../../src/crypto/system-random.ts";
import { CHECKPOINT_TYPE, runCheckpoints } from "../../src/journal/checkpoint.ts";
import { silentLog } from "../../src/ports/log.ts";
import { good } from "../good.ts";
import { granted, TemporaryJournal, temporaryDirectory } from "./temporary-journal.ts";

const MINUTE_US = 60_000_000;

async function runningCheckpoints() {
  const world = new TemporaryJournal();
  const signer = good(loadOrCreateSigner(join(temporaryDirectory(), "journal.key"), systemRandom));
  const stopping = new AbortController();
  const stopped = runCheckpoints(
    { journal: world.journal, clock: world.clock, signer, log: silentLog },
    stopping.signal,
  );
  const checkpoints = () => good(world.journal.read(0, 5000)).filter(({ type }) => type === CHECKPOINT_TYPE);
  return { world, stopping, stopped, checkpoints };
}

test("a quarter of an hour after new rows the head is signed, and without new rows never again", async () => {
  const { world, checkpoints } = await runningCheckpoints();
  good(await world.journal.append([granted(1)]));
  await world.timeline.run(14 * MINUTE_US);
  expect(checkpoints()).toHaveLength(0);
  await world.timeline.run(16 * MINUTE_US);
  expect(checkpoints()).toMatchObject([{ seq: 2, data: { seq: 1 } }]);
  await world.timeline.run(24 * 60 * MINUTE_US);
  expect(checkpoints()).toHaveLength(1);
});

test("an empty journal is not signed", async () => {
  const { world, checkpoints } = await runningCheckpoints();
  await world.timeline.run(60 * MINUTE_US);
  expect(checkpoints()).toHaveLength(0);
});

test("a thousand rows are signed at once, and the end of the program ends the task", async () => {
  const { world, checkpoints, stopping, stopped } = await runningCheckpoints();
  good(await world.journal.append(Array.from({ length: 1000 }, (_, number) => granted(number))));
  await world.timeline.run(MINUTE_US);
  expect(checkpoints()).toMatchObject([{ seq: 1001, data: { seq: 1000 } }]);
  stopping.abort();
  await stopped;
});
