/**
 * The trust store for whoever verifies: the gate, `doctor`, the commands before they change it. Reads all of it
 * and checks all of it, or says that it is damaged; there is no reading of a part.
 */
import type { JournalError } from "../ports/journal.ts";
import { err, ok, type Result } from "../result.ts";
import type { OpenDatabase } from "./database.ts";
import { attempt } from "./sqlite-error.ts";
import type { TrustContent, TrustDamage, TrustReadError } from "./trust-content.ts";
import { TrustReader } from "./trust-reader.ts";

export class TrustStore {
  readonly #database: OpenDatabase;
  readonly #reader: TrustReader;

  /** Prepares the statements. Errors as for any use of the database. */
  static open(database: OpenDatabase): Result<TrustStore, JournalError> {
    return attempt(database.file, () => new TrustStore(database));
  }

  private constructor(database: OpenDatabase) {
    this.#database = database;
    this.#reader = new TrustReader(database.connection);
  }

  /** Changes with each change of the store, by whichever process. Errors as for any use of the database. */
  seal(): Result<string, JournalError> {
    return attempt(this.#database.file, () => this.#reader.seal());
  }

  /** Everything, after every hash was checked. `trustStoreDamaged` when one is wrong. */
  read(): Result<TrustContent, TrustReadError> {
    const content = attempt(this.#database.file, () => this.#reader.read());
    if (!content.ok) return content;
    return content.value === undefined ? err(trustStoreDamaged(this.#database)) : ok(content.value);
  }
}

/** A file that somebody or something else than `varco trust` has changed, for all that is known. */
export function trustStoreDamaged({ file }: OpenDatabase): TrustDamage {
  const remedy =
    "find out who or what changed it, then empty it with varco trust remove --all and import the lists again";
  return { kind: "trustStoreDamaged", file, remedy };
}
