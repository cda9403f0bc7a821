/** Files of seals and of those who make them, for the commands, as an operator has them. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { trustImportCommand } from "../../src/app/commands/trust-import.ts";
import { sealTrust, testSealTrust } from "../../src/sim/seal/sealers.ts";
import type { CommandWorld } from "./command-world.ts";

/** Has the virtual authority and its signers imported, and its revocation list; the one for tests too if that is asked for. */
export async function trustSealers(world: CommandWorld, also?: "test authority"): Promise<void> {
  const { authority, signers, revocationList } = sealTrust();
  const test = testSealTrust();
  const laboratory = also === undefined ? [] : [test.authority, ...test.signers];
  const files = await Promise.all(
    [authority, ...signers, ...laboratory].map(async (der, index) => {
      const file = join(world.folder, `sealer-${index}.cer`);
      await writeFile(file, der);
      return file;
    }),
  );
  const list = join(world.folder, "sealers.crl");
  await writeFile(list, revocationList);
  const flags = new Set(["seals", ...(also === undefined ? [] : ["laboratory"])]);
  for (const positionals of [files, [list]])
    expect(await world.run(trustImportCommand, { flags, positionals })).toMatchObject({ exit: 0 });
}
